//! Roles and grants.

mod configure;
pub(crate) mod held;
mod of_account;
mod revoke;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    AccountId, AuditAction, Change, EffectiveRole, Entity, OrganizationId, Privilege, PrivilegeSet,
    Revision, Role, RoleChange, RoleId, RoleKey, Scope, Snapshot, UserId,
    ports::{RepositoryError, Revocation, RoleRepository},
};

use self::{
    configure::ConfigureRoles,
    of_account::{GrantToAccount, RevokeFromAccount},
    revoke::RevokeRole,
};
use crate::{audit, database::Database, row::Fields, sql::Statement, table::narrowed};

/// What [`role_of`] reads. Named one by one: a prepared `*` fails once a newer release has added a column.
macro_rules! role_selection {
    () => {
        "SELECT roles.organization_id, roles.id, roles.key, roles.name, roles.description, roles.privileges"
    };
}

use role_selection;

/// Roles in this database.
pub(crate) struct PostgresRoles(pub(crate) Arc<Database>);

#[async_trait]
impl RoleRepository for PostgresRoles {
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError> {
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    role_selection!(),
                    " FROM roles WHERE organization_id = $1 ORDER BY id"
                ))
                .bind(organization.get()),
            )
            .await?;
        rows.iter().map(role_of).collect()
    }

    async fn effective(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Vec<EffectiveRole>>, RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        // Every role of the organization, with where the user has it from; no row if there is no such user.
        let rows = self
            .0
            .read(
                Statement::new(
                    concat!(role_selection!(), ", user_roles.role_id IS NOT NULL AS direct, \
                     account_roles.role_id IS NOT NULL AS through_account, \
                     roles.key = CASE WHEN accounts.is_default THEN $5 ELSE $6 END AS by_system \
                     FROM users \
                     JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
                     JOIN roles ON roles.organization_id = users.organization_id \
                     LEFT JOIN user_roles ON user_roles.organization_id = users.organization_id \
                     AND user_roles.user_id = users.id AND user_roles.role_id = roles.id \
                     LEFT JOIN account_roles ON account_roles.organization_id = users.organization_id \
                     AND account_roles.account_id = users.account_id AND account_roles.role_id = roles.id \
                     WHERE users.organization_id = $1 AND users.id = $2 \
                     AND ($3::bigint IS NULL OR users.account_id = $3) AND ($4::bigint IS NULL OR users.id = $4) \
                     ORDER BY roles.id"),
                )
                .bind(scope.organization_id().get())
                .bind(user.get())
                .bind(in_account)
                .bind(itself)
                .bind(RoleKey::of_account(true).as_str())
                .bind(RoleKey::of_account(false).as_str())
            )
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let held = rows
            .iter()
            .map(effective_of)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Some(
            held.into_iter()
                .filter(|held| held.direct || held.through_account || held.by_system)
                .collect(),
        ))
    }

    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        let snapshot = Snapshot::new().field("role", role.as_str());
        // Whoever else changes the user holds its lock until its commit; after the wait, the row is read anew.
        let statement = Statement::new(concat!(
            "WITH role AS (SELECT id FROM roles WHERE organization_id = $5 AND key = $9), \
             target AS (UPDATE users SET revision = revision + 1, updated_at = $1 \
             WHERE organization_id = $5 AND id = $6 \
             AND ($7::bigint IS NULL OR account_id = $7) AND ($8::bigint IS NULL OR id = $8) \
             AND ($13::bigint IS NULL OR revision = $13) AND EXISTS (SELECT 1 FROM role) RETURNING account_id, id), \
             granted AS (INSERT INTO user_roles (organization_id, user_id, role_id) \
             SELECT $5, target.id, role.id FROM target, role), \
             recorded AS (INSERT INTO audit_records \
             (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
             SELECT $5, target.account_id, $1, $2, $3, $4, $10, $11, target.id, '{}', $12 FROM target) ",
            role_selection!(),
            " FROM target JOIN role ON TRUE JOIN roles ON roles.organization_id = $5 AND roles.id = role.id"
        ));
        let statement = audit::bind_change(statement, change)
            .bind(scope.organization_id().get())
            .bind(user.get())
            .bind(in_account)
            .bind(itself)
            .bind(role.as_str())
            .bind(AuditAction::RoleGranted.as_str())
            .bind(Entity::User.as_str())
            .bind(audit::json(&snapshot))
            .bind(expected.map(Revision::get));
        let rows = self.0.write(statement).await?;
        let Some(row) = rows.first() else {
            return match expected {
                Some(_) => self.stale_or_missing(scope, user, role).await,
                None => Ok(None),
            };
        };
        role_of(row).map(Some)
    }

    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        self.0
            .transact(&RevokeRole {
                scope,
                user,
                role,
                expected,
                change,
            })
            .await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        changes: &[RoleChange],
        change: &Change,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        self.0
            .transact(&ConfigureRoles {
                organization,
                changes,
                change,
            })
            .await
    }

    async fn of_account(
        &self,
        scope: &Scope,
        account: AccountId,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        of_account::list(&self.0, scope, account).await
    }

    async fn grant_to_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        self.0
            .transact(&GrantToAccount {
                scope,
                account,
                role,
                expected,
                change,
            })
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
        self.0
            .transact(&RevokeFromAccount {
                scope,
                account,
                role,
                expected,
                change,
            })
            .await
    }
}

impl PostgresRoles {
    /// Why a grant to a user at an expected revision met nothing.
    async fn stale_or_missing(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
    ) -> Result<Option<Role>, RepositoryError> {
        let (in_account, itself) = narrowed(scope);
        let statement = Statement::new(
            "SELECT users.id FROM users JOIN roles ON roles.organization_id = users.organization_id AND roles.key = $5 \
             WHERE users.organization_id = $1 AND users.id = $2 \
             AND ($3::bigint IS NULL OR users.account_id = $3) AND ($4::bigint IS NULL OR users.id = $4)",
        )
        .bind(scope.organization_id().get())
        .bind(user.get())
        .bind(in_account)
        .bind(itself)
        .bind(role.as_str());
        if self.0.read(statement).await?.is_empty() {
            return Ok(None);
        }
        Err(RepositoryError::Stale {
            entity: Entity::User,
        })
    }
}

/// The column `privileges`.
pub(crate) fn privileges_of(role: &Fields<'_>) -> Result<PrivilegeSet, RepositoryError> {
    let keys: Vec<String> = role.get("privileges")?;
    privileges(&keys).map_err(|source| role.corrupt(source))
}

fn privileges(keys: &[String]) -> Result<PrivilegeSet, &'static str> {
    let parsed = keys.iter().map(|key| Privilege::parse(key));
    parsed
        .collect::<Option<_>>()
        .ok_or("there is no privilege with this key")
}

fn role_of(row: &PgRow) -> Result<Role, RepositoryError> {
    let fields = Fields::of(Entity::Role, row)?;
    Ok(Role {
        id: RoleId::new(fields.id()),
        organization_id: OrganizationId::new(fields.get("organization_id")?),
        key: fields.role_key("key")?,
        name: fields.get("name")?,
        description: fields.get("description")?,
        privileges: privileges_of(&fields)?,
    })
}

fn effective_of(row: &PgRow) -> Result<EffectiveRole, RepositoryError> {
    let fields = Fields::of(Entity::Role, row)?;
    Ok(EffectiveRole {
        role: role_of(row)?,
        direct: fields.get("direct")?,
        through_account: fields.get("through_account")?,
        by_system: fields.get("by_system")?,
    })
}
