//! Users: what is changed of one, or that one is gone, is forgotten.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Email, OrganizationId, Revision, Scope, User, UserDraft, UserField, UserId, UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{CallerChange, RepositoryError, UserAndRoles, UserRepository},
};

use super::Forgetting;
use crate::cache::Cache;

/// The store's own, and what is remembered.
pub(super) struct Users {
    pub(super) store: Arc<dyn UserRepository>,
    pub(super) cache: Arc<Cache>,
}

#[async_trait]
impl UserRepository for Users {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<User, RepositoryError> {
        self.store.create(organization, draft, change).await
    }

    async fn create_with_roles(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<UserAndRoles, RepositoryError> {
        let store = &self.store;
        store.create_with_roles(organization, draft, change).await
    }

    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError> {
        self.store.find(scope, id).await
    }

    async fn find_with_roles(
        &self,
        scope: &Scope,
        id: UserId,
    ) -> Result<Option<UserAndRoles>, RepositoryError> {
        self.store.find_with_roles(scope, id).await
    }

    async fn was_assigned(&self, id: UserId) -> Result<bool, RepositoryError> {
        self.store.was_assigned(id).await
    }

    async fn find_by_email(
        &self,
        scope: &Scope,
        email: &Email,
    ) -> Result<Option<User>, RepositoryError> {
        self.store.find_by_email(scope, email).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        self.store.list(scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        self.store.count(scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::User(id));
        self.store.update(scope, id, patch, expected, change).await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: UserId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::User(id));
        self.store.delete(scope, id, expected, change).await
    }
}
