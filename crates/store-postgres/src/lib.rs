//! The ports of `tenantry-domain` over PostgreSQL 14 and later.
//!
//! [`PostgresStore::connect`] opens a store, [`PostgresStore::repositories`] hands out the ports. The schema lives in
//! `migrations/`, one file per step, embedded in the binary.
//!
//! This crate must not know HTTP, JSON bodies, or any other store. Every value that comes from outside is bound, never
//! written into a statement.

mod account;
mod audit;
mod audit_chain;
mod caller_feed;
mod config;
mod credential;
mod database;
mod element;
mod error;
mod filter;
mod instance;
mod keyring;
mod list;
mod migrations;
mod open;
mod organization;
mod password_policy;
mod pool;
mod replies;
mod role;
mod row;
mod search;
mod session;
mod share;
mod sql;
mod store;
mod table;
mod together;
mod transfer;
mod trigrams;
mod unnested;
mod user;

pub use config::PostgresConfig;
pub use migrations::SchemaState;
pub use open::OpenError;
pub use store::PostgresStore;
