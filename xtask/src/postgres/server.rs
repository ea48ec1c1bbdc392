//! One throwaway PostgreSQL with a `PgBouncer` before it: its own cluster in a directory under `/tmp`, reachable through a socket there and nowhere else, gone with
//! this process whatever ends it.
//!
//! A small shell script stands beside the server in a process group of its own. It starts the server, says so, then waits for the end of
//! its input, which is a pipe this process holds. The end comes by `Drop`, by Ctrl-C and by SIGKILL alike, and then the script stops the
//! server and deletes the directory. So no signal handler is needed.

use std::fmt::Write as _;
use std::io::Read;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::binaries::{self, Programs};
use crate::process;

const SUPERVISOR: &str = include_str!("supervisor.sh");

/// `/tmp` and not `TMPDIR`: a socket's path has 107 bytes at most, and the server's user must be able to reach it.
const PARENT: &str = "/tmp";

pub(crate) struct Server {
    bin: PathBuf,
    directory: TempDir,
    supervisor: Child,
    /// Closing it stops the server. An `Option`, so that `Drop` can.
    lifeline: Option<ChildStdin>,
}

/// What a server does for what it has written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Durability {
    /// Nothing: it is fast, and a power cut ruins it.
    Off,
    /// Everything, and with as much memory as a small installation gives it.
    On,
}

impl Durability {
    fn settings(self) -> &'static str {
        match self {
            Self::Off => {
                "shared_buffers = 64MB\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off"
            }
            Self::On => {
                "shared_buffers = 512MB\nfsync = on\nsynchronous_commit = on\nfull_page_writes = on\nmax_wal_size = 4GB\n\
                 checkpoint_timeout = 15min\neffective_cache_size = 2GB\nrandom_page_cost = 1.1"
            }
        }
    }
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(Durability::Off)
    }

    pub(crate) fn start_with(durability: Durability) -> Result<Self> {
        let Programs { bin, pgbouncer } = binaries::find_or_install()?;
        let owner = unprivileged_owner()?;
        let directory = tempfile::Builder::new()
            .prefix("tenantry-pg-")
            .tempdir_in(PARENT)
            .context("cannot make a directory for PostgreSQL")?;

        let mut command = Command::new("sh");
        command
            .args(["-c", SUPERVISOR, "supervisor"])
            .arg(&bin)
            .arg(directory.path())
            .arg(&pgbouncer)
            .arg(durability.settings());
        command
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0);
        for variable in [
            "PGDATA",
            "PGPORT",
            "PGHOST",
            "PGOPTIONS",
            "PGUSER",
            "PGDATABASE",
        ] {
            command.env_remove(variable);
        }
        if let Some((uid, gid)) = owner {
            chown(directory.path(), Some(uid), Some(gid))
                .context("cannot hand the directory to PostgreSQL's user")?;
            // As root this drops supplementary groups too.
            command.uid(uid).gid(gid);
        }
        let mut supervisor = command
            .spawn()
            .context("cannot start the supervisor of PostgreSQL")?;
        let lifeline = supervisor.stdin.take();
        let said = supervisor.stdout.take();
        let mut server = Self {
            bin,
            directory,
            supervisor,
            lifeline,
        };
        server.wait_until_ready(said)?;
        Ok(server)
    }

    /// Directory of the server's programs.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }

    /// What sqlx and psql accept. The user may do anything.
    pub(crate) fn url(&self) -> String {
        self.url_by("localhost")
    }

    /// The same server behind `PgBouncer`, which pools transactions.
    pub(crate) fn pooled_url(&self) -> String {
        self.url_by("localhost:6432")
    }

    fn url_by(&self, authority: &str) -> String {
        format!(
            "postgres://tenantry@{authority}/postgres?host={}",
            percent_encode(&self.directory.path().to_string_lossy())
        )
    }

    /// The supervisor closes its output once the server answers; whatever it says before that is why the server does not.
    fn wait_until_ready(&mut self, said: Option<impl Read>) -> Result<()> {
        let mut text = String::new();
        said.context("the supervisor of PostgreSQL has no output")?
            .read_to_string(&mut text)
            .context("cannot read what PostgreSQL says")?;
        if text.trim_end() == "ready" {
            return Ok(());
        }
        bail!(
            "PostgreSQL from {} does not start:\n{}",
            self.bin.display(),
            text.trim_end()
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        if let Err(error) = self.supervisor.wait() {
            eprintln!("PostgreSQL: its supervisor was lost: {error}");
        }
    }
}

pub(crate) fn is_root() -> Result<bool> {
    Ok(id(&["-u"])? == 0)
}

/// PostgreSQL refuses to run as root. Anybody else runs it as himself.
fn unprivileged_owner() -> Result<Option<(u32, u32)>> {
    if !is_root()? {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if let (Ok(uid), Ok(gid)) = (id(&["-u", user]), id(&["-g", user])) {
            return Ok(Some((uid, gid)));
        }
    }
    bail!(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`: make one, or run this as another user"
    )
}

fn id(args: &[&str]) -> Result<u32> {
    let answer = process::output(Command::new("id").args(args))?;
    answer
        .trim()
        .parse()
        .with_context(|| format!("`id` answered {answer:?}"))
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_directory_goes_into_the_url_encoded() {
        assert_eq!(
            percent_encode("/tmp/tenantry-pg-a1B2"),
            "%2Ftmp%2Ftenantry-pg-a1B2"
        );
        assert_eq!(percent_encode("a b%é"), "a%20b%25%C3%A9");
    }

    #[test]
    fn a_socket_path_is_short_enough() {
        let longest = format!("{PARENT}/tenantry-pg-XXXXXX/.s.PGSQL.5432.lock");
        assert!(longest.len() < 104, "{longest}");
    }

    #[test]
    fn the_supervisor_is_a_valid_script() {
        assert!(process::succeeds(
            Command::new("sh").args(["-n", "-c", SUPERVISOR])
        ));
    }
}
