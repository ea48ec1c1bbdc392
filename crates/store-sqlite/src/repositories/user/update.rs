//! Changing a user. Writes come one after the other, so what is read here is what is changed.

use rusqlite::Connection;
use tenantry_domain::{
    Change, NewPassword, PasswordHash, Revision, RoleKey, Scope, SecretDigest, Snapshot, User,
    UserId, UserPatch,
};

use super::check_revision;
use crate::{
    error::Failure,
    instant::to_micros,
    record,
    repositories::{
        instance::erase_all,
        role::{direct_grants, grant_all, keep_an_administrator},
    },
    rows::user::{assignments, find},
};

pub(super) fn update(
    connection: &Connection,
    scope: &Scope,
    id: UserId,
    patch: &UserPatch,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<User>, Failure> {
    let Some(old) = find(connection, scope, id)? else {
        return Ok(None);
    };
    check_revision(&old, expected)?;
    let new = patch.apply(&old, change.at);
    let old_roles = direct_grants(connection, &old)?;

    if let Some(password) = &patch.password {
        remember(connection, &old, password, change)?;
    }
    end_tokens(connection, &new, patch)?;
    let mut assignments = assignments(&new).without(&assignments(&old));
    if let Some(password) = &patch.password {
        assignments = assignments.set("password_hash", password.hash.expose().to_owned());
    }
    if patch.locked_until == Some(None) {
        assignments = assignments.set("password_failures", 0);
    }
    assignments.update(connection, "users", old.organization_id.get(), old.id.get())?;

    let new_roles = match &patch.roles {
        Some(keys) => replace_grants(connection, &new, keys)?,
        None => old_roles.clone(),
    };
    let is_administrator =
        |user: &User, roles: &[RoleKey]| user.active && roles.contains(&RoleKey::OrgAdmin);
    if is_administrator(&old, &old_roles) && !is_administrator(&new, &new_roles) {
        keep_an_administrator(connection, &new)?;
    }
    let (before, after) = (
        with_roles(old.snapshot(), &old_roles),
        with_roles(new.snapshot(), &new_roles),
    );
    if patch.discard_instances {
        erase_all(connection, &new, change)?;
    }
    record::updated(connection, &new, &before, &after, change)?;
    Ok(Some(new))
}

/// Keeps the hash that is about to be replaced, unless the password is held elsewhere, and of the former ones as many as are to be remembered.
fn remember(
    connection: &Connection,
    user: &User,
    password: &NewPassword,
    change: &Change,
) -> Result<(), Failure> {
    let (organization, id) = (user.organization_id.get(), user.id.get());
    connection
        .prepare_cached(
            "INSERT INTO password_history (organization_id, user_id, hash, replaced_at) \
             SELECT organization_id, id, password_hash, ? FROM users \
             WHERE organization_id = ? AND id = ? AND password_hash <> ?",
        )?
        .execute((
            to_micros(change.at),
            organization,
            id,
            PasswordHash::held_elsewhere().expose(),
        ))?;
    connection
        .prepare_cached(
            "DELETE FROM password_history WHERE organization_id = ?1 AND user_id = ?2 AND id NOT IN \
             (SELECT id FROM password_history WHERE organization_id = ?1 AND user_id = ?2 \
             ORDER BY id DESC LIMIT ?3)",
        )?
        .execute([organization, id, i64::from(password.remember)])?;
    Ok(())
}

/// A new password ends the user's login tokens, but for the one with which it was changed; a user who is not active has
/// none.
fn end_tokens(connection: &Connection, user: &User, patch: &UserPatch) -> Result<(), Failure> {
    if user.active && patch.password.is_none() {
        return Ok(());
    }
    let kept = patch
        .password
        .as_ref()
        .and_then(|password| password.keep_token)
        .filter(|_| user.active);
    connection
        .prepare_cached(
            "DELETE FROM login_tokens WHERE organization_id = ? AND user_id = ? AND digest IS NOT ?",
        )?
        .execute((
            user.organization_id.get(),
            user.id.get(),
            kept.as_ref().map(SecretDigest::as_bytes),
        ))?;
    Ok(())
}

/// Makes `keys` all of the direct grants; answers those that there are then.
fn replace_grants(
    connection: &Connection,
    user: &User,
    keys: &[RoleKey],
) -> Result<Vec<RoleKey>, Failure> {
    connection
        .prepare_cached("DELETE FROM user_roles WHERE organization_id = ? AND user_id = ?")?
        .execute([user.organization_id.get(), user.id.get()])?;
    grant_all(connection, user.organization_id, user.id, keys)?;
    direct_grants(connection, user)
}

fn with_roles(snapshot: Snapshot, roles: &[RoleKey]) -> Snapshot {
    let keys: Vec<_> = roles.iter().map(|key| key.as_str()).collect();
    snapshot.field("roles", keys.join(","))
}
