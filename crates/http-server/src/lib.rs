//! The platform API over axum: extract, call a use case, present.
//!
//! Knows HTTP and the use cases, and no store: what it is given is a [`Platform`]. Where everything is, `router.rs` says.

mod body;
mod caller;
mod conditional;
mod cors;
mod error;
mod exchange;
mod extract;
mod negotiation;
mod openapi;
mod platform;
mod router;
mod routes;
mod serve;

pub use platform::{HttpConfig, Platform};
pub use router::router;
pub use serve::serve;
