//! The server that is measured: built as it is released, started on a fresh store, killed at the end.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::http::Connection;
use crate::process;

pub(super) struct Server {
    child: Child,
    address: String,
    /// Of the first administrator.
    pub(super) authorization: String,
    /// Deleted with it.
    _data: TempDir,
    /// Kept open, or the server would lose its standard output.
    _stdout: BufReader<ChildStdout>,
}

/// Builds the program and answers where it is.
pub(crate) fn build() -> Result<PathBuf> {
    process::build_for_release("tenantry-app", "tenantry")
}

impl Server {
    pub(super) fn start(program: &Path, database_url: Option<&str>) -> Result<Self> {
        let data = tempfile::tempdir().context("cannot make a data directory")?;
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TENANTRY_") {
                command.env_remove(name);
            }
        }
        // One address tries all these passwords, and is not to be held up for it.
        command
            .args([
                "serve",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "warn",
            ])
            .env("TENANTRY_DATA_DIR", data.path())
            .env("TENANTRY_LIMITS_FAILED_ATTEMPTS", "1000000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(url) = database_url {
            command.env("TENANTRY_DATABASE_URL", url);
        }
        let mut child = command.spawn().context("cannot start the server")?;
        let mut stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let report: Value =
            serde_json::from_str(&line).context("the server did not say where it listens")?;
        let first = &report["firstOrganization"];
        let text = |value: &Value| {
            let text = value.as_str().map(str::to_owned);
            text.context("the store is not new: name an empty one")
        };
        Ok(Self {
            child,
            address: text(&report["listening"])?.replace("http://", ""),
            authorization: format!(
                "User {}, Organization {}",
                text(&first["userSecret"])?,
                text(&first["organizationSecret"])?
            ),
            _data: data,
            _stdout: stdout,
        })
    }

    pub(super) fn connect(&self) -> Result<Connection> {
        Connection::open(&self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
