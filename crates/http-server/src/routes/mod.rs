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

use tenantry_domain::{AccountId, InstanceId, UserId};

/// Ids that nobody has: what privileges are asked for when the path holds no id.
const NO_ACCOUNT: AccountId = AccountId::new(-1);
const NO_INSTANCE: InstanceId = InstanceId::new(-1);
const NO_USER: UserId = UserId::new(-1);
