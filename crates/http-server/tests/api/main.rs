//! The server over the memory store: every route, called as its callers call it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod bad_input;
mod conditional;
mod credentials;
mod hostile;
mod lists;
mod openapi;
mod organization;
mod outage;
mod protocol;
mod reference;
mod roles;
mod route_table;
mod schema;
mod support;
mod tenancy;
mod users;
