//! The server that is tested: built, started on a free port with a fresh data directory, killed at the end. Who asks it what, it does not
//! know.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::process;

pub(super) struct Server {
    child: Child,
    url: String,
    authorization: String,
    log: PathBuf,
    /// The master key and, with SQLite, the data; deleted with it.
    _data: TempDir,
    /// Kept open, or the server would lose its standard output.
    stdout: BufReader<ChildStdout>,
}

/// Builds the program as the tests do and answers where it is.
pub(super) fn build() -> Result<PathBuf> {
    let artifacts = process::output(&mut process::cargo([
        "build",
        "--package",
        "tenantry-app",
        "--bin",
        "tenantry",
        "--message-format",
        "json-render-diagnostics",
    ]))?;
    artifacts
        .lines()
        .find_map(executable)
        .context("cargo built no program `tenantry`")
}

/// The program, if the line of `cargo build` is about it.
fn executable(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    (message["target"]["name"] == "tenantry").then_some(())?;
    message["executable"].as_str().map(PathBuf::from)
}

impl Server {
    /// Starts it on an empty store: it creates the first organization and says who its administrator is.
    pub(super) fn start(program: &Path, database_url: Option<&str>, log: &Path) -> Result<Self> {
        let data = tempfile::tempdir().context("cannot make a data directory")?;
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TENANTRY_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .env("TENANTRY_DATA_DIR", data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file);
        if let Some(url) = database_url {
            command.env("TENANTRY_DATABASE_URL", url);
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut server = Self {
            child,
            url: String::new(),
            authorization: String::new(),
            log: log.to_path_buf(),
            _data: data,
            stdout: BufReader::new(stdout),
        };
        server.hear()?;
        Ok(server)
    }

    /// Waits for the line that says where it listens.
    fn hear(&mut self) -> Result<()> {
        let mut line = String::new();
        self.stdout
            .read_line(&mut line)
            .context("cannot read what the server says")?;
        let Some((url, authorization)) = announced(&line) else {
            bail!(
                "the server did not start: it said {line:?}, and the end of its log is\n{}",
                last_lines(&fs::read_to_string(&self.log).unwrap_or_default())
            );
        };
        (self.url, self.authorization) = (url, authorization);
        Ok(())
    }

    /// `http://127.0.0.1:<port>`
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The `Authorization` of the administrator of the first organization.
    pub(super) fn authorization(&self) -> &str {
        &self.authorization
    }

    /// # Errors
    /// If it ended by itself.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait().context("cannot ask for the server")? else {
            return Ok(());
        };
        bail!(
            "the server ended by itself ({status}); the end of its log is\n{}",
            last_lines(&fs::read_to_string(&self.log)?)
        )
    }

    /// # Errors
    /// If it logged an error: a 5xx is one, whoever saw the reply.
    pub(super) fn check_log(&self) -> Result<()> {
        let log = fs::read_to_string(&self.log)
            .with_context(|| format!("cannot read {}", self.log.display()))?;
        let errors: Vec<&str> = log.lines().filter(|line| is_error(line)).collect();
        if errors.is_empty() {
            return Ok(());
        }
        bail!(
            "the server logged {} error(s) while every reply was what the document says:\n{}",
            errors.len(),
            last_lines(&errors.join("\n"))
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its data is thrown away, so there is nothing that it should finish. It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where it listens, and the `Authorization` of the first administrator, in what it says at its start.
fn announced(line: &str) -> Option<(String, String)> {
    let report: Value = serde_json::from_str(line).ok()?;
    let first = &report["firstOrganization"];
    let authorization = format!(
        "User {}, Organization {}",
        first["userSecret"].as_str()?,
        first["organizationSecret"].as_str()?
    );
    Some((report["listening"].as_str()?.to_owned(), authorization))
}

fn is_error(line: &str) -> bool {
    serde_json::from_str::<Value>(line).is_ok_and(|event| event["level"] == "ERROR")
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_message_names_address_and_credentials() {
        let line = r#"{"listening":"http://127.0.0.1:8","firstOrganization":{"userSecret":"tu_1","organizationSecret":"to_2"}}"#;
        assert_eq!(
            announced(line),
            Some((
                "http://127.0.0.1:8".to_owned(),
                "User tu_1, Organization to_2".to_owned()
            ))
        );
        assert_eq!(announced(r#"{"error":"the port is in use"}"#), None);
        assert_eq!(announced(""), None);
    }

    #[test]
    fn errors_are_found_in_the_log() {
        assert!(is_error(r#"{"level":"ERROR","message":"answered"}"#));
        assert!(!is_error(r#"{"level":"INFO","message":"ERROR"}"#));
        assert!(!is_error("not JSON"));
    }

    #[test]
    fn the_program_is_found_among_what_cargo_built() {
        let library = r#"{"reason":"compiler-artifact","target":{"name":"tenantry_domain"},"executable":null}"#;
        let program = r#"{"reason":"compiler-artifact","target":{"name":"tenantry"},"executable":"/t/debug/tenantry"}"#;
        assert_eq!(executable(library), None);
        assert_eq!(
            executable(program),
            Some(PathBuf::from("/t/debug/tenantry"))
        );
    }
}
