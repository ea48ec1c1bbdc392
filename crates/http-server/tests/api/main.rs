//! The server over the memory store: every route, called as its callers call it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod audit_logs;
mod authentication;
mod bad_input;
mod clock;
mod conditional;
mod credentials;
mod hostile;
mod idempotency;
mod instance_access;
mod instance_lists;
mod instance_tokens;
mod instances;
mod legacy_login;
mod lists;
mod openapi;
mod operator;
mod organization;
mod outage;
mod password_policies;
mod passwords;
mod protocol;
mod reference;
mod roles;
mod round_trips;
mod route_table;
mod schema;
mod sockets;
mod support;
mod tenancy;
mod user_safety;
mod users;
