//! Giving a user or an organization another secret, while the one so far may go on working for some time.

use rusqlite::Connection;
use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, Scope, SealedSecret, SecretDigest, Snapshot,
    UserId,
};
use time::OffsetDateTime;

use crate::{
    error::Failure,
    instant::to_micros,
    record::{self, Target},
    repositories::{organization, role::count_as_write},
    rows::{
        secret::{self, Owner},
        user,
    },
};

pub(super) fn of_user(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    secret: &SealedSecret,
    old_until: Option<OffsetDateTime>,
    change: &Change,
) -> Result<bool, Failure> {
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(false);
    };
    if is_known(connection, &secret.digest)? {
        return Err(Failure::conflict(Entity::User, "secret"));
    }
    let owner = (user.organization_id.get(), user.id.get());
    match old_until.map(to_micros) {
        Some(until) => connection
            .prepare_cached(
                "UPDATE user_secrets SET expires_at = min(coalesce(expires_at, ?1), ?1) \
                 WHERE organization_id = ?2 AND user_id = ?3",
            )?
            .execute((until, owner.0, owner.1))?,
        None => connection
            .prepare_cached("DELETE FROM user_secrets WHERE organization_id = ? AND user_id = ?")?
            .execute(owner)?,
    };
    secret::insert(connection, owner.0, Owner::User(owner.1), secret, change.at)?;
    count_as_write(connection, &user, change)?;
    record(connection, (&user).into(), change)?;
    Ok(true)
}

pub(super) fn of_organization(
    connection: &Connection,
    id: OrganizationId,
    secret: &SealedSecret,
    old_until: Option<OffsetDateTime>,
    change: &Change,
) -> Result<bool, Failure> {
    let Some(organization) = organization::find(connection, id)? else {
        return Ok(false);
    };
    if is_known(connection, &secret.digest)? {
        return Err(Failure::conflict(Entity::Organization, "secret"));
    }
    match old_until.map(to_micros) {
        Some(until) => connection
            .prepare_cached(
                "UPDATE organization_secrets SET expires_at = min(coalesce(expires_at, ?1), ?1) \
                 WHERE organization_id = ?2",
            )?
            .execute([until, id.get()])?,
        None => connection
            .prepare_cached("DELETE FROM organization_secrets WHERE organization_id = ?")?
            .execute([id.get()])?,
    };
    secret::insert(connection, id.get(), Owner::Organization, secret, change.at)?;
    organization::count_as_write(connection, &organization, change)?;
    record(connection, (&organization).into(), change)?;
    Ok(true)
}

/// Whether anybody's secret has this digest.
fn is_known(connection: &Connection, digest: &SecretDigest) -> Result<bool, Failure> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM user_secrets WHERE digest = ?1) \
             OR EXISTS (SELECT 1 FROM organization_secrets WHERE digest = ?1) \
             OR EXISTS (SELECT 1 FROM instance_secrets WHERE digest = ?1)",
        )?
        .query_row([digest.as_bytes()], |row| row.get(0))?)
}

fn record(connection: &Connection, target: Target, change: &Change) -> Result<(), Failure> {
    let (old, new) = (Snapshot::new(), Snapshot::new());
    record::write(
        connection,
        target,
        AuditAction::SecretReset,
        &old,
        &new,
        change,
    )
}
