//! Roles and grants: what they allow is forgotten of whoever has them.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Change, EffectiveRole, OrganizationId, Revision, Role, RoleChange, RoleKey, Scope,
    UserId,
    ports::{CallerChange, RepositoryError, Revocation, RoleRepository},
};

use super::Forgetting;
use crate::cache::Cache;

/// The store's own, and what is remembered.
pub(super) struct Roles {
    pub(super) store: Arc<dyn RoleRepository>,
    pub(super) cache: Arc<Cache>,
}

#[async_trait]
impl RoleRepository for Roles {
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError> {
        self.store.list(organization).await
    }

    async fn effective(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Vec<EffectiveRole>>, RepositoryError> {
        self.store.effective(scope, user).await
    }

    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::User(user));
        self.store.grant(scope, user, role, expected, change).await
    }

    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::User(user));
        self.store.revoke(scope, user, role, expected, change).await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        changes: &[RoleChange],
        change: &Change,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Organization(organization));
        self.store.update(organization, changes, change).await
    }

    async fn of_account(
        &self,
        scope: &Scope,
        account: AccountId,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        self.store.of_account(scope, account).await
    }

    async fn grant_to_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Account(account));
        self.store
            .grant_to_account(scope, account, role, expected, change)
            .await
    }

    async fn revoke_from_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Account(account));
        self.store
            .revoke_from_account(scope, account, role, expected, change)
            .await
    }
}
