//! Changing an account, and erasing its users when it is deleted.

use std::time::Duration;

use rusqlite::Connection;
use tenantry_domain::{
    Account, AccountId, AccountPatch, Change, Entity, Revision, Scope, User, UserId,
    ports::RepositoryError,
};

use crate::{
    error::Failure,
    record,
    repositories::{instance::erase_all, user::erase},
    rows::{
        account::{assignments, find},
        user,
    },
    sql::Sql,
};

/// How long it may take to erase the users of an account, however many they are: time for some millions.
pub(super) const ERASURE: Duration = Duration::from_mins(5);
/// So many users are in memory at a time while an account's are erased.
const CHUNK: i64 = 500;

pub(super) fn update(
    connection: &Connection,
    scope: &Scope,
    id: AccountId,
    patch: &AccountPatch,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Account>, Failure> {
    let Some(old) = find(connection, scope, id)? else {
        return Ok(None);
    };
    check_revision(&old, expected)?;
    let new = patch.apply(&old, change.at);
    if new.is_default && !new.active {
        return Err(RepositoryError::DEFAULT_ACCOUNT.into());
    }
    let organization = old.organization_id.get();
    assignments(&new).update(connection, "accounts", organization, old.id.get())?;
    record::updated(connection, &new, &old.snapshot(), &new.snapshot(), change)?;
    if patch.erase_users && !new.active {
        erase_users(connection, &new, change)?;
    }
    Ok(Some(new))
}

pub(in crate::repositories) fn check_revision(
    account: &Account,
    expected: Option<Revision>,
) -> Result<(), Failure> {
    if expected.is_some_and(|expected| expected != account.revision) {
        let entity = Entity::Account;
        return Err(RepositoryError::Stale { entity }.into());
    }
    Ok(())
}

/// First their instances leave their records, then they. Writes come one after the other, so nobody is created here
/// meanwhile.
fn erase_users(connection: &Connection, account: &Account, change: &Change) -> Result<(), Failure> {
    for erase in [erase_all, erase] {
        let mut last = UserId::new(0);
        loop {
            let users = some_users(connection, account, last)?;
            let Some(user) = users.last() else { break };
            last = user.id;
            for user in &users {
                erase(connection, user, change)?;
            }
        }
    }
    Ok(())
}

/// Some users of the account, behind that id.
fn some_users(
    connection: &Connection,
    account: &Account,
    last: UserId,
) -> Result<Vec<User>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(user::COLUMNS)
        .push(" FROM users WHERE users.organization_id = ")
        .bind(account.organization_id.get());
    sql.push(" AND users.account_id = ").bind(account.id.get());
    sql.push(" AND users.id > ").bind(last.get());
    sql.push(" ORDER BY users.id LIMIT ").number(CHUNK);
    sql.rows(connection, user::read)
}
