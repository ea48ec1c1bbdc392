//! Credentials: where callers are asked for, and where secrets are replaced.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Email, OrganizationId, PasswordHash, Scope, SealedSecret, User, UserId,
    ports::{
        Authenticated, Caller, CallerChange, CredentialRepository, Lockout, LoginCandidate,
        LoginToken, RepositoryError, StoredPassword, VerifiedPassword,
    },
};
use time::OffsetDateTime;

use super::Forgetting;
use crate::cache::Cache;

/// The store's own, and what is remembered.
pub(super) struct Credentials {
    pub(super) store: Arc<dyn CredentialRepository>,
    pub(super) cache: Arc<Cache>,
}

#[async_trait]
impl CredentialRepository for Credentials {
    async fn authenticate(
        &self,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        if let Some(known) = self.cache.find(caller, now) {
            return Ok(Some(known));
        }
        let before = self.cache.before();
        let found = self.store.authenticate(caller, now).await?;
        if let Some(found) = &found {
            self.cache.remember(caller, found, before);
        }
        Ok(found)
    }

    async fn login_candidate(
        &self,
        email: &Email,
    ) -> Result<Option<LoginCandidate>, RepositoryError> {
        self.store.login_candidate(email).await
    }

    async fn log_in(
        &self,
        scope: &Scope,
        user: UserId,
        token: &LoginToken,
        verified: &VerifiedPassword,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        self.store
            .log_in(scope, user, token, verified, change)
            .await
    }

    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError> {
        self.store.password(scope, user).await
    }

    async fn password_failed(
        &self,
        scope: &Scope,
        user: UserId,
        lockout: &Lockout,
        change: &Change,
    ) -> Result<(), RepositoryError> {
        self.store
            .password_failed(scope, user, lockout, change)
            .await
    }

    async fn login_refused(&self, change: &Change) -> Result<(), RepositoryError> {
        self.store.login_refused(change).await
    }

    async fn password_succeeded(
        &self,
        scope: &Scope,
        user: UserId,
        verified: &VerifiedPassword,
    ) -> Result<(), RepositoryError> {
        self.store.password_succeeded(scope, user, verified).await
    }

    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        self.store.organization_secret(organization).await
    }

    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        self.store.user_secret(scope, user).await
    }

    async fn former_passwords(
        &self,
        scope: &Scope,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<PasswordHash>, RepositoryError> {
        self.store.former_passwords(scope, user, limit).await
    }

    async fn replace_user_secret(
        &self,
        scope: &Scope,
        user: UserId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::User(user));
        self.store
            .replace_user_secret(scope, user, secret, old_until, change)
            .await
    }

    async fn replace_organization_secret(
        &self,
        organization: OrganizationId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Organization(organization));
        self.store
            .replace_organization_secret(organization, secret, old_until, change)
            .await
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        self.store.forget_expired(now, limit).await
    }
}
