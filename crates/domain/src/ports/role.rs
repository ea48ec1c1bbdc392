//! Where roles and grants are kept.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    AccountId, Change, EffectiveRole, OrganizationId, Revision, Role, RoleChange, RoleKey, Scope,
    UserId,
};

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
    /// `Stale` if `expected` is given and is not the user's revision; `Conflict` on the role's `key` if it is granted
    /// directly already.
    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError>;

    /// Takes a direct grant away; `None` if there is no such user in `scope`. Counts as a write of the user.
    ///
    /// # Errors
    /// As [`grant`](Self::grant), but for the conflict; `Denied` for the `org-admin` of the organization's last active user who has it directly.
    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError>;

    /// Changes roles, all of them or none; answers all roles of the organization, or `None` if one of the ids is none of
    /// its roles. What the roles allow counts from the next call on. One audit record per role that differs.
    async fn update(
        &self,
        organization: OrganizationId,
        changes: &[RoleChange],
        change: &Change,
    ) -> Result<Option<Vec<Role>>, RepositoryError>;

    /// The roles granted to an account, by role id; `None` if there is no such account in `scope`.
    async fn of_account(
        &self,
        scope: &Scope,
        account: AccountId,
    ) -> Result<Option<Vec<Role>>, RepositoryError>;

    /// Grants a role to every user of an account; `None` if there is no such account in `scope`, or the organization has
    /// no such role. Counts as a write of the account: its revision grows.
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the account's revision; `Conflict` on the role's `key` if it is granted to
    /// the account already.
    async fn grant_to_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError>;

    /// Takes a role from an account; `None` if there is no such account in `scope`. Counts as a write of the account.
    ///
    /// # Errors
    /// As [`grant_to_account`](Self::grant_to_account), but for the conflict.
    async fn revoke_from_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError>;
}
