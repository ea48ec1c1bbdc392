//! The binary as a black box: started as a process, called over HTTP, stopped by signals, on both stores.
//!
//! PostgreSQL is named by `TENANTRY_TEST_POSTGRES_URL`, and behind `PgBouncer` by `TENANTRY_TEST_POOLED_URL`; without them these tests fail. Nothing here waits for the clock: tests wait
//! for lines, replies and ends of processes. `remembered` alone asks until a time is over, because that is what is promised.
#![expect(clippy::unwrap_used, reason = "tests")]

#[macro_use]
mod support;

mod audit_verify;
mod configuration;
mod durability;
mod first_light;
mod import;
mod key_rotation;
mod legacy_login;
mod login;
mod master_key;
mod migrate;
mod org_create;
mod platform;
mod pooled;
mod program;
mod remembered;
mod secrecy;
mod shutdown;
mod transfer;
mod upgrade;
mod walk;
