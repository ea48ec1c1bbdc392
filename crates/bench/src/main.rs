//! The benchmark of the goals, and its anchors. `cargo xtask bench` builds and runs it.

mod anchor;
mod load;
mod machine;
mod options;
mod report;
mod request;
mod results;
mod seed;
mod stats;
mod subject;
mod suite;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use options::Options;
use results::Results;

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
    /// Measure, keep the figures in a file, and print a table
    Run(Box<Options>),
    /// Write the report, and the plots beside it, from a file of figures
    Report {
        /// The file of figures
        #[arg(long, value_name = "FILE")]
        json: PathBuf,
        /// The report
        #[arg(long, value_name = "FILE")]
        markdown: PathBuf,
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
        Command::Run(options) => {
            let earlier = if options.add {
                read(&options.json)?
            } else {
                Results::default()
            };
            let keep = |results: &Results| write(&options.json, &earlier.clone().with(results));
            let results = suite::run(&options, keep).await?;
            write(&options.json, &earlier.clone().with(&results))?;
            println!("{}", report::table(&results));
            Ok(())
        }
        Command::Report { json, markdown } => report::write(&read(&json)?, &json, &markdown),
    }
}

fn read(path: &Path) -> Result<Results> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("there are no figures in {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no file of figures", path.display()))
}

fn write(path: &Path, results: &Results) -> Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(
        path,
        format!("{}\n", serde_json::to_string_pretty(results)?),
    )?;
    Ok(())
}
