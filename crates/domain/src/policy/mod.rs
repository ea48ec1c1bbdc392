//! Who may do what, as pure functions: nothing here touches a port.
//!
//! The rules are those of the contract, sections 7 and 8. What they amount to, for every default role, action and relation
//! of caller and target, stands in the committed table `docs/policy-table.md`, which a test compares with these functions.

mod accounts;
mod audit_log;
mod elements;
mod instances;
mod roles;
mod users;

pub use self::{
    accounts::{accounts, holds, may_configure, view_account},
    audit_log::audit_log,
    elements::elements,
    instances::{InstanceAction, account_instances, create_instances, instances, may_see_token},
    roles::{above_accounts, may_act_on, may_grant},
    users::{Action, Door, scope},
};

/// The caller is known, but may not do this. The contract's 403.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Forbidden {
    /// A sentence for the caller that names the missing privilege or the rule.
    pub reason: String,
}

impl Forbidden {
    /// Forbidden by a rule.
    pub fn rule(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// Forbidden for want of a privilege.
    pub fn missing(privilege: crate::Privilege) -> Self {
        Self {
            reason: format!("The privilege '{}' is missing.", privilege.key()),
        }
    }
}
