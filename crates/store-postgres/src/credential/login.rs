//! Logging in: whose e-mail it is, and what a login leaves behind.

use tenantry_domain::{
    Change, Email, Entity, PasswordHash, Scope, User, UserId,
    ports::{LoginCandidate, LoginToken, RepositoryError, VerifiedPassword},
};

use super::stored_password;
use crate::{
    database::Database,
    row::Fields,
    sql::Statement,
    table::narrowed,
    user::columns::{user_of, user_selection},
};

pub(super) async fn candidate(
    database: &Database,
    email: &Email,
) -> Result<Option<LoginCandidate>, RepositoryError> {
    let statement = Statement::new(concat!(
        "SELECT ",
        user_selection!(),
        ", users.password_hash, users.password_failures, accounts.name AS account_name, \
         organizations.name AS organization_name, \
         users.active AND accounts.active AND organizations.active AS all_active FROM users \
         JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
         JOIN organizations ON organizations.id = users.organization_id WHERE users.email_folded = $1"
    ))
    .bind(email.folded());
    let rows = database.read(statement).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let fields = Fields::of(Entity::User, row)?;
    Ok(Some(LoginCandidate {
        user: user_of(row)?,
        password: stored_password(&fields)?,
        account_name: fields.name("account_name")?,
        organization_name: fields.name("organization_name")?,
        active: fields.get("all_active")?,
    }))
}

/// Whether the login at $5 is on the day of the one before.
macro_rules! same_day {
    () => {
        "(users.last_login_at AT TIME ZONE 'UTC')::date = ($5::timestamptz AT TIME ZONE 'UTC')::date"
    };
}

/// One statement: whoever else changes the user holds its lock until its commit, and after the wait the row is read anew.
pub(super) async fn log_in(
    database: &Database,
    scope: &Scope,
    user: UserId,
    token: &LoginToken,
    verified: &VerifiedPassword,
    change: &Change,
) -> Result<Option<User>, RepositoryError> {
    let (in_account, itself) = narrowed(scope);
    let statement = Statement::new(concat!(
        "WITH users AS (UPDATE users SET last_login_at = $5, password_failures = 0, \
         password_hash = coalesce($6, users.password_hash), \
         revision = users.revision + CASE WHEN ",
        same_day!(),
        " THEN 0 ELSE 1 END, updated_at = CASE WHEN ",
        same_day!(),
        " THEN users.updated_at ELSE $5 END \
         FROM accounts, organizations \
         WHERE users.organization_id = $1 AND users.id = $2 AND users.password_hash = $9 \
         AND ($3::bigint IS NULL OR users.account_id = $3) AND ($4::bigint IS NULL OR users.id = $4) \
         AND accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
         AND organizations.id = users.organization_id \
         AND users.active AND accounts.active AND organizations.active RETURNING ",
        user_selection!(),
        "), kept AS (INSERT INTO login_tokens (digest, organization_id, user_id, created_at, expires_at) \
         SELECT $7, users.organization_id, users.id, $5, $8 FROM users) \
         SELECT ",
        user_selection!(),
        " FROM users"
    ))
    .bind(scope.organization_id().get())
    .bind(user.get())
    .bind(in_account)
    .bind(itself)
    .bind(change.at)
    .bind(verified.upgraded.as_ref().map(PasswordHash::expose))
    .bind(token.digest.as_bytes().as_slice())
    .bind(token.expires_at)
    .bind(verified.hash.expose());
    let rows = database.write(statement).await?;
    rows.first().map(user_of).transpose()
}
