//! Erasing a user with its secret, grants and instances.

use rusqlite::Connection;
use tenantry_domain::{Change, Revision, RoleKey, Scope, User, UserId};

use super::check_revision;
use crate::{
    error::Failure,
    record,
    repositories::{
        instance::erase_all,
        role::{direct_grants, keep_an_administrator},
    },
    rows::user::find,
};

pub(super) fn delete(
    connection: &Connection,
    scope: &Scope,
    id: UserId,
    expected: Option<Revision>,
    change: &Change,
) -> Result<bool, Failure> {
    let Some(user) = find(connection, scope, id)? else {
        return Ok(false);
    };
    check_revision(&user, expected)?;
    if user.active && direct_grants(connection, &user)?.contains(&RoleKey::OrgAdmin) {
        keep_an_administrator(connection, &user)?;
    }
    erase(connection, &user, change)?;
    Ok(true)
}

/// Erases a user with instances, secrets and grants, and records it.
pub(in crate::repositories) fn erase(
    connection: &Connection,
    user: &User,
    change: &Change,
) -> Result<(), Failure> {
    erase_all(connection, user, change)?;
    // Secret and grants go with it.
    connection
        .prepare_cached("DELETE FROM users WHERE organization_id = ? AND id = ?")?
        .execute([user.organization_id.get(), user.id.get()])?;
    record::deleted(connection, user, &user.snapshot(), change)
}
