//! Reading an organization out, as it can move in again.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::Value;
use tenantry_domain::{
    Entity, OrganizationId, PasswordHash, Role, RoleKey, SealedSecret,
    transfer::{AccountRecord, OrganizationRecord, Part, PolicyRecord, SealedRecord, UserRecord},
};

use crate::{
    error::Failure,
    repositories::{organization as organizations, password_policy},
    rows::{Cells, account, element, instance, role, secret, user},
    sql::{Sql, moment},
};

pub(super) fn organization(
    connection: &Connection,
    id: OrganizationId,
) -> Result<Option<OrganizationRecord<SealedSecret>>, Failure> {
    let _moment = moment(connection)?;
    let Some(organization) = organizations::find(connection, id)? else {
        return Ok(None);
    };
    let missing =
        |what: &'static str| Failure::corrupt(Entity::Organization, id.get(), what.into());
    let default = json([organization.default_account_id.get()]);
    let in_force = password_policy::find(connection, id)?;
    Ok(Some(OrganizationRecord {
        secret: secret::of_organization(connection, id)?.ok_or_else(|| missing("no secret"))?,
        policy: in_force
            .filter(|in_force| in_force.is_set)
            .map(|in_force| PolicyRecord {
                policy: in_force.policy,
                created_at: in_force.created_at,
                updated_at: in_force.updated_at,
            }),
        roles: roles_of(connection, id)?,
        default_account: accounts(connection, id, &default)?
            .pop()
            .ok_or_else(|| missing("no default account"))?,
        organization,
    }))
}

pub(super) fn records(
    connection: &Connection,
    organization: OrganizationId,
    part: Part,
    after: i64,
    limit: u32,
) -> Result<Vec<SealedRecord>, Failure> {
    let _moment = moment(connection)?;
    let mut sql = Sql::new("SELECT id FROM ");
    sql.push(of_part(part)).bind(organization.get());
    sql.push(" AND id > ").bind(after);
    sql.push(" ORDER BY id LIMIT ").bind(limit);
    let ids: Vec<i64> = sql.rows(connection, |row| Ok(row.get(0)?))?;
    let ids = json(ids);
    Ok(match part {
        Part::Accounts => accounts(connection, organization, &ids)?
            .into_iter()
            .map(SealedRecord::Account)
            .collect(),
        Part::Elements => {
            let mut sql = Sql::new("SELECT ");
            sql.push(element::COLUMNS)
                .push(" FROM elements WHERE elements.organization_id = ")
                .bind(organization.get());
            sql.push(" AND elements.id IN (SELECT value FROM json_each(")
                .bind(ids)
                .push(")) ORDER BY elements.id");
            let elements = sql.rows(connection, element::read)?;
            elements.into_iter().map(SealedRecord::Element).collect()
        }
        Part::Users => users(connection, organization, &ids)?
            .into_iter()
            .map(|record| SealedRecord::User(Box::new(record)))
            .collect(),
        Part::Instances => instance::of_ids(connection, organization, &ids)?
            .into_iter()
            .map(|instance| SealedRecord::Instance(Box::new(instance.into())))
            .collect(),
    })
}

pub(super) fn count(organization: OrganizationId, part: Part) -> Sql {
    let mut sql = Sql::new("SELECT count(*) FROM ");
    sql.push(of_part(part)).bind(organization.get());
    sql
}

/// The table of a part, and the condition that the number of the organization follows.
fn of_part(part: Part) -> &'static str {
    match part {
        Part::Accounts => "accounts WHERE NOT is_default AND organization_id = ",
        Part::Elements => "elements WHERE organization_id = ",
        Part::Users => "users WHERE organization_id = ",
        Part::Instances => "instances WHERE organization_id = ",
    }
}

/// The organization's roles, by number.
pub(super) fn roles_of(
    connection: &Connection,
    organization: OrganizationId,
) -> Result<Vec<Role>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(role::COLUMNS)
        .push(" FROM roles WHERE roles.organization_id = ")
        .bind(organization.get())
        .push(" ORDER BY roles.id");
    sql.rows(connection, role::read)
}

