//! Secrets and password hashes.

mod authenticate;
mod login;
mod replace;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, Email, Entity, OrganizationId, PasswordHash, Scope, SealedSecret,
    Snapshot, User, UserId,
    ports::{
        Authenticated, Caller, CredentialRepository, Lockout, LoginCandidate, LoginToken,
        RepositoryError, StoredPassword, VerifiedPassword,
    },
};
use time::{Duration, OffsetDateTime};

use self::replace::{ReplaceOrganizationSecret, ReplaceUserSecret, Replacement};
use crate::{
    audit,
    caller_feed::FORGET_UNREAD,
    database::Database,
    row::{Fields, number},
    sql::Statement,
    table::narrowed,
};

/// Credentials in this database.
pub(crate) struct PostgresCredentials(pub(crate) Arc<Database>);

#[async_trait]
impl CredentialRepository for PostgresCredentials {
    async fn authenticate(
        &self,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        authenticate::authenticate(&self.0, caller, now).await
    }

    async fn login_candidate(
        &self,
        email: &Email,
    ) -> Result<Option<LoginCandidate>, RepositoryError> {
        login::candidate(&self.0, email).await
    }

    async fn log_in(
        &self,
        scope: &Scope,
        user: UserId,
        token: &LoginToken,
        verified: &VerifiedPassword,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        login::log_in(&self.0, scope, user, token, verified, change).await
    }

    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT id, password_hash, locked_until, password_failures FROM users \
                     WHERE organization_id = $1 AND id = $2 \
                     AND ($3::bigint IS NULL OR account_id = $3) AND ($4::bigint IS NULL OR id = $4)",
                )
                .bind(scope.organization_id().get())
                .bind(user.get())
                .bind(in_account)
                .bind(itself)
            )
            .await?;
        rows.first()
            .map(|row| stored_password(&Fields::of(Entity::User, row)?))
            .transpose()
    }

    async fn password_failed(
        &self,
        scope: &Scope,
        user: UserId,
        lockout: &Lockout,
        change: &Change,
    ) -> Result<(), RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        let until = change.at.saturating_add(lockout.lasts);
        let snapshot = Snapshot::new().field("lockedUntil", until);
        // Each count of a concurrent wrong password waits for the one before. A count of zero afterwards means that it
        // was the one too many.
        let statement = Statement::new(
            "WITH counted AS (UPDATE users SET \
             password_failures = CASE WHEN password_failures + 1 >= $9 THEN 0 ELSE password_failures + 1 END, \
             locked_until = CASE WHEN password_failures + 1 >= $9 THEN GREATEST(locked_until, $10) ELSE locked_until END \
             WHERE organization_id = $5 AND id = $6 \
             AND ($7::bigint IS NULL OR account_id = $7) AND ($8::bigint IS NULL OR id = $8) \
             RETURNING organization_id, account_id, id, password_failures) \
             INSERT INTO audit_records \
             (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
             SELECT organization_id, account_id, $1, $2, $3, $4, $11, $12, id, '{}', $13 \
             FROM counted WHERE password_failures = 0",
        );
        let statement = audit::bind_change(statement, change)
            .bind(scope.organization_id().get())
            .bind(user.get())
            .bind(in_account)
            .bind(itself)
            .bind(i32::try_from(lockout.after).unwrap_or(i32::MAX))
            .bind(until)
            .bind(AuditAction::Locked.as_str())
            .bind(Entity::User.as_str())
            .bind(audit::json(&snapshot));
        self.0.write(statement).await.map(drop)
    }

    async fn login_refused(&self, change: &Change) -> Result<(), RepositoryError> {
        let statement =
            Statement::new("INSERT INTO refused_logins (at) VALUES ($1)").bind(change.at);
        self.0.write(statement).await.map(drop)
    }

    async fn password_succeeded(
        &self,
        scope: &Scope,
        user: UserId,
        verified: &VerifiedPassword,
    ) -> Result<(), RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        self.0
            .write(
                Statement::new(
                    "UPDATE users SET password_failures = 0, \
                     password_hash = coalesce($5, password_hash) \
                     WHERE organization_id = $1 AND id = $2 AND password_hash = $6 \
                     AND ($3::bigint IS NULL OR account_id = $3) AND ($4::bigint IS NULL OR id = $4)",
                )
                .bind(scope.organization_id().get())
                .bind(user.get())
                .bind(in_account)
                .bind(itself)
                .bind(verified.upgraded.as_ref().map(PasswordHash::expose))
                .bind(verified.hash.expose())
            )
            .await
            .map(drop)
    }

    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT organization_id AS id, digest, key_id, sealed FROM organization_secrets \
                     WHERE organization_id = $1 AND expires_at IS NULL",
                )
                .bind(organization.get()),
            )
            .await?;
        rows.first()
            .map(|row| Fields::of(Entity::Organization, row)?.secret())
            .transpose()
    }

    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT users.id, digest, key_id, sealed FROM users \
                     JOIN user_secrets ON user_secrets.organization_id = users.organization_id \
                     AND user_secrets.user_id = users.id AND user_secrets.expires_at IS NULL \
                     WHERE users.organization_id = $1 AND users.id = $2 \
                     AND ($3::bigint IS NULL OR users.account_id = $3) AND ($4::bigint IS NULL OR users.id = $4)",
                )
                .bind(scope.organization_id().get())
                .bind(user.get())
                .bind(in_account)
                .bind(itself)
            )
            .await?;
        rows.first()
            .map(|row| Fields::of(Entity::User, row)?.secret())
            .transpose()
    }

    async fn former_passwords(
        &self,
        scope: &Scope,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<PasswordHash>, RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT users.id, password_history.hash FROM users \
                     JOIN password_history ON password_history.organization_id = users.organization_id \
                     AND password_history.user_id = users.id \
                     WHERE users.organization_id = $1 AND users.id = $2 \
                     AND ($3::bigint IS NULL OR users.account_id = $3) AND ($4::bigint IS NULL OR users.id = $4) \
                     ORDER BY password_history.id DESC LIMIT $5",
                )
                .bind(scope.organization_id().get())
                .bind(user.get())
                .bind(in_account)
                .bind(itself)
                .bind(i64::from(limit))
            )
            .await?;
        rows.iter()
            .map(|row| {
                Fields::of(Entity::User, row)?
                    .get::<String>("hash")
                    .map(PasswordHash::new)
            })
            .collect()
    }

    async fn replace_user_secret(
        &self,
        scope: &Scope,
        user: UserId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let replacement = Replacement {
            secret,
            old_until,
            change,
        };
        self.0
            .transact(&ReplaceUserSecret {
                scope,
                user,
                replacement,
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
        let replacement = Replacement {
            secret,
            old_until,
            change,
        };
        self.0
            .transact(&ReplaceOrganizationSecret {
                organization,
                replacement,
            })
            .await
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        // What another node is just erasing is left to it.
        let rows = self
            .0
            .write(
                Statement::new(
                    "WITH tokens AS MATERIALIZED (SELECT digest FROM login_tokens WHERE expires_at <= $1 \
                     ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
                     of_users AS MATERIALIZED (SELECT digest FROM user_secrets WHERE expires_at <= $1 \
                     ORDER BY expires_at LIMIT $2 - (SELECT count(*) FROM tokens) FOR UPDATE SKIP LOCKED), \
                     of_organizations AS MATERIALIZED (SELECT digest FROM organization_secrets WHERE expires_at <= $1 \
                     ORDER BY expires_at LIMIT $2 - (SELECT count(*) FROM tokens) - (SELECT count(*) FROM of_users) \
                     FOR UPDATE SKIP LOCKED), \
                     refused AS MATERIALIZED (SELECT id FROM refused_logins WHERE at < $3 ORDER BY at \
                     LIMIT $2 - (SELECT count(*) FROM tokens) - (SELECT count(*) FROM of_users) \
                     - (SELECT count(*) FROM of_organizations) FOR UPDATE SKIP LOCKED), \
                     no_tokens AS (DELETE FROM login_tokens WHERE digest IN (SELECT digest FROM tokens)), \
                     not_of_users AS (DELETE FROM user_secrets WHERE digest IN (SELECT digest FROM of_users)), \
                     not_of_organizations AS \
                     (DELETE FROM organization_secrets WHERE digest IN (SELECT digest FROM of_organizations)), \
                     not_refused AS (DELETE FROM refused_logins WHERE id IN (SELECT id FROM refused)) \
                     SELECT (SELECT count(*) FROM tokens) + (SELECT count(*) FROM of_users) \
                     + (SELECT count(*) FROM of_organizations) + (SELECT count(*) FROM refused)",
                )
                .bind(now)
                .bind(i64::from(limit))
                .bind(now.saturating_sub(Duration::DAY)),
            )
            .await?;
        let unread = self.0.write(Statement::new(FORGET_UNREAD)).await?;
        Ok(number(rows.first())? + number(unread.first())?)
    }
}

/// The columns `password_hash`, `locked_until` and `password_failures`.
fn stored_password(fields: &Fields<'_>) -> Result<StoredPassword, RepositoryError> {
    Ok(StoredPassword {
        hash: fields
            .get::<Option<String>>("password_hash")?
            .map(PasswordHash::new),
        locked_until: fields.get("locked_until")?,
        failures: u32::try_from(fields.get::<i32>("password_failures")?)
            .map_err(|error| fields.corrupt(error))?,
    })
}
