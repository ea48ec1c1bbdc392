//! Where users are kept.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    Change, EffectiveRole, Email, OrganizationId, Revision, Scope, User, UserDraft, UserField,
    UserId, UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
};

/// A user, and the roles it had at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAndRoles {
    /// The user.
    pub user: User,
    /// Its effective roles, by role id. `None` where the store would have to ask once more: then
    /// [`RoleRepository::effective`](super::RoleRepository::effective) knows.
    pub roles: Option<Vec<EffectiveRole>>,
}

/// Where users are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Creates a user with its secret and direct grants.
    ///
    /// # Errors
    /// `Conflict` on the user's `email` if any user of the deployment has it, ignoring case; on the account's `id` if
    /// the organization has no such account; on the account's `active` if it is inactive. A user that was created
    /// stands in an account that was active when the write committed.
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<User, RepositoryError>;

    /// As [`create`](Self::create), with the roles that the write gave the user: what
    /// [`RoleRepository::effective`](super::RoleRepository::effective) would answer at its commit, without another round
    /// trip.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    async fn create_with_roles(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<UserAndRoles, RepositoryError> {
        let user = self.create(organization, draft, change).await?;
        Ok(UserAndRoles { user, roles: None })
    }

    /// The user of that id in `scope`, inactive ones too.
    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError>;

    /// As [`find`](Self::find), with the roles of the user at the same moment.
    async fn find_with_roles(
        &self,
        scope: &Scope,
        id: UserId,
    ) -> Result<Option<UserAndRoles>, RepositoryError> {
        let found = self.find(scope, id).await?;
        Ok(found.map(|user| UserAndRoles { user, roles: None }))
    }

    /// Whether this id was ever given to a user, of whatever organization, who may be gone since. Says nothing that the
    /// id of a new user does not say, and so needs no scope (decision 006).
    async fn was_assigned(&self, id: UserId) -> Result<bool, RepositoryError>;

    /// The user with that e-mail in `scope`, ignoring case, inactive ones too.
    async fn find_by_email(
        &self,
        scope: &Scope,
        email: &Email,
    ) -> Result<Option<User>, RepositoryError>;

    /// The users in `scope` that `filter` selects, in the order of `sort`. (Whether inactive ones are wanted is said in
    /// the filter.)
    ///
    /// # Errors
    /// `InvalidCursor` for a token of another list.
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError>;

    /// How many there are, counted no further than `up_to`.
    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError>;

    /// Changes what `patch` names and nothing else; `None` if there is no such user in `scope`. Every call counts as a
    /// write: the revision grows by one.
    ///
    /// One audit record, of the fields that differ; direct grants are compared as the field `roles`, their keys joined
    /// by commas in the order of [`RoleKey`](crate::RoleKey).
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the user's revision; `Conflict` on `email`; `Denied` if it would leave
    /// the organization without an active user who has `org-admin` (when one is taken away or deactivated).
    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError>;

    /// Erases the user with its secrets, grants and instances; `false` if there is no such user in `scope`. The audit
    /// record, with the old values, stays.
    ///
    /// # Errors
    /// `Stale` as for `update`; `Denied` for the organization's last active `org-admin`.
    async fn delete(
        &self,
        scope: &Scope,
        id: UserId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError>;
}
