//! The platform API over axum: extract, call a use case, present.
//!
//! Knows HTTP and the use cases, and no store: what it is given is a [`Platform`]. Where everything is, `router.rs` says.

mod attempt;
mod body;
mod caller;
mod client;
mod conditional;
mod connection;
mod cors;
mod error;
mod exchange;
mod extract;
mod idempotency;
mod in_process;
mod metrics;
mod negotiation;
mod openapi;
mod platform;
mod router;
mod routes;
mod serve;
mod throttle;
mod unread;

pub use client::{ClientAddress, Network, NotANetwork};
pub use in_process::{InProcess, InProcessError, InProcessReply};
pub use platform::{HttpConfig, Machinery, Platform};
pub use router::{Api, router};
pub use serve::serve;
pub use throttle::{RetryAfter, Throttle, ThrottleConfig};
