//! The programs that are measured: started, asked what memory they take, killed.

use std::{
    fs,
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

use crate::load::{self, now};

/// A running program that answers HTTP.
pub(crate) struct Subject {
    child: Child,
    pub(crate) address: String,
    /// Kept open, or the program would lose its standard output.
    _stdout: BufReader<ChildStdout>,
}

/// The organization that was created first, and its secrets.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) authorization: String,
}

/// Where the server keeps its data.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) database_url: Option<String>,
}

impl Place {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TENANTRY_") {
                command.env_remove(name);
            }
        }
        command.env("TENANTRY_DATA_DIR", &self.data);
        command.env("TENANTRY_LIMITS_FAILED_ATTEMPTS", "1000000");
        if let Some(url) = &self.database_url {
            command.env("TENANTRY_DATABASE_URL", url);
        }
        command.kill_on_drop(true);
        command
    }

    /// Makes the store, and an organization with a first user in it.
    pub(crate) async fn create(&self) -> Result<Credentials> {
        let output = self
            .command()
            .args(["org", "create", "--json", "--name", "Load"])
            .args(["--admin-email", "admin@load.example"])
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
        Ok(Credentials {
            authorization: format!(
                "User {}, Organization {}",
                text("userSecret"),
                text("organizationSecret")
            ),
        })
    }

    /// Starts the server; answers how long it took until `/readyz` said 200, too.
    pub(crate) async fn serve(&self) -> Result<(Subject, Duration)> {
        let began = now();
        let mut command = self.command();
        command.args([
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
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\n\r\n", subject.address);
        let (status, _) = load::once(&subject.address, request.as_bytes()).await?;
        ensure!(status == 200, "/readyz answers {status}");
        Ok((subject, now().duration_since(began)))
    }
}

/// Starts this program again, as an anchor.
pub(crate) async fn anchor(arguments: &[String]) -> Result<Subject> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("anchor").args(arguments).kill_on_drop(true);
    let (child, mut stdout) = spawn(command)?;
    let address = line_of(&mut stdout).await?;
    Ok(Subject {
        child,
        address,
        _stdout: stdout,
    })
}

fn spawn(mut command: Command) -> Result<(Child, BufReader<ChildStdout>)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
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
        let id = self.child.id().context("the program has ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let kibibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            number.with_context(|| format!("no {name} in /proc"))
        };
        let megabytes = |kibibytes: f64| kibibytes * 1024.0 / 1e6;
        Ok((
            megabytes(kibibytes("VmRSS:")?),
            megabytes(kibibytes("VmHWM:")?),
        ))
    }

    /// Ends it at once.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// Size of a file, in megabytes of 10^6 bytes.
pub(crate) fn megabytes(path: &Path) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    let size = fs::metadata(path)?.len() as f64;
    Ok(size / 1e6)
}
