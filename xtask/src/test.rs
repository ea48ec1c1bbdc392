//! `cargo xtask test`: every test of the workspace, doc tests included, against a real PostgreSQL. A run in which no PostgreSQL case was
//! executed fails: green by silence is no result.

use std::env;

use anyhow::{Result, bail};

use crate::postgres::Server;
use crate::process;
use crate::runner::{self, Runner};

const URL: &str = "TENANTRY_TEST_POSTGRES_URL";
/// The same server behind a pooler of transactions.
const POOLED_URL: &str = "TENANTRY_TEST_POOLED_URL";
/// Directory of the server's programs, for tests that stop or inspect it.
const BIN: &str = "TENANTRY_TEST_PSQL_BIN";

/// With arguments the run is narrowed: they go to the runner, doc tests are left out, and no PostgreSQL case is demanded.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let database = Database::given_or_started()?;
    let variables = database.variables();
    let executed = runner::run(&Runner::installed(), &variables, args)?;
    if !args.is_empty() {
        println!("PostgreSQL cases executed: {executed} (a narrowed run: doc tests are left out)");
        return Ok(());
    }
    let mut docs = process::cargo(["test", "--workspace", "--doc"]);
    process::run(docs.envs(variables))?;
    println!("PostgreSQL cases executed: {executed}");
    if executed == 0 {
        bail!(
            "no PostgreSQL case was executed: the tests of {} did not run",
            runner::POSTGRES_PACKAGE
        );
    }
    Ok(())
}

enum Database {
    Given {
        url: String,
    },
    /// Stopped and deleted when dropped.
    Started(Server),
}

impl Database {
    fn given_or_started() -> Result<Self> {
        if let Some(url) = env::var(URL).ok().filter(|url| !url.trim().is_empty()) {
            println!("PostgreSQL: given by {URL}");
            return Ok(Self::Given { url });
        }
        let server = Server::start()?;
        println!(
            "PostgreSQL: a throwaway server from {}",
            server.bin().display()
        );
        Ok(Self::Started(server))
    }

    /// What tests are told about it.
    fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Given { url } => vec![(URL, url.clone())],
            Self::Started(server) => vec![
                (URL, server.url()),
                (POOLED_URL, server.pooled_url()),
                (BIN, server.bin().display().to_string()),
            ],
        }
    }
}
