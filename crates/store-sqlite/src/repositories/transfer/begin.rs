//! Beginning a transfer, with the organization or into one.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{
    Account, AccountId, Change, Entity, Organization, OrganizationId, Role, RoleId, SealedSecret,
    SecretDigest,
    transfer::{
        Holder, Ids, OrganizationRecord, Recognition, SourceName, Transfer, organization_creation,
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
    let there = [
        (Entity::Organization, record.organization.id.get()),
        (Entity::Account, record.default_account.account.id.get()),
    ];
    let record = check_begin(connection, source, ids, record)?;
    let creation = organization_creation(&record);
    let kept = |id: i64| (ids == Ids::Kept).then_some(id);
    let mut organization = record.organization;
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
    // Those without a number get the next ones, behind those that have one.
    let (kept_roles, others): (Vec<_>, Vec<_>) = record
        .roles
        .into_iter()
        .partition(|role| ids == Ids::Kept && role.id != RoleId::new(0));
    for role in kept_roles.into_iter().chain(others) {
        let role = Role {
            organization_id: id,
            ..role
        };
        let number = kept(role.id.get()).filter(|number| *number != 0);
        role::insert_whole(connection, &role, number)?;
    }
    let default = record.default_account;
    let mut account = Account {
        organization_id: id,
        ..default.account
    };
    account.id = account::insert(connection, &account, kept(account.id.get()))?;
    connection
        .prepare_cached("UPDATE organizations SET default_account_id = ? WHERE id = ?")?
        .execute([account.id.get(), id.get()])?;
    grant_to_account(connection, &account, &default.roles)?;

    record::created(connection, &organization, &creation, change)?;
    record::created(connection, &account, &account.snapshot(), change)?;
    let here = [id.get(), account.id.get()];
    let numbers = there.into_iter().zip(here).map(remembered);
    begun(connection, source, ids, id, &numbers.collect::<Vec<_>>())
}

/// The organization as it arrives, if a transfer of it can begin.
pub(super) fn check_begin(
    connection: &Connection,
    source: &SourceName,
    ids: Ids,
    record: OrganizationRecord<SealedSecret>,
) -> Result<OrganizationRecord<SealedSecret>, Failure> {
    check_source(connection, source)?;
    let record = record.arriving();
    if holder(connection, record.secret.digest)?.is_some() {
        return Err(Failure::conflict(Entity::Organization, "secret"));
    }
    if ids == Ids::Kept {
        let default = &record.default_account.account;
        check_numbers(connection, &record.organization, default)?;
        let in_use = roles_in_use(connection, &record.roles)?;
        return Ok(record.without_role_numbers(&in_use));
    }
    Ok(record)
}

/// The organization that has this secret. Of the transfers into it, that with which it came into being remembers its number.
pub(super) fn holder(
    connection: &Connection,
    secret: SecretDigest,
) -> Result<Option<Holder>, Failure> {
    let found = connection
        .prepare_cached(
            "SELECT one.organization_id, (SELECT transfers.source FROM transfers JOIN transfer_numbers AS own \
             ON own.transfer_id = transfers.id AND own.entity = 'organization' \
             WHERE transfers.organization_id = one.organization_id) \
             FROM organization_secrets AS one WHERE one.digest = ?",
        )?
        .query_row([secret.as_bytes()], |row| {
            let source: Option<String> = row.get(1)?;
            Ok(Holder {
                organization: OrganizationId::new(row.get(0)?),
                source: source.map(SourceName::new),
            })
        })
        .optional()?;
    Ok(found)
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
    let default = remembered(((Entity::Account, default_account.get()), own.get()));
    begun(connection, source, ids, id, &[default]).map(Some)
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
    check(Entity::Account, "accounts", account.id.get())
}

/// Which of their numbers are in use. They are four.
fn roles_in_use(connection: &Connection, roles: &[Role]) -> Result<HashSet<RoleId>, Failure> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM roles WHERE id = ?")?;
    let mut in_use = HashSet::new();
    for role in roles {
        if statement.exists([role.id.get()])? {
            in_use.insert(role.id);
        }
    }
    Ok(in_use)
}

fn remembered(((entity, source), id): ((Entity, i64), i64)) -> Remembered {
    Remembered { entity, source, id }
}

/// A transfer whose organization is among the numbers is one with which it came into being.
fn begun(
    connection: &Connection,
    source: &SourceName,
    ids: Ids,
    organization: OrganizationId,
    numbers: &[Remembered],
) -> Result<Transfer, Failure> {
    let transfer = Assignments::new()
        .set("organization_id", organization.get())
        .set("source", source.as_str().to_owned())
        .set("ids", ids.as_str().to_owned())
        .set("finished", false)
        .insert(connection, "transfers")?;
    remember(connection, transfer, numbers)?;
    Ok(Transfer {
        organization,
        is_own: numbers.iter().any(|it| it.entity == Entity::Organization),
        recognition: Recognition::ByNumber { transfer, ids },
        finished: false,
    })
}
