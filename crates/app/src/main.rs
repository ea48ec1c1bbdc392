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
mod output;
mod randomness;
mod signals;
mod telemetry;
mod wire_up;

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;

use crate::{cli::Cli, failure::Failure, output::Output};

/// How long work that nobody waits for may hold up the end, for example a password that is still being hashed.
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
        let message = error.kind().as_str().unwrap_or("the command line is wrong");
        let rendered = error.to_string();
        let first = rendered.lines().next().unwrap_or(message);
        let failure = Failure::usage(anyhow::anyhow!("{}", first.trim_start_matches("error: ")));
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

fn run(cli: Cli, output: Output) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(commands::run(cli, output));
    runtime.shutdown_timeout(LAST_GRACE);
    outcome
}
