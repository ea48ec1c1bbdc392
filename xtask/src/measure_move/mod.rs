//! `cargo xtask measure-move`: how long a large organization takes to move, though the program is killed again and again, and whether
//! everything arrives once.

mod http;
mod server;
mod world;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use self::server::Server;
use self::world::World;
use crate::measure_login::server::build;

/// How often the report is looked at.
const EVERY: Duration = Duration::from_millis(5);
/// Elements of all those instances.
const ELEMENTS: usize = 40;

/// How much moves, and how often it is killed.
pub(crate) struct Options {
    pub(crate) accounts: usize,
    pub(crate) users: usize,
    pub(crate) instances: usize,
    pub(crate) kills: usize,
    /// Where it moves to, instead of an SQLite store.
    pub(crate) into: Option<String>,
    /// Which program, instead of one built as it is released.
    pub(crate) program: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => build()?,
    };
    let there = Server::start(&program, None)?;
    let here = Server::start(&program, options.into.as_deref())?;
    let began = now();
    let world = World::fill(&there, options)?;
    println!(
        "filled   {} accounts, {} users, {} instances in {:.1} s",
        options.accounts,
        options.users,
        options.instances,
        began.elapsed().as_secs_f64()
    );
    let directory = tempfile::tempdir()?;
    let secrets = directory.path().join("secrets.csv");
    fs::write(&secrets, world.csv())?;
    let report = directory.path().join("moved.ndjson");
    let import = |report: &Path| import(&there, &here, &world, &secrets, report);

    let total = 2
        + options.accounts
        + 1
        + options.users
        + options.instances
        + ELEMENTS.min(options.instances);
    let mut most_memory = 0;
    let mut taken = Duration::ZERO;
    let mut seen = Lines::default();
    for kill in 1..=options.kills {
        let up_to = total * kill / (options.kills + 1);
        let began = now();
        let mut running = import(&report).stdout(Stdio::null()).spawn()?;
        // What is here already is reported again, so lines of this run alone do not say how far it came.
        let ended = wait_for(&mut running, &report, &mut seen, up_to, &mut most_memory)?;
        if !ended {
            running.kill()?;
        }
        running.wait()?;
        taken += began.elapsed();
        println!(
            "run {kill}    killed after {:.1} s, {} records created so far",
            began.elapsed().as_secs_f64(),
            seen.created
        );
    }
    let began = now();
    let summary = finish(import(&report), &mut most_memory)?;
    taken += began.elapsed();
    println!("last run {:.1} s", began.elapsed().as_secs_f64());
    ensure!(
        summary["finishedBefore"] == json!(false),
        "it was not killed: {summary}"
    );

    let began = now();
    let again = finish(
        import(&directory.path().join("again.ndjson")),
        &mut most_memory,
    )?;
    println!(
        "compared everything once more in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    check(options, &again)?;
    let began = now();
    let compared = compare(&there, &here, &world)?;
    println!(
        "tenantry compare: {compared} things are the same, in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let compared = world.compare(&there, &here)?;
    println!("{compared} users and their instances answer to the secrets that they had");
    println!(
        "moved    {total} records in {:.1} s with {} kills, {:.0} a second; at most {most_memory} KiB of memory",
        taken.as_secs_f64(),
        options.kills,
        f64::from(u32::try_from(total)?) / taken.as_secs_f64()
    );
    Ok(())
}

fn import(there: &Server, here: &Server, world: &World, secrets: &Path, report: &Path) -> Command {
    let mut command = here.command();
    command
        .args(["import", "--json", "--from"])
        .arg(format!("http://{}", there.address))
        .arg("--user-secrets")
        .arg(secrets)
        .arg("--report")
        .arg(report);
    as_administrator(&mut command, world);
    command
}

fn as_administrator(command: &mut Command, world: &World) {
    command
        .env("TENANTRY_USER_SECRET", &world.user_secret)
        .env("TENANTRY_ORGANIZATION_SECRET", &world.organization_secret);
}

/// How many things are the same on both servers; fails if one is not.
fn compare(there: &Server, here: &Server, world: &World) -> Result<u64> {
    let mut command = here.command();
    command
        .args(["compare", "--json", "--server"])
        .arg(format!("http://{}", there.address))
        .arg("--against")
        .arg(format!("http://{}", here.address));
    as_administrator(&mut command, world);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "tenantry compare says: {said}");
    let compared: Value = serde_json::from_str(&said).context("compare answered no JSON")?;
    let kinds = compared["compared"].as_object().context("no counts")?;
    Ok(kinds.values().filter_map(Value::as_u64).sum())
}

/// Everything is there, once, and the same.
fn check(options: &Options, summary: &Value) -> Result<()> {
    let expected = [
        ("organizations", 1),
        ("accounts", options.accounts + 1),
        ("elements", ELEMENTS.min(options.instances)),
        ("users", options.users + 1),
        ("instances", options.instances),
    ];
    for (kind, number) in expected {
        let counted = &summary["counts"][kind];
        let all =
            json!({"new": 0, "unchanged": number, "differs": 0, "refused": 0, "unreadable": 0});
        ensure!(*counted == all, "{kind}: {counted} instead of {all}");
    }
    Ok(())
}

/// The lines of a report that grows.
#[derive(Default)]
struct Lines {
    file: Option<File>,
    /// A line that is not whole yet.
    rest: Vec<u8>,
    created: usize,
}

impl Lines {
    fn read(&mut self, report: &Path) -> Result<()> {
        if self.file.is_none() {
            self.file = File::open(report).ok();
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        file.read_to_end(&mut self.rest)?;
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |end| end + 1);
        let lines = String::from_utf8_lossy(&self.rest[..whole]).into_owned();
        self.created += lines.matches(r#""outcome":"created""#).count();
        self.rest.drain(..whole);
        Ok(())
    }
}

/// Waits until so many records were created; answers whether the program ended before.
fn wait_for(
    running: &mut Child,
    report: &Path,
    seen: &mut Lines,
    created: usize,
    most_memory: &mut u64,
) -> Result<bool> {
    loop {
        seen.read(report)?;
        *most_memory = (*most_memory).max(memory(running));
        if seen.created >= created {
            return Ok(false);
        }
        if running.try_wait()?.is_some() {
            return Ok(true);
        }
        thread::sleep(EVERY);
    }
}

/// Runs it to its end, and answers its result.
fn finish(mut command: Command, most_memory: &mut u64) -> Result<Value> {
    let mut running = command.stdout(Stdio::piped()).spawn()?;
    while running.try_wait()?.is_none() {
        *most_memory = (*most_memory).max(memory(&running));
        thread::sleep(EVERY);
    }
    let output = running.wait_with_output()?;
    ensure!(
        output.status.success(),
        "the import failed: {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).context("the import answered no JSON")
}

/// The most that it had, in KiB; 0 where the system does not say.
fn memory(running: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "measures how long a move takes")]
fn now() -> Instant {
    Instant::now()
}
