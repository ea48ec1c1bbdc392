//! The benchmark of the goals, and its anchors. `cargo xtask bench` builds and runs it.

mod anchor;
mod load;
mod report;
mod run;
mod scenario;
mod seed;
mod stats;
mod subject;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "tenantry-bench", about = "The benchmark, and its anchors")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer as an anchor does, until killed
    Anchor {
        /// Over this PostgreSQL
        #[arg(long, value_name = "URL", conflicts_with = "sqlite")]
        postgres: Option<String>,
        /// Over this SQLite file
        #[arg(long, value_name = "FILE", required_unless_present = "postgres")]
        sqlite: Option<PathBuf>,
        /// Connections to PostgreSQL: as many as the server has
        #[arg(long, default_value_t = 10)]
        connections: u32,
    },
    /// Measure, and print one table
    Run {
        /// The server's program, built for release
        #[arg(long, value_name = "FILE")]
        program: PathBuf,
        /// An empty database
        #[arg(long, value_name = "URL")]
        postgres: Option<String>,
        /// How many users are seeded
        #[arg(long, default_value_t = 100_000)]
        users: u64,
        /// How often both take their turns, after one round that warms up
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// How long each turn lasts, in milliseconds
        #[arg(long, default_value_t = 1000)]
        stretch: u64,
        /// Only scenarios whose names hold this
        #[arg(long)]
        only: Option<String>,
        /// Write the figures as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Write the table as Markdown
        #[arg(long, value_name = "FILE")]
        markdown: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Anchor {
            postgres,
            sqlite,
            connections,
        } => {
            let store = match (postgres, sqlite) {
                (Some(url), _) => anchor::Store::Postgres(url),
                (None, path) => anchor::Store::Sqlite(path.context("a store is missing")?),
            };
            anchor::serve(&store, connections).await
        }
        Command::Run {
            program,
            postgres,
            users,
            rounds,
            stretch,
            only,
            json,
            markdown,
        } => {
            let options = run::Options {
                program,
                postgres,
                users,
                rounds,
                stretch: Duration::from_millis(stretch),
                only,
            };
            let report = run::run(&options).await?;
            println!("{}", report.to_markdown());
            if let Some(path) = json {
                fs::write(path, format!("{:#}\n", report.to_json()))?;
            }
            if let Some(path) = markdown {
                fs::write(path, report.to_markdown())?;
            }
            Ok(())
        }
    }
}
