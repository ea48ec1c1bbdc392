//! Instances: what is changed of one is forgotten of whoever presents its token.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Instance, InstanceDraft, InstanceField, InstanceId, InstancePatch, OrganizationId,
    Revision, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{CallerChange, InstanceRepository, RepositoryError},
};

use super::Forgetting;
use crate::cache::Cache;

/// The store's own, and what is remembered.
pub(super) struct Instances {
    pub(super) store: Arc<dyn InstanceRepository>,
    pub(super) cache: Arc<Cache>,
}

#[async_trait]
impl InstanceRepository for Instances {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &InstanceDraft,
        change: &Change,
    ) -> Result<Instance, RepositoryError> {
        self.store.create(organization, draft, change).await
    }

    async fn find(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError> {
        self.store.find(scope, id).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
    ) -> Result<Page<Instance>, RepositoryError> {
        self.store.list(scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        self.store.count(scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: InstanceId,
        patch: &InstancePatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Instance>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Instance(id));
        self.store.update(scope, id, patch, expected, change).await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: InstanceId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Instance(id));
        self.store.delete(scope, id, expected, change).await
    }
}
