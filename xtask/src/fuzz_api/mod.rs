//! `cargo xtask fuzz-api`: schemathesis over the OpenAPI document that the server itself answers, on each store. What is checked stands in
//! `schemathesis.toml`, what it is kept from in `hooks.py`; this program brings the pieces together and judges nothing but the log.

mod python;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres;
use crate::process;
use anyhow::{Context, Result, bail};
use python::Python;
use server::Server;

/// How long one store is tested by `--short`, which `cargo xtask ci` runs: both within a minute, their start included.
const SHORT_SECONDS: u32 = 20;

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Stores {
    Sqlite,
    Postgres,
    Both,
}

pub(crate) struct Options {
    /// In all, over every store.
    pub(crate) seconds: u32,
    pub(crate) short: bool,
    pub(crate) stores: Stores,
    pub(crate) seed: u32,
}

impl Options {
    /// What `cargo xtask ci` runs.
    pub(crate) const CI: Self = Self {
        seconds: 0,
        short: true,
        stores: Stores::Both,
        seed: 1,
    };
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let python = Python::find_or_install()?;
    let program = server::build()?;
    let (sqlite, postgres) = match options.stores {
        Stores::Sqlite => (true, false),
        Stores::Postgres => (false, true),
        Stores::Both => (true, true),
    };
    let stores = u32::from(sqlite) + u32::from(postgres);
    let round = Round {
        python: &python,
        program: &program,
        seconds: if options.short {
            SHORT_SECONDS
        } else {
            (options.seconds / stores).max(1)
        },
        seed: options.seed,
    };
    if sqlite {
        round.play("sqlite", None)?;
    }
    if postgres {
        // Never the server of the tests: there is nobody here who could make a database of its own in it.
        let database = postgres::Server::start()?;
        round.play("postgres", Some(&database.url()))?;
    }
    Ok(())
}

/// What is the same for each store.
struct Round<'a> {
    python: &'a Python,
    program: &'a Path,
    seconds: u32,
    seed: u32,
}

impl Round<'_> {
    fn play(&self, store: &str, database_url: Option<&str>) -> Result<()> {
        let seconds = self.seconds;
        println!("fuzz-api: {seconds} s on {store}, seed {}", self.seed);
        let directory = process::root().join("target/fuzz-api").join(store);
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let mut server = Server::start(self.program, database_url, &directory.join("server.log"))?;
        let found = self.test(&server, &directory);
        // First whether the server lives: if it does not, everything else failed because of that.
        server.check_alive()?;
        found.with_context(|| {
            format!(
                "{store} is not what the document says, or the document is wrong; the log, with every request id: \
                 target/fuzz-api/{store}/server.log; to repeat it: cargo xtask fuzz-api --store {store} --seconds {seconds} --seed {}",
                self.seed
            )
        })?;
        server.check_log()
    }

    fn test(&self, server: &Server, directory: &Path) -> Result<()> {
        let world = scripts().join("world.py");
        let call = |action: &str| {
            let mut command = self.python.command("python");
            command
                .arg(&world)
                .args([action, server.url()])
                .current_dir(directory)
                .env("TENANTRY_FUZZ_AUTHORIZATION", server.authorization());
            command
        };
        let made = process::output(&mut call("prepare"))?;
        process::run(&mut self.schemathesis(server, made.trim(), directory))?;
        let verdict = process::output(&mut call("verify"))
            .context("at the end the administrator is not what he was: schemathesis locked him out, and tested less than it says")?;
        print!("{verdict}");
        Ok(())
    }

    fn schemathesis(&self, server: &Server, world: &str, directory: &Path) -> Command {
        let scripts = scripts();
        let mut command = self.python.command("schemathesis");
        command
            .arg("--config-file")
            .arg(scripts.join("schemathesis.toml"))
            .args(["run", &format!("{}/openapi.json", server.url())])
            .args(["--seed", &self.seed.to_string()])
            .args(["--max-time", &self.seconds.to_string()])
            .env("TENANTRY_FUZZ_HOOKS", scripts.join("hooks.py"))
            .env("TENANTRY_FUZZ_AUTHORIZATION", server.authorization())
            .env("TENANTRY_FUZZ_WORLD", world)
            // It writes where it stands.
            .current_dir(directory);
        command
    }
}

/// Where the Python files are.
fn scripts() -> PathBuf {
    process::root().join("xtask/src/fuzz_api")
}

/// Whether it could run here, without installing or starting anything.
pub(crate) fn check_possible() -> Result<()> {
    if python::find().is_none() {
        bail!("{}", python::MISSING);
    }
    Ok(())
}
