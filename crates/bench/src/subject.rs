//! The programs that are measured: started, asked what they take of the machine, killed.

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
};

use crate::load::{Connection, now};

/// A running program that answers HTTP.
pub(crate) struct Subject {
    child: Child,
    pub(crate) address: String,
    /// Kept open, or the program would lose its standard output.
    _stdout: BufReader<ChildStdout>,
}

/// The organization that was created first, and the secrets of its administrator.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub(crate) organization: u64,
    pub(crate) organization_secret: String,
    pub(crate) user_secret: String,
}

/// Where the server keeps its data.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    /// `None`: SQLite in the data directory.
    pub(crate) database_url: Option<String>,
}

impl Place {
    /// The program on this store.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TENANTRY_") {
                command.env_remove(name);
            }
        }
        command.env("TENANTRY_DATA_DIR", &self.data);
        // One address tries all these passwords, and is not to be held up for it.
        command.env("TENANTRY_LIMITS_FAILED_ATTEMPTS", "1000000");
        if let Some(url) = &self.database_url {
            command.env("TENANTRY_DATABASE_URL", url);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Where the server's log goes.
    fn log(&self) -> Result<File> {
        let path = self.data.with_file_name("server.log");
        Ok(OpenOptions::new().create(true).append(true).open(path)?)
    }

    /// Makes the store, and an organization with a first user in it.
    pub(crate) async fn create(&self) -> Result<First> {
        self.organization("Load", "admin@load.example").await
    }

    /// Makes an organization with a first user in it.
    pub(crate) async fn organization(&self, name: &str, email: &str) -> Result<First> {
        let output = self
            .command()
            .args(["org", "create", "--json", "--name", name])
            .args(["--admin-email", email])
            .args(["--admin-first-name", "Load", "--admin-last-name", "Admin"])
            .output()
            .await
            .context("the server's program cannot be started")?;
        ensure!(
            output.status.success(),
            "org create failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
        let organization = report["organizationId"].as_u64();
        ensure!(
            organization == report["accountId"].as_u64(),
            "an organization and its account have different numbers"
        );
        Ok(First {
            organization: organization.context("org create names no organization")?,
            organization_secret: text("organizationSecret"),
            user_secret: text("userSecret"),
        })
    }

    /// Lets the program bring the store up to date.
    pub(crate) async fn migrate(&self) -> Result<()> {
        let output = self.command().arg("migrate").output().await;
        let output = output.context("the server's program cannot be started")?;
        ensure!(
            output.status.success(),
            "migrate failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Starts the server; answers how long it took until `/readyz` said 200, too.
    pub(crate) async fn serve(&self) -> Result<(Subject, Duration)> {
        let began = now();
        let mut command = self.command();
        command.stderr(self.log()?).args([
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "warn",
        ]);
        let (child, mut stdout) = spawn(command)?;
        let line = line_of(&mut stdout).await?;
        let report: Value = serde_json::from_str(&line)
            .with_context(|| format!("the server did not say where it listens: {line}"))?;
        let address = report["listening"].as_str().unwrap_or_default();
        let subject = Subject {
            child,
            address: address.replace("http://", ""),
            _stdout: stdout,
        };
        let mut connection = Connection::open(&subject.address).await?;
        let status = connection
            .call(b"GET /readyz HTTP/1.1\r\nHost: load\r\n\r\n")
            .await?;
        ensure!(status == 200, "/readyz answers {status}");
        Ok((subject, now().duration_since(began)))
    }
}

/// Starts this program again, as an anchor.
pub(crate) async fn anchor(arguments: &[String]) -> Result<Subject> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("anchor").args(arguments).kill_on_drop(true);
    command.stdin(Stdio::null());
    let (child, mut stdout) = spawn(command)?;
    let address = line_of(&mut stdout).await?;
    Ok(Subject {
        child,
        address,
        _stdout: stdout,
    })
}

fn spawn(mut command: Command) -> Result<(Child, BufReader<ChildStdout>)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("no standard output")?;
    Ok((child, BufReader::new(stdout)))
}

async fn line_of(stdout: &mut BufReader<ChildStdout>) -> Result<String> {
    let mut line = String::new();
    stdout.read_line(&mut line).await?;
    ensure!(!line.is_empty(), "a program ended before it said anything");
    Ok(line.trim().to_owned())
}

impl Subject {
    /// Resident memory now, and the most it ever was, in megabytes of 10^6 bytes.
    pub(crate) fn memory(&self) -> Result<(f64, f64)> {
        memory(self.id()?)
    }

    /// Bytes that it had written to files so far.
    pub(crate) fn written(&self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/io", self.id()?))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("write_bytes:"));
        Ok(line.context("no write_bytes in /proc")?.trim().parse()?)
    }

    fn id(&self) -> Result<u32> {
        self.child.id().context("the program has ended")
    }

    /// Asks it to end, and waits until it has done so in good order.
    pub(crate) async fn terminate(mut self) -> Result<()> {
        let id = self.id()?.to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await?;
        ensure!(asked.success(), "SIGTERM cannot be sent");
        let status = self.child.wait().await?;
        ensure!(status.success(), "a program ended with {status}");
        Ok(())
    }

    /// Ends it at once.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// Of any process.
pub(crate) fn memory(id: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        number
            .map(|kibibytes| kibibytes * 1024.0 / 1e6)
            .with_context(|| format!("no {name} in /proc"))
    };
    Ok((megabytes("VmRSS:")?, megabytes("VmHWM:")?))
}

/// Size of a file, in megabytes of 10^6 bytes.
pub(crate) fn megabytes(path: &Path) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    let size = fs::metadata(path)?.len() as f64;
    Ok(size / 1e6)
}
