//! `cargo xtask`: what a developer or CI runs on this repository. A match over the commands, one file for each; it must not know what the
//! product does, and stays quick to compile.

mod arrows;
mod bench;
mod ci;
mod fuzz_api;
mod fuzz_ceql;
mod house;
mod licences;
mod manifests;
mod measure_login;
mod measure_move;
mod metadata;
mod postgres;
mod process;
mod runner;
mod sources;
mod spdx;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "Examples:
  cargo xtask ci                          everything CI checks
  cargo xtask test                        every test, doc tests included
  cargo xtask test -- -E 'test(ceql)'     some tests; what follows -- goes to the runner
  cargo xtask postgres                    a throwaway PostgreSQL until Ctrl-C
  cargo xtask arrows                      which crate may depend on which
  cargo xtask licences                    licences and banned crates
  cargo xtask house                       rules about source files
  cargo xtask fuzz-api --short            the server against its own OpenAPI document
  cargo xtask measure-login               how long logins take, and what they do to reads
  cargo xtask bench --short               how fast the server is, beside small programs of the same libraries
  cargo xtask measure-move                how long an organization takes to move, killed and gone on with
  cargo xtask fuzz-ceql --seconds 60      what no text may do to the readers of CEQL, tokens and headers";

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Checks and tests of this repository", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every test of the workspace, doc tests included, against a real PostgreSQL
    ///
    /// Uses the server of `TENANTRY_TEST_POSTGRES_URL`, or starts a throwaway one from the installed binaries and deletes it afterwards.
    #[command(after_help = "Examples:
  cargo xtask test
  cargo xtask test -- -E 'package(tenantry-domain)'
  TENANTRY_TEST_POSTGRES_URL=postgres://me@localhost/postgres cargo xtask test")]
    Test {
        /// Handed to the runner (`cargo nextest run`, or `cargo test` where nextest is missing)
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run every check and every test, cheap ones first, and stop at the first failure
    ///
    /// Needs Python 3.10 or later, which runs schemathesis.
    #[command(after_help = "Examples:
  cargo xtask ci
  cargo xtask ci --without-fuzz-api")]
    Ci {
        /// Leave the step out that needs Python. Refused where the variable `CI` is set
        #[arg(long)]
        without_fuzz_api: bool,
    },
    /// Start a throwaway PostgreSQL, print its URL, keep it until Ctrl-C
    #[command(after_help = "Example:\n  cargo xtask postgres")]
    Postgres,
    /// Check which crate depends on which, and how manifests name dependencies and lints
    #[command(after_help = "Example:\n  cargo xtask arrows")]
    Arrows,
    /// Check licences and banned crates against deny.toml
    #[command(after_help = "Example:\n  cargo xtask licences")]
    Licences,
    /// Check the rules about source files
    #[command(after_help = "Example:\n  cargo xtask house")]
    House,
    /// Test the server against the OpenAPI document that it answers, with schemathesis
    ///
    /// Installs schemathesis into `target/`, starts the server on a fresh store and fails on a 5xx, an undocumented status, and a reply
    /// that is not what the document says. Needs Python 3.10 or later.
    #[command(after_help = "Examples:
  cargo xtask fuzz-api
  cargo xtask fuzz-api --store sqlite --seconds 60 --seed 7
  cargo xtask fuzz-api --short")]
    FuzzApi {
        /// For how long, all stores together
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// What `cargo xtask ci` runs: under a minute
        #[arg(long, conflicts_with = "seconds")]
        short: bool,
        /// Over which store
        #[arg(long, value_enum, default_value = "both")]
        store: fuzz_api::Stores,
        /// Where chance begins
        #[arg(long, default_value_t = 1)]
        seed: u32,
    },
    /// Measure how long refused logins take, and how reads fare while 200 come at once
    ///
    /// Builds and starts the server as it is released. Prints figures and judges nothing: they depend on the machine.
    #[command(after_help = "Examples:
  cargo xtask measure-login
  cargo xtask measure-login --database-url postgres://me@localhost/empty")]
    MeasureLogin {
        /// An empty database, instead of a SQLite file
        #[arg(long, value_name = "URL")]
        database_url: Option<String>,
    },
    /// Measure the server beside small programs of the same libraries, which take turns with it
    ///
    /// Builds everything as it is released, and starts a PostgreSQL of its own. Ratios count: the times depend on the machine.
    /// Server, PostgreSQL and load share the cores of this machine.
    #[command(after_help = "Examples:
  cargo xtask bench --short
  cargo xtask bench
  cargo xtask bench --only 'get user'
  cargo xtask bench --only curve --curve 10000,10000000 --add
  cargo xtask bench --only lifecycle --soak 10 --add
  cargo xtask bench --report docs/performance.md")]
    Bench(bench::Options),
    /// Measure how long a large organization takes to move from one server to another, killed now and then
    ///
    /// Builds the program as it is released, fills a server through its API, and runs `tenantry import --from`, which is killed by
    /// SIGKILL and started again. Fails if anything is missing, there twice, or its secrets do not work; figures depend on the machine.
    #[command(after_help = "Examples:
  cargo xtask measure-move
  cargo xtask measure-move --accounts 20 --users 500 --instances 800 --kills 3")]
    MeasureMove {
        /// How many accounts beside the default one
        #[arg(long, default_value_t = 200)]
        accounts: usize,
        /// How many users beside the first
        #[arg(long, default_value_t = 20_000)]
        users: usize,
        /// How many instances
        #[arg(long, default_value_t = 30_000)]
        instances: usize,
        /// How often it is killed
        #[arg(long, default_value_t = 5)]
        kills: usize,
        /// Where it moves to, instead of an SQLite store: an empty database, as `cargo xtask postgres` makes one
        #[arg(long, value_name = "URL")]
        into: Option<String>,
        /// Measure this program, instead of building one
        #[arg(long, value_name = "PATH")]
        program: Option<PathBuf>,
    },
    /// Hunt for texts that break CEQL, page tokens, header or query string parsers, guided by coverage
    ///
    /// Needs a C++ compiler. What it finds is kept in `target/fuzz/corpus`, so the next run goes on from there.
    #[command(after_help = "Examples:
  cargo xtask fuzz-ceql
  cargo xtask fuzz-ceql --seconds 60 --seed 1
  cargo xtask fuzz-ceql --replay target/fuzz/crashes/crash-0123abcd")]
    FuzzCeql {
        /// For how long
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// Where chance begins; another one each time if left out
        #[arg(long)]
        seed: Option<u32>,
        /// Run this input alone, as a crash prints it
        #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "seed"])]
        replay: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test { args } => test::run(&args),
        Command::Ci { without_fuzz_api } => ci::run(without_fuzz_api),
        Command::Postgres => postgres::run(),
        Command::Arrows => arrows::run(),
        Command::Licences => licences::run(),
        Command::House => house::run(),
        Command::FuzzApi {
            seconds,
            short,
            store,
            seed,
        } => fuzz_api::run(&fuzz_api::Options {
            seconds,
            short,
            stores: store,
            seed,
        }),
        Command::MeasureLogin { database_url } => {
            measure_login::run(&measure_login::Options { database_url })
        }
        Command::Bench(options) => bench::run(&options),
        Command::MeasureMove {
            accounts,
            users,
            instances,
            kills,
            into,
            program,
        } => measure_move::run(&measure_move::Options {
            accounts,
            users,
            instances,
            kills,
            into,
            program,
        }),
        Command::FuzzCeql {
            seconds,
            seed,
            replay,
        } => fuzz_ceql::run(&fuzz_ceql::Options {
            seconds,
            seed,
            replay,
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain alone: `Debug` would add a backtrace of this program, which tells nobody anything.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_command_shows_an_example() {
        let command = Arguments::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            let help = sub
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains(&format!("cargo xtask {}", sub.get_name())),
                "{} has no example",
                sub.get_name()
            );
        }
    }
}
