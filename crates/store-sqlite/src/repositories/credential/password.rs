//! Password hashes, present and former, and the wrong passwords.

use rusqlite::Connection;
use tenantry_domain::{
    AuditAction, Change, Entity, PasswordHash, Scope, Snapshot, UserField, UserId,
    ports::{BoxError, Lockout, StoredPassword, VerifiedPassword},
};
use time::{Date, OffsetDateTime, Time};

use crate::{
    error::Failure,
    instant::to_micros,
    record,
    rows::{Cells, user},
    selectable::Selectable as _,
    sql::Sql,
};

/// What [`read_cells`] reads.
pub(super) const COLUMNS: &str = "users.password_hash, users.locked_until, users.password_failures";

pub(super) fn find(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
) -> Result<Option<StoredPassword>, Failure> {
    let mut sql = Sql::new("SELECT users.id, ");
    sql.push(COLUMNS).push(" FROM users WHERE ");
    UserField::within(scope, &mut sql);
    sql.push(" AND users.id = ").bind(user.get());
    sql.row(connection, |row| {
        Cells::entity(row, Entity::User, |cells| {
            let _id: i64 = cells.take()?;
            read_cells(cells)
        })
    })
}

/// The password whose cells are next.
pub(super) fn read_cells(cells: &mut Cells<'_>) -> Result<StoredPassword, BoxError> {
    Ok(StoredPassword {
        hash: cells.take::<Option<String>>()?.map(PasswordHash::new),
        locked_until: cells.optional_instant()?,
        failures: cells.take()?,
    })
}

/// Up to `limit` hashes that the user had before the present one, the newest first.
pub(super) fn former(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    limit: u32,
) -> Result<Vec<PasswordHash>, Failure> {
    let mut sql = Sql::new(
        "SELECT password_history.hash FROM users \
         JOIN password_history ON password_history.organization_id = users.organization_id \
         AND password_history.user_id = users.id WHERE ",
    );
    UserField::within(scope, &mut sql);
    sql.push(" AND users.id = ").bind(user.get());
    sql.push(" ORDER BY password_history.id DESC LIMIT ")
        .bind(i64::from(limit));
    sql.rows(connection, |row| {
        Ok(PasswordHash::new(row.get::<_, String>(0)?))
    })
}

pub(super) fn failed(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    lockout: &Lockout,
    change: &Change,
) -> Result<(), Failure> {
    let Some(stored) = find(connection, scope, user)? else {
        return Ok(());
    };
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(());
    };
    let failures = stored.failures.saturating_add(1);
    if failures < lockout.after {
        connection
            .prepare_cached(
                "UPDATE users SET password_failures = ? WHERE organization_id = ? AND id = ?",
            )?
            .execute((failures, user.organization_id.get(), user.id.get()))?;
        return Ok(());
    }
    // A longer lock, such as an administrator's, is not shortened.
    let until = change.at.checked_add(lockout.lasts).unwrap_or(END_OF_TIME);
    let until = user
        .locked_until
        .map_or(until, |already| already.max(until));
    connection
        .prepare_cached(
            "UPDATE users SET password_failures = 0, locked_until = ? WHERE organization_id = ? AND id = ?",
        )?
        .execute((to_micros(until), user.organization_id.get(), user.id.get()))?;
    let new = Snapshot::new().field("lockedUntil", until);
    record::write(
        connection,
        (&user).into(),
        AuditAction::Locked,
        &Snapshot::new(),
        &new,
        change,
    )
}

const END_OF_TIME: OffsetDateTime = OffsetDateTime::new_utc(Date::MAX, Time::MIDNIGHT);

pub(super) fn succeeded(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    verified: &VerifiedPassword,
) -> Result<(), Failure> {
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "UPDATE users SET password_failures = 0, password_hash = coalesce(?, password_hash) \
             WHERE organization_id = ? AND id = ? AND password_hash = ?",
        )?
        .execute((
            verified.upgraded.as_ref().map(PasswordHash::expose),
            user.organization_id.get(),
            user.id.get(),
            verified.hash.expose(),
        ))?;
    Ok(())
}
