//! Where instances are kept.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    Change, Instance, InstanceDraft, InstanceField, InstanceId, InstancePatch, OrganizationId,
    Revision, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
};

/// Where instances are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait InstanceRepository: Send + Sync {
    /// Creates a valid, enabled instance; registers its element in the organization's catalog if the key is new there
    /// (what the draft says of an element that is known already is ignored).
    ///
    /// # Errors
    /// `Conflict` on the user's `id` if the organization has no such user.
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &InstanceDraft,
        change: &Change,
    ) -> Result<Instance, RepositoryError>;

    /// The instance of that id in `scope`.
    async fn find(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError>;

    /// The instances in `scope` that `filter` selects, in the order of `sort`.
    ///
    /// # Errors
    /// `InvalidCursor` for a token of another list.
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
    ) -> Result<Page<Instance>, RepositoryError>;

    /// How many there are, counted no further than `up_to`.
    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError>;

    /// Changes what `patch` names and nothing else; `None` if there is no such instance in `scope`. Every call counts as a
    /// write: the revision grows by one. Configuration entries that stay keep their ids. One audit record of the fields
    /// that differ ([`Instance::snapshot`]).
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the instance's revision.
    async fn update(
        &self,
        scope: &Scope,
        id: InstanceId,
        patch: &InstancePatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Instance>, RepositoryError>;

    /// Erases the instance; `false` if there is none in `scope`.
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the instance's revision.
    async fn delete(
        &self,
        scope: &Scope,
        id: InstanceId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError>;
}
