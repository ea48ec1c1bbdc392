//! Roles that every user of an account has.

use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Revision, Role, RoleKey, Scope, Snapshot,
    ports::{RepositoryError, Revocation},
};

use super::{role_of, role_selection};
use crate::{
    account::update::{entry, lock},
    audit,
    database::Database,
    error::Failure,
    session::{Session, Work},
    sql::Statement,
    table::narrowed,
};

/// The account's roles, in one statement: a row without a role is an account that has none.
pub(super) async fn list(
    database: &Database,
    scope: &Scope,
    id: AccountId,
) -> Result<Option<Vec<Role>>, RepositoryError> {
    let (account, user) = narrowed(scope);
    let statement = Statement::new(concat!(
        role_selection!(),
        " FROM accounts \
         LEFT JOIN account_roles ON account_roles.organization_id = accounts.organization_id \
         AND account_roles.account_id = accounts.id \
         LEFT JOIN roles ON roles.organization_id = account_roles.organization_id \
         AND roles.id = account_roles.role_id \
         WHERE accounts.organization_id = $1 AND accounts.id = $2 \
         AND ($3::bigint IS NULL OR accounts.id = $3) \
         AND ($4::bigint IS NULL OR accounts.id = (SELECT users.account_id FROM users \
         WHERE users.organization_id = $1 AND users.id = $4)) ORDER BY roles.id",
    ))
    .bind(scope.organization_id().get())
    .bind(id.get())
    .bind(account)
    .bind(user);
    let rows = database.read(statement).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let granted = rows.iter().filter(|row| {
        use sqlx::Row as _;
        !matches!(row.try_get::<Option<i64>, _>("id"), Ok(None))
    });
    granted
        .map(role_of)
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}

pub(super) struct GrantToAccount<'a> {
    pub(super) scope: &'a Scope,
    pub(super) account: AccountId,
    pub(super) role: RoleKey,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for GrantToAccount<'_> {
    type Output = Option<Role>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Role>, Failure> {
        let Some(account) = lock(session, self.scope, self.account, self.expected).await? else {
            return Ok(None);
        };
        let find = Statement::new(concat!(
            role_selection!(),
            " FROM roles WHERE organization_id = $1 AND key = $2"
        ))
        .bind(account.organization_id.get())
        .bind(self.role.as_str());
        let Some(row) = session.row(find).await? else {
            return Ok(None);
        };
        let role = role_of(&row)?;
        // Granted already: the primary key says so.
        let insert = Statement::new(
            "INSERT INTO account_roles (organization_id, account_id, role_id) VALUES ($1, $2, $3)",
        )
        .bind(account.organization_id.get())
        .bind(account.id.get())
        .bind(role.id.get());
        session.execute(insert).await?;
        let new = Snapshot::new().field("role", self.role.as_str());
        let entry = entry(&account, AuditAction::RoleGranted, Snapshot::new(), new);
        count_as_write(session, &account, self.change).await?;
        audit::record(session, account.organization_id, self.change, &[entry]).await?;
        Ok(Some(role))
    }
}

pub(super) struct RevokeFromAccount<'a> {
    pub(super) scope: &'a Scope,
    pub(super) account: AccountId,
    pub(super) role: RoleKey,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for RevokeFromAccount<'_> {
    type Output = Option<Revocation>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Revocation>, Failure> {
        let Some(account) = lock(session, self.scope, self.account, self.expected).await? else {
            return Ok(None);
        };
        let delete = Statement::new(
            "DELETE FROM account_roles USING roles WHERE account_roles.organization_id = $1 \
             AND account_roles.account_id = $2 AND roles.organization_id = $1 AND roles.key = $3 \
             AND account_roles.role_id = roles.id RETURNING roles.id",
        )
        .bind(account.organization_id.get())
        .bind(account.id.get())
        .bind(self.role.as_str());
        if session.row(delete).await?.is_none() {
            return Ok(Some(Revocation::NotGranted));
        }
        let old = Snapshot::new().field("role", self.role.as_str());
        let entry = entry(&account, AuditAction::RoleRevoked, old, Snapshot::new());
        count_as_write(session, &account, self.change).await?;
        audit::record(session, account.organization_id, self.change, &[entry]).await?;
        Ok(Some(Revocation::Revoked))
    }
}

async fn count_as_write(
    session: &mut Session<'_>,
    account: &Account,
    change: &Change,
) -> Result<(), Failure> {
    let statement = Statement::new(
        "UPDATE accounts SET revision = revision + 1, updated_at = $3 WHERE organization_id = $1 AND id = $2",
    )
    .bind(account.organization_id.get())
    .bind(account.id.get())
    .bind(change.at);
    Ok(session.execute(statement).await?)
}
