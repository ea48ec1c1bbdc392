//! Where the password policies of organizations are kept.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::RepositoryError;
use crate::{Change, OrganizationId, PasswordPolicy, Revision};

/// The password policy in force in an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInForce {
    /// The policy.
    pub policy: PasswordPolicy,
    /// Whether the organization set it; the default is in force otherwise.
    pub is_set: bool,
    /// When the organization first set a policy since the default was last in force; of the default, when the
    /// organization was created.
    pub created_at: OffsetDateTime,
    /// When it was last changed; of the default, when it came in force again, or the organization was created.
    pub updated_at: OffsetDateTime,
    /// The organization's revision: the policy is a part of it.
    pub revision: Revision,
}

/// Where the password policies of organizations are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PasswordPolicyRepository: Send + Sync {
    /// The policy in force; `None` if there is no such organization.
    async fn find(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<PolicyInForce>, RepositoryError>;

    /// Sets the organization's policy, or with `None` returns to the default, also when nothing was set. Counts as a
    /// write of the organization: its revision grows. One audit record of the organization with the fields that differ,
    /// each by its name after `passwordPolicy.`; none if nothing does. `None` if there is no such organization.
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the organization's revision.
    async fn set<'a>(
        &self,
        organization: OrganizationId,
        policy: Option<&'a PasswordPolicy>,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<PolicyInForce>, RepositoryError>;
}
