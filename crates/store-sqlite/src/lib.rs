//! The ports of `tenantry-domain` over SQLite: the embedded default of the server.
//!
//! One thread writes. It commits the writes that wait together, undoes alone what fails, and answers them after
//! the commit. Look-ups by key run on a connection right where they are called, longer reads on a few threads.
//!
//! This crate must not know HTTP, any other store, or the server's configuration file.

mod caller_feed;
mod config;
mod engine;
mod error;
mod filter;
mod instant;
mod list;
mod migrate;
mod open_error;
#[cfg(test)]
mod plan;
mod record;
mod repositories;
mod rows;
mod search;
mod selectable;
mod sql;
mod store;
mod trigrams;

pub use self::{config::SqliteConfig, migrate::Schema, open_error::OpenError, store::SqliteStore};
