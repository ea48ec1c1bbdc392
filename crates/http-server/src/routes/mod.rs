//! The handlers: one file per operation.

pub(crate) mod accounts;
pub(crate) mod audit_logs;
pub(crate) mod authentication;
pub(crate) mod elements;
pub(crate) mod health;
pub(crate) mod instances;
pub(crate) mod list;
pub(crate) mod metrics;
pub(crate) mod organization;
pub(crate) mod password_policies;
pub(crate) mod reference;
pub(crate) mod roles;
pub(crate) mod sign_up;
pub(crate) mod users;
