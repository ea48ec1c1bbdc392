//! `cargo xtask bench`: builds the server and the benchmark as they are released, starts a PostgreSQL of its own that waits for the disk,
//! and lets `crates/bench` measure. What is measured, and beside what, is for that crate to know.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::measure_login;
use crate::postgres::{Durability, Server};
use crate::process;

/// What to measure.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// About five minutes, with few users: enough to see that nothing became slow, too little for a report
    #[arg(long)]
    short: bool,
    /// How many users there are [default: 100000, with --short 20000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1000..))]
    users: Option<u64>,
    /// Only what has this in its name: `get user`, `list`, `search`, `create`, `lifecycle`, `login`, `import`, `two nodes`, `footprint`,
    /// `bytes written`, `storm`, `trial`, `curve`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Sizes of the search curve, growing [default: 10000,100000, with --short none]. Free disk is checked
    /// first: ten million users need 25 to 30 GB
    #[arg(long, value_delimiter = ',', value_name = "USERS")]
    curve: Vec<u64>,
    /// Into how many organizations a curve's users are dealt out as well, at a hundred each at the least
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    organizations: u64,
    /// Over which store
    #[arg(long, value_name = "STORE", value_parser = ["sqlite", "postgres", "both"], default_value = "both")]
    store: String,
    /// Lifecycles for so many minutes as well
    #[arg(long, value_name = "MINUTES", default_value_t = 0)]
    soak: u32,
    /// The program of the release before: its nodes are replaced under load by those of this one [default: those of the same]
    #[arg(long, value_name = "PATH")]
    previous: Option<PathBuf>,
    /// Keep the figures of the last full run that are not measured this time
    #[arg(long)]
    add: bool,
    /// Where the figures are kept [default: target/bench/full.json, or short.json]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure nothing, and write the report from the figures of the last full run, with its plots and figures beside it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["short", "users", "only", "curve", "soak", "previous", "add"])]
    report: Option<PathBuf>,
    /// Measure this program, instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Measure beside this one, instead of building it
    #[arg(long, value_name = "PATH", hide = true)]
    bench: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let directory = process::root().join("target/bench");
    let kept = if options.short {
        "short.json"
    } else {
        "full.json"
    };
    let json = options.json.clone().unwrap_or_else(|| directory.join(kept));
    let bench = built(options.bench.as_ref(), "tenantry-bench", "tenantry-bench")?;
    let mut command = Command::new(bench);
    if let Some(report) = &options.report {
        command.arg("report").arg("--json").arg(json);
        return process::run(command.arg("--markdown").arg(report));
    }
    let program = built(options.program.as_ref(), "tenantry-app", "tenantry")?;
    command
        .args(["run", "--program"])
        .arg(&program)
        .arg("--directory")
        .arg(&directory)
        .arg("--json")
        .arg(json)
        .args(["--commit", &commit()?, "--date", &date()?]);
    if let Some(storm) = storm(options, &program)? {
        command.args(["--storm", &storm]);
    }
    figures(&mut command, options);
    let postgres = Server::start_with(Durability::On)?;
    command.arg("--postgres").arg(postgres.url());
    process::run(&mut command)
}

fn built(given: Option<&PathBuf>, package: &str, name: &str) -> Result<PathBuf> {
    if let Some(path) = given {
        return Ok(path.clone());
    }
    eprintln!("building {name} for release");
    process::build_for_release(package, name)
}

/// How much of everything.
fn figures(command: &mut Command, options: &Options) {
    let (users, turn, curve) = if options.short {
        (20_000, "250", "")
    } else {
        (100_000, "1000", "10000,100000")
    };
    if options.short {
        command.arg("--short");
    }
    let users = options.users.unwrap_or(users);
    command.args(["--users", &users.to_string(), "--turn", turn]);
    let given: Vec<_> = options.curve.iter().map(u64::to_string).collect();
    let curve = if given.is_empty() {
        curve.to_owned()
    } else {
        given.join(",")
    };
    if !curve.is_empty() {
        command.args(["--curve", &curve]);
    }
    command.args(["--soak", &options.soak.to_string()]);
    command.args(["--organizations", &options.organizations.to_string()]);
    command.args(["--store", &options.store]);
    if let Some(previous) = &options.previous {
        command.arg("--previous").arg(previous);
    }
    if options.add {
        command.arg("--add");
    }
    if let Some(only) = &options.only {
        command.args(["--only", only]);
    }
}

/// Reads while many logins come at once, as `cargo xtask measure-login` sees them.
fn storm(options: &Options, program: &Path) -> Result<Option<String>> {
    if options
        .only
        .as_ref()
        .is_some_and(|only| !"storm".contains(only.as_str()))
    {
        return Ok(None);
    }
    eprintln!("reads in storms of logins");
    let rounds = if options.short { 1 } else { 5 };
    let reads = measure_login::storms(program, rounds)?;
    let storm = json!({
        "idleMilliseconds": reads.idle.as_secs_f64() * 1000.0,
        "duringMilliseconds": reads.stormy.as_secs_f64() * 1000.0,
        "slowdown": reads.slowdown(),
    });
    Ok(Some(storm.to_string()))
}

/// Today.
fn date() -> Result<String> {
    let text = process::output(Command::new("date").args(["-u", "+%F"]))?;
    Ok(text.trim().to_owned())
}

/// With a sign if something is not committed.
fn commit() -> Result<String> {
    let mut command = Command::new("git");
    command.args([
        "describe",
        "--always",
        "--dirty=+",
        "--abbrev=12",
        "--exclude=*",
    ]);
    let text = process::output(command.current_dir(process::root()))?;
    Ok(text.trim().to_owned())
}
