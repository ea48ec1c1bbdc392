//! Beginning a transfer, with the organization or into one.

use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{
    Account, AccountId, Change, Entity, Organization, OrganizationId, OrganizationKind, Role,
    RoleId, RoleKey, SealedSecret, Snapshot,
    transfer::{
        Ids, OrganizationRecord, Recognition, SourceName, Transfer,
        plan::{Remembered, can_be_kept},
    },
};

use super::{create::grant_to_account, find, remember};
use crate::{
    error::Failure,
    record,
    repositories::{organization, password_policy},
    rows::{
        Assignments, account,
        organization::insert,
        role,
        secret::{self, Owner},
    },
};

pub(super) fn begin(
    connection: &Connection,
    source: &SourceName,
    ids: Ids,
    record: OrganizationRecord<SealedSecret>,
    change: &Change,
) -> Result<Transfer, Failure> {
    check_source(connection, source)?;
    let mut roles = record.roles;
    roles.retain(|role| RoleKey::OF_AN_ORGANIZATION.contains(&role.key));
    let default = record.default_account;
    if ids == Ids::Kept {
        check_numbers(connection, &record.organization, &default.account, &roles)?;
    }
    if is_in_use(connection, &record.secret)? {
        return Err(Failure::conflict(Entity::Organization, "secret"));
    }
    let kept = |id: i64| (ids == Ids::Kept).then_some(id);
    let mut organization = Organization {
        kind: OrganizationKind::Customer,
        ..record.organization
    };
    organization.id = insert(connection, &organization, kept(organization.id.get()))?;
    let id = organization.id;
    secret::insert(
        connection,
        id.get(),
        Owner::Organization,
        &record.secret,
        change.at,
    )?;
    if let Some(policy) = &record.policy {
        password_policy::insert(connection, id, policy)?;
    }
    for role in roles {
        let role = Role {
            organization_id: id,
            ..role
        };
        role::insert_whole(connection, &role, kept(role.id.get()))?;
    }
    let mut account = Account {
        organization_id: id,
        is_default: true,
        active: true,
        ..default.account
    };
    let there = account.id;
    account.id = account::insert(connection, &account, kept(there.get()))?;
    connection
        .prepare_cached("UPDATE organizations SET default_account_id = ? WHERE id = ?")?
        .execute([account.id.get(), id.get()])?;
    grant_to_account(connection, &account, &default.roles)?;

    let snapshot = Snapshot::new()
        .field("name", &organization.name)
        .field("active", organization.active);
    record::created(connection, &organization, &snapshot, change)?;
    record::created(connection, &account, &account.snapshot(), change)?;
    begun(connection, source, ids, id, there, account.id)
}

pub(super) fn begin_into(
    connection: &Connection,
    source: &SourceName,
    ids: Ids,
    id: OrganizationId,
    default_account: AccountId,
) -> Result<Option<Transfer>, Failure> {
    let Some(organization) = organization::find(connection, id)? else {
        return Ok(None);
    };
    check_source(connection, source)?;
    let own = organization.default_account_id;
    begun(connection, source, ids, id, default_account, own).map(Some)
}

fn check_source(connection: &Connection, source: &SourceName) -> Result<(), Failure> {
    match find(connection, source)? {
        Some(_) => Err(Failure::conflict(Entity::Organization, "source")),
        None => Ok(()),
    }
}

fn check_numbers(
    connection: &Connection,
    organization: &Organization,
    account: &Account,
    roles: &[Role],
) -> Result<(), Failure> {
    let check = |entity, table: &str, id: i64| {
        let taken = connection
            .prepare_cached(&format!("SELECT 1 FROM {table} WHERE id = ?"))?
            .query_row([id], |_| Ok(()))
            .optional()?;
        if taken.is_none() && can_be_kept(entity, id) {
            return Ok(());
        }
        Err(Failure::conflict(entity, "id"))
    };
    check(Entity::Organization, "organizations", organization.id.get())?;
    check(Entity::Account, "accounts", account.id.get())?;
    let mut roles = roles.iter().map(|role| role.id).map(RoleId::get);
    roles.try_for_each(|id| check(Entity::Role, "roles", id))
}

fn is_in_use(connection: &Connection, secret: &SealedSecret) -> Result<bool, Failure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM organization_secrets WHERE digest = ?")?
        .query_row([secret.digest.as_bytes()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn begun(
    connection: &Connection,
    source: &SourceName,
    ids: Ids,
    organization: OrganizationId,
    default_there: AccountId,
    account: AccountId,
) -> Result<Transfer, Failure> {
    let transfer = Assignments::new()
        .set("organization_id", organization.get())
        .set("source", source.as_str().to_owned())
        .set("ids", ids.as_str().to_owned())
        .set("finished", false)
        .insert(connection, "transfers")?;
    let default = Remembered {
        entity: Entity::Account,
        source: default_there.get(),
        id: account.get(),
    };
    remember(connection, transfer, &[default])?;
    Ok(Transfer {
        organization,
        recognition: Recognition::ByNumber { transfer, ids },
        finished: false,
    })
}
