//! `cargo xtask postgres`, and the throwaway server that `cargo xtask test` uses. Knows nothing of tests.

mod binaries;
mod install;
mod server;

use std::io;

use anyhow::{Context, Result};

pub(crate) use server::{Durability, Server};

/// Keeps a server until Ctrl-C, or until standard input ends when it is no terminal.
pub(crate) fn run() -> Result<()> {
    let server = Server::start()?;
    println!(
        "A throwaway PostgreSQL from {}. Everything in it is lost at the end.\n",
        server.bin().display()
    );
    println!("  export TENANTRY_TEST_POSTGRES_URL='{}'", server.url());
    println!(
        "  export TENANTRY_TEST_POOLED_URL='{}'",
        server.pooled_url()
    );
    println!("  psql '{}'\n", server.url());
    println!("Ctrl-C, or the end of the input, stops it.");
    // The server is deleted by its supervisor when this process is gone, so Ctrl-C needs no handler here.
    io::copy(&mut io::stdin(), &mut io::sink()).context("cannot wait for the end of the input")?;
    drop(server);
    println!("PostgreSQL is stopped and deleted.");
    Ok(())
}
