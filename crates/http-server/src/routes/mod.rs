//! The handlers: one file per operation.

pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod users;
