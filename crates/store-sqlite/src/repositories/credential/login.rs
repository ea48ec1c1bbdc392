//! Logging in with an e-mail and a password.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    Change, Email, Entity, PasswordHash, Scope, User, UserId,
    ports::{LoginCandidate, LoginToken, VerifiedPassword},
};
use time::{Date, OffsetDateTime};

use super::password;
use crate::{
    error::Failure,
    instant::to_micros,
    rows::{Assignments, Cells, user},
    sql::Sql,
};

/// The user with that e-mail, with account and organization.
pub(super) fn candidate(email: &Email) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(user::COLUMNS)
        .push(", ")
        .push(password::COLUMNS)
        .push(
            ", accounts.name, organizations.name, users.active AND accounts.active AND organizations.active \
             FROM users \
             JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
             JOIN organizations ON organizations.id = users.organization_id \
             WHERE users.email_folded = ",
        )
        .bind(email.folded().to_owned());
    sql
}

pub(super) fn read(row: &Row<'_>) -> Result<LoginCandidate, Failure> {
    Cells::entity(row, Entity::User, |cells| {
        Ok(LoginCandidate {
            user: user::read_cells(cells)?,
            password: password::read_cells(cells)?,
            account_name: cells.name()?,
            organization_name: cells.name()?,
            active: cells.take()?,
        })
    })
}

pub(super) fn log_in(
    connection: &Connection,
    scope: &Scope,
    id: UserId,
    token: &LoginToken,
    verified: &VerifiedPassword,
    change: &Change,
) -> Result<Option<User>, Failure> {
    let Some(mut user) = user::find(connection, scope, id)? else {
        return Ok(None);
    };
    if !user.active || !is_in_use(connection, &user)? {
        return Ok(None);
    }
    let last = user.last_login_at.replace(change.at);
    if last.map(day) != Some(day(change.at)) {
        user.revision = user.revision.next();
        user.updated_at = change.at;
    }
    let updated = connection
        .prepare_cached(
            "UPDATE users SET last_login_at = ?, updated_at = ?, revision = ?, password_failures = 0, \
             password_hash = coalesce(?, password_hash) WHERE organization_id = ? AND id = ? AND password_hash = ?",
        )?
        .execute((
            to_micros(change.at),
            to_micros(user.updated_at),
            user.revision.get(),
            verified.upgraded.as_ref().map(PasswordHash::expose),
            user.organization_id.get(),
            user.id.get(),
            verified.hash.expose(),
        ))?;
    if updated == 0 {
        return Ok(None);
    }
    Assignments::new()
        .set("digest", token.digest.as_bytes().to_vec())
        .set("organization_id", user.organization_id.get())
        .set("user_id", user.id.get())
        .instant("created_at", change.at)
        .instant("expires_at", token.expires_at)
        .insert(connection, "login_tokens")?;
    Ok(Some(user))
}

/// One row, in the same queue of writes as a wrong password that is counted.
pub(super) fn refused(connection: &Connection, at: OffsetDateTime) -> Result<(), Failure> {
    connection
        .prepare_cached("INSERT INTO refused_logins (at) VALUES (?)")?
        .execute([to_micros(at)])?;
    Ok(())
}

fn day(at: OffsetDateTime) -> Date {
    at.to_utc().date()
}

/// Whether account and organization of the user are active.
fn is_in_use(connection: &Connection, user: &User) -> Result<bool, Failure> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM accounts JOIN organizations ON organizations.id = accounts.organization_id \
             WHERE accounts.organization_id = ? AND accounts.id = ? AND accounts.active AND organizations.active)",
        )?
        .query_row([user.organization_id.get(), user.account_id.get()], |row| row.get(0))?)
}
