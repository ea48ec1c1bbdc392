//! The program on a fresh store: a server that runs beside other commands.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

pub(super) struct Server {
    program: PathBuf,
    child: Child,
    pub(super) address: String,
    data: TempDir,
    /// `None`: in the data directory.
    database: Option<String>,
    /// Kept open, or the server would lose its standard output.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(super) fn start(program: &Path, database: Option<&str>) -> Result<Self> {
        let data = tempfile::tempdir().context("cannot make a data directory")?;
        let mut child = command(program, data.path(), database)
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let report: Value =
            serde_json::from_str(&line).context("the server did not say where it listens")?;
        let address = report["listening"].as_str().unwrap_or_default();
        Ok(Self {
            program: program.to_owned(),
            address: address.replace("http://", ""),
            child,
            data,
            database: database.map(str::to_owned),
            _stdout: stdout,
        })
    }

    /// Another command on the same store.
    pub(super) fn command(&self) -> Command {
        command(&self.program, self.data.path(), self.database.as_deref())
    }

    /// The result of another command on the same store, which has to succeed.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.command().args(arguments).arg("--json").output()?;
        ensure!(
            output.status.success(),
            "{arguments:?} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(program: &Path, data: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("TENANTRY_") {
            command.env_remove(name);
        }
    }
    command
        .env("TENANTRY_DATA_DIR", data)
        .env("TENANTRY_LOG", "warn")
        .stdin(Stdio::null());
    if let Some(url) = database {
        command.env("TENANTRY_DATABASE_URL", url);
    }
    command
}
