//! The handlers: one file per operation.

pub(crate) mod accounts;
pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod organization;
pub(crate) mod reference;
pub(crate) mod roles;
pub(crate) mod users;
