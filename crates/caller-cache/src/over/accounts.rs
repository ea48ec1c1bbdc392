//! Accounts: what is changed of one is forgotten of all of its users.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, Change, OrganizationId, Revision,
    Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AccountRepository, CallerChange, RepositoryError},
};

use super::Forgetting;
use crate::cache::Cache;

/// The store's own, and what is remembered.
pub(super) struct Accounts {
    pub(super) store: Arc<dyn AccountRepository>,
    pub(super) cache: Arc<Cache>,
}

#[async_trait]
impl AccountRepository for Accounts {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &AccountDraft,
        change: &Change,
    ) -> Result<Account, RepositoryError> {
        self.store.create(organization, draft, change).await
    }

    async fn find(&self, scope: &Scope, id: AccountId) -> Result<Option<Account>, RepositoryError> {
        self.store.find(scope, id).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
    ) -> Result<Page<Account>, RepositoryError> {
        self.store.list(scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        self.store.count(scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: AccountId,
        patch: &AccountPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Account>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Account(id));
        self.store.update(scope, id, patch, expected, change).await
    }

    async fn was_assigned(&self, id: AccountId) -> Result<bool, RepositoryError> {
        self.store.was_assigned(id).await
    }
}