/// The accounts among these, by number, with their roles. `ids` is a JSON array.
pub(super) fn accounts(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<Vec<AccountRecord>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(account::COLUMNS)
        .push(" FROM accounts WHERE accounts.organization_id = ")
        .bind(organization.get());
    sql.push(" AND accounts.id IN (SELECT value FROM json_each(")
        .bind(ids.to_owned())
        .push(")) ORDER BY accounts.id");
    let accounts = sql.rows(connection, account::read)?;
    let granted = "SELECT account_id, roles.key FROM account_roles AS granted JOIN roles ON roles.id = granted.role_id \
        WHERE granted.organization_id = ";
    let mut roles = grants(connection, granted, " AND account_id IN", organization, ids)?;
    Ok(accounts
        .into_iter()
        .map(|account| AccountRecord {
            roles: roles.remove(&account.id.get()).unwrap_or_default(),
            account,
        })
        .collect())
}

/// The roles of these users, each user's in the order of [`RoleKey`].
pub(super) fn user_roles(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<HashMap<i64, Vec<RoleKey>>, Failure> {
    let granted = "SELECT user_id, roles.key FROM user_roles AS granted JOIN roles ON roles.id = granted.role_id \
        WHERE granted.organization_id = ";
    grants(connection, granted, " AND user_id IN", organization, ids)
}

fn grants(
    connection: &Connection,
    select: &'static str,
    owned_by: &'static str,
    organization: OrganizationId,
    ids: &str,
) -> Result<HashMap<i64, Vec<RoleKey>>, Failure> {
    let mut sql = Sql::new(select);
    sql.bind(organization.get())
        .push(owned_by)
        .push(" (SELECT value FROM json_each(")
        .bind(ids.to_owned())
        .push("))");
    let mut roles: HashMap<_, Vec<_>> = HashMap::new();
    let found = sql.rows(connection, |row| {
        let owner: i64 = row.get(0)?;
        let key = role::key(&row.get::<_, String>(1)?)
            .map_err(|source| Failure::corrupt(Entity::Role, owner, source))?;
        Ok((owner, key))
    })?;
    for (owner, key) in found {
        roles.entry(owner).or_default().push(key);
    }
    for keys in roles.values_mut() {
        keys.sort_unstable();
    }
    Ok(roles)
}

fn users(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<Vec<UserRecord<SealedSecret>>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(user::COLUMNS)
        .push(
            ", users.password_hash, one.digest, one.key_id, one.sealed FROM users CROSS JOIN user_secrets AS one \
             ON one.organization_id = users.organization_id AND one.user_id = users.id AND one.expires_at IS NULL \
             WHERE users.organization_id = ",
        )
        .bind(organization.get());
    sql.push(" AND users.id IN (SELECT value FROM json_each(")
        .bind(ids.to_owned())
        .push(")) ORDER BY users.id");
    let mut roles = user_roles(connection, organization, ids)?;
    let mut former = former_passwords(connection, organization, ids)?;
    sql.rows(connection, |row| {
        Cells::entity(row, Entity::User, |cells| {
            let user = user::read_cells(cells)?;
            let id = user.id.get();
            Ok(UserRecord {
                user,
                password: cells.take::<Option<String>>()?.map(PasswordHash::new),
                secret: secret::read_cells(cells)?,
                former_passwords: former.remove(&id).unwrap_or_default(),
                roles: Some(roles.remove(&id).unwrap_or_default()),
            })
        })
    })
}

/// The former hashes of these users, each user's newest first.
fn former_passwords(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<HashMap<i64, Vec<PasswordHash>>, Failure> {
    let mut sql = Sql::new("SELECT user_id, hash FROM password_history WHERE organization_id = ");
    sql.bind(organization.get())
        .push(" AND user_id IN (SELECT value FROM json_each(")
        .bind(ids.to_owned())
        .push(")) ORDER BY id DESC");
    let mut former: HashMap<_, Vec<_>> = HashMap::new();
    let found = sql.rows(connection, |row| {
        Ok((row.get(0)?, PasswordHash::new(row.get::<_, String>(1)?)))
    })?;
    for (user, hash) in found {
        former.entry(user).or_default().push(hash);
    }
    Ok(former)
}

/// As a JSON array: one statement serves any number of values.
pub(super) fn json<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> String {
    Value::Array(values.into_iter().map(T::into).collect()).to_string()
}
