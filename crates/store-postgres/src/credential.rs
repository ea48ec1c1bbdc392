//! Secrets and password hashes.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, AuditAction, Change, Entity, Identity, OrganizationId, PasswordHash, PrivilegeSet,
    Rank, RoleKey, Scope, SealedSecret, Snapshot, UserId,
    ports::{Caller, CredentialRepository, Lockout, RepositoryError, StoredPassword},
};

use crate::{
    audit, database::Database, role::privileges_of, row::Fields, sql::Statement, table::narrowed,
};

/// Credentials in this database.
pub(crate) struct PostgresCredentials(pub(crate) Arc<Database>);

#[async_trait]
impl CredentialRepository for PostgresCredentials {
    async fn authenticate(&self, caller: &Caller) -> Result<Option<Identity>, RepositoryError> {
        // One row per effective role.
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT users.organization_id, users.id, users.account_id, organizations.default_account_id, \
                     roles.id AS role_id, roles.key, roles.privileges \
                     FROM user_secrets \
                     JOIN organization_secrets ON organization_secrets.digest = $2 \
                     AND organization_secrets.organization_id = user_secrets.organization_id \
                     JOIN organizations ON organizations.id = user_secrets.organization_id AND organizations.active \
                     JOIN users ON users.organization_id = user_secrets.organization_id \
                     AND users.id = user_secrets.user_id AND users.active \
                     JOIN accounts ON accounts.organization_id = users.organization_id \
                     AND accounts.id = users.account_id AND accounts.active \
                     LEFT JOIN roles ON roles.organization_id = users.organization_id AND ( \
                     roles.key = CASE WHEN accounts.is_default THEN $3 ELSE $4 END \
                     OR EXISTS (SELECT 1 FROM user_roles WHERE user_roles.organization_id = users.organization_id \
                     AND user_roles.user_id = users.id AND user_roles.role_id = roles.id) \
                     OR EXISTS (SELECT 1 FROM account_roles WHERE account_roles.organization_id = users.organization_id \
                     AND account_roles.account_id = users.account_id AND account_roles.role_id = roles.id)) \
                     WHERE user_secrets.digest = $1",
                )
                .bind(caller.user.as_bytes().as_slice())
                .bind(caller.organization.as_bytes().as_slice())
                .bind(RoleKey::of_account(true).as_str())
                .bind(RoleKey::of_account(false).as_str())
            )
            .await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let fields = Fields::of(Entity::User, first)?;
        let (mut privileges, mut rank) = (PrivilegeSet::EMPTY, Rank::User);
        for row in &rows {
            if Fields::of(Entity::User, row)?
                .get::<Option<i64>>("role_id")?
                .is_none()
            {
                continue;
            }
            let role = Fields::named(Entity::Role, row, "role_id")?;
            privileges = privileges.union(privileges_of(&role)?);
            rank = rank.max(role.role_key("key")?.rank());
        }
        Ok(Some(Identity {
            user_id: UserId::new(fields.id()),
            account_id: AccountId::new(fields.get("account_id")?),
            organization_id: OrganizationId::new(fields.get("organization_id")?),
            default_account_id: AccountId::new(fields.get("default_account_id")?),
            privileges,
            rank,
        }))
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
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let fields = Fields::of(Entity::User, row)?;
        Ok(Some(StoredPassword {
            hash: fields
                .get::<Option<String>>("password_hash")?
                .map(PasswordHash::new),
            locked_until: fields.get("locked_until")?,
            failures: u32::try_from(fields.get::<i32>("password_failures")?)
                .map_err(|error| fields.corrupt(error))?,
        }))
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

    async fn password_succeeded<'a>(
        &self,
        scope: &Scope,
        user: UserId,
        upgraded: Option<&'a PasswordHash>,
    ) -> Result<(), RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        // A password that was taken away meanwhile does not come back.
        self.0
            .write(
                Statement::new(
                    "UPDATE users SET password_failures = 0, \
                     password_hash = CASE WHEN password_hash IS NULL THEN NULL ELSE coalesce($5, password_hash) END \
                     WHERE organization_id = $1 AND id = $2 \
                     AND ($3::bigint IS NULL OR account_id = $3) AND ($4::bigint IS NULL OR id = $4)",
                )
                .bind(scope.organization_id().get())
                .bind(user.get())
                .bind(in_account)
                .bind(itself)
                .bind(upgraded.map(PasswordHash::expose))
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
                     WHERE organization_id = $1 ORDER BY created_at DESC LIMIT 1",
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
                     AND user_secrets.user_id = users.id \
                     WHERE users.organization_id = $1 AND users.id = $2 \
                     AND ($3::bigint IS NULL OR users.account_id = $3) AND ($4::bigint IS NULL OR users.id = $4) \
                     ORDER BY user_secrets.created_at DESC LIMIT 1",
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
}
