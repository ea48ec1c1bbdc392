//! What goes over the wire of `/elements/api-v2`: JSON bodies, header names and grammars, query strings, dates, and their
//! conversion to and from the domain.
//!
//! The specification is the platform API of Cloud Elements (SAP Open Connectors). This crate knows how its messages are
//! spelt and nothing about how they travel: no HTTP library stands here, so that the server and the client can share it.
#![warn(missing_docs)]

pub mod account;
pub mod audit;
pub mod authentication;
pub mod authorization;
mod date;
pub mod element;
pub mod error;
pub mod header;
pub mod instance;
mod object;
pub mod organization;
pub mod password_policy;
pub mod path;
pub mod precondition;
pub mod query;
pub mod read;
pub mod role;
pub mod sign_up;
pub mod user;
pub mod write;

pub use date::{day, instant};
pub use object::{JsonObject, NotAnObject, Problems};

/// Where every path of the platform API begins.
pub const BASE_PATH: &str = "/elements/api-v2";
