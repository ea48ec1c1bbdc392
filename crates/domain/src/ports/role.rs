//! Where roles and grants are kept.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{Change, EffectiveRole, OrganizationId, Role, RoleKey, Scope, UserId};

/// What became of a direct grant that was to be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It is gone.
    Revoked,
    /// There was none.
    NotGranted,
}

/// Where roles and grants are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RoleRepository: Send + Sync {
    /// The organization's roles, in the order in which they were created.
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError>;

    /// The effective roles of a user in `scope`, by role id: the system's, the user's own, the account's; `None` if
    /// there is no such user.
    async fn effective(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Vec<EffectiveRole>>, RepositoryError>;

    /// Grants a role to a user directly; `None` if there is no such user in `scope`, or the organization has no such
    /// role. Counts as a write of the user: its revision grows.
    ///
    /// # Errors
    /// `Conflict` on the role's `key` if it is granted directly already.
    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError>;

    /// Takes a direct grant away; `None` if there is no such user in `scope`. Counts as a write of the user.
    ///
    /// # Errors
    /// `Denied` for the `org-admin` of the organization's last active user who has it directly.
    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError>;
}
