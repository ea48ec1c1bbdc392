//! What is measured, and how long.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use crate::results::Storm;

/// What to measure.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The server's program, built for release
    #[arg(long, value_name = "FILE")]
    pub(crate) program: PathBuf,
    /// A PostgreSQL where databases may be made; left out: SQLite alone
    #[arg(long, value_name = "URL")]
    pub(crate) postgres: Option<String>,
    /// Where the data of servers and SQLite files are kept meanwhile
    #[arg(long, value_name = "DIRECTORY", default_value = "target/bench")]
    pub(crate) directory: PathBuf,
    /// Less of everything
    #[arg(long)]
    pub(crate) short: bool,
    /// How many users are seeded
    #[arg(long, default_value_t = 100_000)]
    pub(crate) users: u64,
    /// How often all take their turns, after one round that warms up
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: u32,
    /// How long each turn lasts, in milliseconds
    #[arg(long, default_value_t = 1000)]
    pub(crate) turn: u64,
    /// Only what has this in its name
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// Sizes of the search curve; the others are compared with the first
    #[arg(long, value_delimiter = ',', value_name = "USERS")]
    pub(crate) curve: Vec<u64>,
    /// Into how many organizations large sizes are dealt out as well, at a hundred users each at the least
    #[arg(long, default_value_t = 10_000)]
    pub(crate) organizations: u64,
    /// Over which store
    #[arg(long, value_enum, default_value_t = Stores::Both)]
    pub(crate) store: Stores,
    /// Lifecycles for so many minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 0)]
    pub(crate) soak: u32,
    /// The program of the release before, whose nodes are replaced under load; left out: those of the same one
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    /// Keep what the file of figures has of what is not measured this time
    #[arg(long)]
    pub(crate) add: bool,
    /// The file of figures
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
    /// Of which commit the server is
    #[arg(long, default_value = "")]
    pub(crate) commit: String,
    /// Today
    #[arg(long, default_value = "")]
    pub(crate) date: String,
    /// What `cargo xtask measure-login` saw, as JSON
    #[arg(long, value_parser = storm)]
    pub(crate) storm: Option<Storm>,
}

/// Which stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stores {
    Sqlite,
    Postgres,
    Both,
}

fn storm(text: &str) -> Result<Storm, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Options {
    pub(crate) fn turn(&self) -> Duration {
        Duration::from_millis(self.turn)
    }

    /// Whether something of this name is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|part| name.contains(part))
    }
}

/// Says on standard error what runs now.
pub(crate) fn tell(text: impl std::fmt::Display) {
    eprintln!("{text}");
}
