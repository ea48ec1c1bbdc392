//! Roles that every user of an account has.

use rusqlite::Connection;
use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Entity, Revision, Role, RoleKey, Scope, Snapshot,
    ports::Revocation,
};

use super::find;
use crate::{
    error::Failure,
    instant::to_micros,
    record,
    repositories::account::check_revision,
    rows::{
        account,
        role::{COLUMNS, read},
    },
    sql::Sql,
};

pub(super) fn list(
    connection: &Connection,
    scope: &Scope,
    id: AccountId,
) -> Result<Option<Vec<Role>>, Failure> {
    let account = account::find(connection, scope, id)?;
    account
        .map(|account| granted(connection, &account))
        .transpose()
}

pub(super) fn grant(
    connection: &Connection,
    scope: &Scope,
    id: AccountId,
    key: RoleKey,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Role>, Failure> {
    let Some(account) = account::find(connection, scope, id)? else {
        return Ok(None);
    };
    check_revision(&account, expected)?;
    let Some(role) = find(connection, account.organization_id, key)? else {
        return Ok(None);
    };
    if granted(connection, &account)?
        .iter()
        .any(|granted| granted.id == role.id)
    {
        return Err(Failure::conflict(Entity::Role, "key"));
    }
    connection
        .prepare_cached(
            "INSERT INTO account_roles (organization_id, account_id, role_id) VALUES (?, ?, ?)",
        )?
        .execute([
            account.organization_id.get(),
            account.id.get(),
            role.id.get(),
        ])?;
    count_as_write(connection, &account, change)?;
    let new = Snapshot::new().field("role", key.as_str());
    let (target, old) = ((&account).into(), Snapshot::new());
    record::write(
        connection,
        target,
        AuditAction::RoleGranted,
        &old,
        &new,
        change,
    )?;
    Ok(Some(role))
}

pub(super) fn revoke(
    connection: &Connection,
    scope: &Scope,
    id: AccountId,
    key: RoleKey,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Revocation>, Failure> {
    let Some(account) = account::find(connection, scope, id)? else {
        return Ok(None);
    };
    check_revision(&account, expected)?;
    let erased = connection
        .prepare_cached(
            "DELETE FROM account_roles WHERE organization_id = ?1 AND account_id = ?2 \
             AND role_id = (SELECT id FROM roles WHERE organization_id = ?1 AND key = ?3)",
        )?
        .execute((
            account.organization_id.get(),
            account.id.get(),
            key.as_str(),
        ))?;
    if erased == 0 {
        return Ok(Some(Revocation::NotGranted));
    }
    count_as_write(connection, &account, change)?;
    let old = Snapshot::new().field("role", key.as_str());
    let (target, new) = ((&account).into(), Snapshot::new());
    record::write(
        connection,
        target,
        AuditAction::RoleRevoked,
        &old,
        &new,
        change,
    )?;
    Ok(Some(Revocation::Revoked))
}

fn granted(connection: &Connection, account: &Account) -> Result<Vec<Role>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(
        " FROM account_roles JOIN roles ON roles.organization_id = account_roles.organization_id \
         AND roles.id = account_roles.role_id WHERE account_roles.organization_id = ",
    );
    sql.bind(account.organization_id.get())
        .push(" AND account_roles.account_id = ")
        .bind(account.id.get());
    sql.push(" ORDER BY roles.id");
    sql.rows(connection, read)
}

fn count_as_write(
    connection: &Connection,
    account: &Account,
    change: &Change,
) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "UPDATE accounts SET revision = revision + 1, updated_at = ? WHERE organization_id = ? AND id = ?",
        )?
        .execute((
            to_micros(change.at),
            account.organization_id.get(),
            account.id.get(),
        ))?;
    Ok(())
}
