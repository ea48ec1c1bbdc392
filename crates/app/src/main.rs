//! The binary `tenantry`: parses the command line, runs a command, prints what went wrong.
//!
//! Exit codes: 0 done, 1 it failed, 2 the command line or the configuration has to be put right first.

mod bootstrap;
mod cli;
mod clock;
mod commands;
mod config;
mod failure;
mod master_key;
mod new_file;
mod open_files;
mod output;
mod passphrase;
mod progress;
mod prompt;
mod randomness;
mod signals;
mod telemetry;
mod upkeep;
mod wire_up;

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;

use crate::{cli::Cli, failure::Failure, output::Output};

/// Requests are many small allocations, which the system's allocator takes a fifth of a read for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long work that nobody waits for may hold up the end, for example a name that is still being looked up.
const LAST_GRACE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let output = Output {
        json: cli.global.json,
    };
    match run(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}

/// What is wrong with the command line, or the help that was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        let failure = Failure::usage(anyhow::anyhow!("{}", in_one_line(error)));
        Output { json: true }.failure(&failure);
    } else {
        // There is nobody left to tell if this fails.
        let _ = error.print();
    }
    if error.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

/// What people read over several lines, up to the usage: `one of these is missing: --name <NAME>, --admin-email <E-MAIL>`.
fn in_one_line(error: &clap::Error) -> String {
    use clap::error::ErrorKind;

    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; --help lists those there are".to_owned();
    }
    let rendered = error.to_string();
    let lines = rendered
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty());
    let mut text = String::new();
    for line in lines {
        match text.chars().last() {
            None => {}
            Some(':') => text.push(' '),
            Some(_) if line.starts_with("tip:") => text.push_str("; "),
            Some(_) => text.push_str(", "),
        }
        text.push_str(line.trim_start_matches("error: "));
    }
    text
}

fn run(cli: Cli, output: Output) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(commands::run(cli, output));
    runtime.shutdown_timeout(LAST_GRACE);
    outcome
}
