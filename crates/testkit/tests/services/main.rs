//! Use cases that no route leads to, over the memory store: the chain of the audit log, the rotation of the master keys, upkeep,
//! and moving organizations in and out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod audit_chain;
mod export;
mod faults;
mod import;
mod import_again;
mod import_plans;
mod key_rotation;
mod moved;
mod upkeep;
mod world;
