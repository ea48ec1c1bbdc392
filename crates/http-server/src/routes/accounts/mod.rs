//! Accounts, through `/accounts` and `/organizations/{id}/accounts` (contract, section 7).

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod roles;
pub(crate) mod update;
