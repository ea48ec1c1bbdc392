//! `cargo xtask bench`: builds the server and the benchmark as they are released, starts a PostgreSQL of its own, and lets
//! `crates/bench` measure. What is measured, and beside what, is for that crate to know.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::postgres::Server;
use crate::process;

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    /// About three minutes instead of all of it.
    pub(crate) short: bool,
    pub(crate) users: Option<u64>,
    pub(crate) only: Option<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = build("tenantry-app", "tenantry")?;
    let bench = build("tenantry-bench", "tenantry-bench")?;
    let postgres = Server::start()?;
    let mut command = std::process::Command::new(bench);
    command
        .arg("run")
        .arg("--program")
        .arg(program)
        .arg("--postgres")
        .arg(postgres.url());
    if options.short {
        command.args(["--rounds", "3", "--stretch", "500", "--users", "20000"]);
    }
    if let Some(users) = options.users {
        command.arg("--users").arg(users.to_string());
    }
    for (name, value) in [
        ("--only", options.only.as_ref().map(Into::into)),
        ("--json", options.json.clone()),
        ("--markdown", options.markdown.clone()),
    ] {
        if let Some(value) = value {
            command.arg(name).arg(value);
        }
    }
    process::run(&mut command)
}

/// Builds a program for release and answers where it is.
fn build(package: &str, name: &str) -> Result<PathBuf> {
    let artifacts = process::output(&mut process::cargo([
        "build",
        "--release",
        "--package",
        package,
        "--bin",
        name,
        "--message-format",
        "json-render-diagnostics",
    ]))?;
    artifacts
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == name)
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .with_context(|| format!("cargo built no program `{name}`"))
}
