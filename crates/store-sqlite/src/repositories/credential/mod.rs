//! Secrets, login tokens and password hashes.

mod authenticate;
mod expire;
mod login;
mod password;
mod replace;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Email, OrganizationId, PasswordHash, Scope, SealedSecret, User, UserId,
    ports::{
        Authenticated, Caller, CredentialRepository, Lockout, LoginCandidate, LoginToken,
        RepositoryError, StoredPassword, VerifiedPassword,
    },
};
use time::OffsetDateTime;

use crate::{
    engine::Engine,
    rows::secret::{of_organization, of_user},
};

pub(crate) struct Credentials(pub(crate) Engine);

#[async_trait]
impl CredentialRepository for Credentials {
    async fn authenticate(
        &self,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        let sql = authenticate::select(caller, now);
        let found = self
            .0
            .look_up(move |connection| sql.rows(connection, authenticate::read))
            .await?;
        Ok(authenticate::together(found))
    }

    async fn login_candidate(
        &self,
        email: &Email,
    ) -> Result<Option<LoginCandidate>, RepositoryError> {
        let sql = login::candidate(email);
        self.0
            .look_up(move |connection| sql.row(connection, login::read))
            .await
    }

    async fn log_in(
        &self,
        scope: &Scope,
        user: UserId,
        token: &LoginToken,
        verified: &VerifiedPassword,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let (scope, token, verified, change) = (*scope, *token, verified.clone(), *change);
        self.0
            .write(move |connection| {
                login::log_in(connection, &scope, user, &token, &verified, &change)
            })
            .await
    }

    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| password::find(connection, &scope, user))
            .await
    }

    async fn password_failed(
        &self,
        scope: &Scope,
        user: UserId,
        lockout: &Lockout,
        change: &Change,
    ) -> Result<(), RepositoryError> {
        let (scope, lockout, change) = (*scope, *lockout, *change);
        self.0
            .write(move |connection| password::failed(connection, &scope, user, &lockout, &change))
            .await
    }

    async fn login_refused(&self, change: &Change) -> Result<(), RepositoryError> {
        let at = change.at;
        self.0
            .write(move |connection| login::refused(connection, at))
            .await
    }

    async fn password_succeeded(
        &self,
        scope: &Scope,
        user: UserId,
        verified: &VerifiedPassword,
    ) -> Result<(), RepositoryError> {
        let (scope, verified) = (*scope, verified.clone());
        self.0
            .write(move |connection| password::succeeded(connection, &scope, user, &verified))
            .await
    }

    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        self.0
            .look_up(move |connection| of_organization(connection, organization))
            .await
    }

    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| of_user(connection, &scope, user))
            .await
    }

    async fn former_passwords(
        &self,
        scope: &Scope,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<PasswordHash>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| password::former(connection, &scope, user, limit))
            .await
    }

    async fn replace_user_secret(
        &self,
        scope: &Scope,
        user: UserId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let (scope, secret, change) = (*scope, secret.clone(), *change);
        self.0
            .write(move |connection| {
                replace::of_user(connection, &scope, user, &secret, old_until, &change)
            })
            .await
    }

    async fn replace_organization_secret(
        &self,
        organization: OrganizationId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let (secret, change) = (secret.clone(), *change);
        self.0
            .write(move |connection| {
                replace::of_organization(connection, organization, &secret, old_until, &change)
            })
            .await
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        self.0
            .write(move |connection| expire::forget(connection, now, limit))
            .await
    }
}
