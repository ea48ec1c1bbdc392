//! Where organizations are kept.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    Account, Change, Name, Organization, OrganizationDraft, OrganizationId, Revision, User,
};

/// What comes into being with an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedOrganization {
    /// The organization.
    pub organization: Organization,
    /// Its default account.
    pub account: Account,
    /// Its first user.
    pub admin: User,
}

/// Where organizations are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Creates an organization with its default account (of the same name), its roles with their default privileges
    /// (in the order of [`RoleKey::OF_AN_ORGANIZATION`](crate::RoleKey::OF_AN_ORGANIZATION); the system organization
    /// has `sys-admin` besides), its first user and that user's grant (`org-admin`; `sys-admin` in the system
    /// organization), all in one write. Three audit records: organization, account, user.
    ///
    /// # Errors
    /// `Conflict` on the user's `email`; on the organization's `kind` for a second system organization.
    async fn create(
        &self,
        draft: &OrganizationDraft,
        change: &Change,
    ) -> Result<CreatedOrganization, RepositoryError>;

    /// The organization of that id.
    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, RepositoryError>;

    /// The operator's organization; `None` in a store that is new.
    async fn find_system(&self) -> Result<Option<Organization>, RepositoryError>;

    /// How many customers' organizations there are, counted no further than `up_to`.
    async fn count_customers(&self, up_to: u64) -> Result<u64, RepositoryError>;

    /// Renames the organization; `None` if there is none of that id. One audit record, if the name differs.
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the organization's revision.
    async fn rename(
        &self,
        id: OrganizationId,
        name: &Name,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Organization>, RepositoryError>;
}
