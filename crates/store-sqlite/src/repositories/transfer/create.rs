//! Creating what moves in, under the number that it was given.

use rusqlite::Connection;
use tenantry_domain::{
    Account, Change, Element, ElementDraft, Instance, RoleKey, SealedSecret,
    transfer::{AccountRecord, UserRecord, plan::Creation},
};

use crate::{
    error::Failure,
    instant::to_micros,
    record,
    repositories::role::grant_all,
    rows::{
        account, configuration, element, instance,
        secret::{self, Owner},
        user,
    },
};

pub(super) fn create(
    connection: &Connection,
    creation: &Creation,
    change: &Change,
) -> Result<(), Failure> {
    match creation {
        Creation::Account(record) => new_account(connection, record, change),
        Creation::Element(element) => new_element(connection, element),
        Creation::User(record) => new_user(connection, record, change),
        Creation::Instance(instance) => new_instance(connection, instance, change),
    }
}

/// Grants these roles to an account that has none of them. Roles that the organization does not have are left out.
pub(super) fn grant_to_account(
    connection: &Connection,
    account: &Account,
    roles: &[RoleKey],
) -> Result<(), Failure> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO account_roles (organization_id, account_id, role_id) \
         SELECT organization_id, ?2, id FROM roles WHERE organization_id = ?1 AND key = ?3 ON CONFLICT DO NOTHING",
    )?;
    let (organization, id) = (account.organization_id.get(), account.id.get());
    for key in roles {
        insert.execute((organization, id, key.as_str()))?;
    }
    Ok(())
}

fn new_account(
    connection: &Connection,
    record: &AccountRecord,
    change: &Change,
) -> Result<(), Failure> {
    let account = &record.account;
    account::insert(connection, account, Some(account.id.get()))?;
    grant_to_account(connection, account, &record.roles)?;
    record::created(connection, account, &account.snapshot(), change)
}

fn new_element(connection: &Connection, element: &Element) -> Result<(), Failure> {
    let draft = ElementDraft {
        key: element.key.clone(),
        name: element.name.clone(),
        hub: element.hub.clone(),
    };
    let id = Some(element.id.get());
    element::insert(connection, element.organization_id, &draft, id)?;
    Ok(())
}

fn new_user(
    connection: &Connection,
    record: &UserRecord<SealedSecret>,
    change: &Change,
) -> Result<(), Failure> {
    let user = &record.user;
    let (organization, id) = (user.organization_id.get(), user.id.get());
    user::insert(connection, user, record.password.as_ref(), Some(id))?;
    secret::insert(
        connection,
        organization,
        Owner::User(id),
        &record.secret,
        change.at,
    )?;
    let roles = record.roles.as_deref().unwrap_or_default();
    grant_all(connection, user.organization_id, user.id, roles)?;
    let mut remember = connection.prepare_cached(
        "INSERT INTO password_history (organization_id, user_id, hash, replaced_at) VALUES (?, ?, ?, ?)",
    )?;
    // The newest has the greatest number.
    for hash in record.former_passwords.iter().rev() {
        remember.execute((organization, id, hash.expose(), to_micros(change.at)))?;
    }
    record::created(connection, user, &user.creation(roles), change)
}

fn new_instance(
    connection: &Connection,
    instance: &Instance,
    change: &Change,
) -> Result<(), Failure> {
    let id = instance.id.get();
    instance::insert(connection, instance, Some(id))?;
    for entry in &instance.configuration {
        configuration::insert(
            connection,
            instance,
            Some(entry.id.get()),
            entry.key.clone(),
            entry.value.clone(),
        )?;
    }
    secret::insert(
        connection,
        instance.organization_id.get(),
        Owner::Instance(id),
        &instance.token,
        change.at,
    )?;
    record::created(connection, instance, &instance.snapshot(), change)
}
