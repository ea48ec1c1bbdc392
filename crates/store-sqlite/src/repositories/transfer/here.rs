//! Looking up what a batch asks for: a few statements, however many records there are.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use rusqlite::Connection;
use tenantry_domain::{
    ConfigurationId, Element, Entity, OrganizationId, SecretDigest, Text, UserId,
    transfer::{
        Recognition, SealedRecord, Transfer, UserRecord,
        plan::{Asked, Here, Last, numbers_asked},
    },
};

use super::read::{accounts, json, roles_of, user_roles};
use crate::{
    error::Failure,
    rows::{element, instance, user},
    sql::Sql,
};

/// What is here of what `records` ask for.
pub(super) fn here(
    connection: &Connection,
    transfer: &Transfer,
    records: &[SealedRecord],
) -> Result<Here, Failure> {
    let id = transfer.organization;
    let numbers = numbers(connection, transfer, records)?;
    let asked = Asked::by(transfer, records, &numbers);
    let of = |entity| json(asked.of(entity));
    let emails = emails(connection, &asked)?;
    let mut users_asked: Vec<_> = asked.of(Entity::User).collect();
    if transfer.recognition == Recognition::ByEmail {
        users_asked.extend(emails.values().copied().map(UserId::get));
    }
    let accounts = accounts(connection, id, &of(Entity::Account))?;
    let instances = instance::of_ids(connection, id, &of(Entity::Instance))?;
    Ok(Here {
        roles: roles_of(connection, id)?
            .into_iter()
            .map(|role| role.key)
            .collect(),
        taken: taken(connection, &asked)?,
        accounts: accounts
            .into_iter()
            .map(|record| (record.account.id, record))
            .collect(),
        users: users(connection, id, &json(users_asked))?,
        instances: instances
            .into_iter()
            .map(|instance| (instance.id, instance.into()))
            .collect(),
        elements: elements(connection, id, &asked)?,
        external_ids: external_ids(connection, id, &asked)?,
        secrets: digests(connection, "user_secrets", asked.secrets.iter())?,
        tokens: digests(connection, "instance_secrets", asked.tokens.iter())?,
        entries: entries(connection, &asked)?,
        last: last(connection)?,
        emails,
        numbers,
    })
}

fn numbers(
    connection: &Connection,
    transfer: &Transfer,
    records: &[SealedRecord],
) -> Result<HashMap<(Entity, i64), i64>, Failure> {
    let Some(transfer) = transfer.number() else {
        return Ok(HashMap::new());
    };
    let asked = numbers_asked(records);
    let mut numbers = HashMap::new();
    for entity in Entity::ALL.iter().copied() {
        let of_kind = asked.range((entity, i64::MIN)..=(entity, i64::MAX));
        let asked = json(of_kind.map(|(_, number)| *number));
        let mut sql = Sql::new("SELECT known.source_id, known.id FROM json_each(");
        sql.bind(asked)
            .push(") AS asked CROSS JOIN transfer_numbers AS known ON known.transfer_id = ")
            .bind(transfer);
        sql.push(" AND known.entity = ")
            .bind(entity.as_str().to_owned())
            .push(" AND known.source_id = asked.value");
        let found = sql.rows(connection, |row| Ok((row.get(0)?, row.get(1)?)))?;
        numbers.extend(
            found
                .into_iter()
                .map(|(source, id): (i64, i64)| ((entity, source), id)),
        );
    }
    Ok(numbers)
}

/// Which of the numbers are in use, in whichever organization.
fn taken(connection: &Connection, asked: &Asked) -> Result<HashSet<(Entity, i64)>, Failure> {
    let mut taken = HashSet::new();
    for (entity, table) in [
        (Entity::Account, "accounts"),
        (Entity::User, "users"),
        (Entity::Instance, "instances"),
        (Entity::Element, "elements"),
    ] {
        let found = found(connection, table, asked.of(entity))?;
        taken.extend(found.into_iter().map(|id| (entity, id)));
    }
    Ok(taken)
}

fn users(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<HashMap<UserId, UserRecord<()>>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(user::COLUMNS)
        .push(" FROM users WHERE users.organization_id = ")
        .bind(organization.get());
    sql.push(" AND users.id IN (SELECT value FROM json_each(")
        .bind(ids.to_owned())
        .push("))");
    let users = sql.rows(connection, user::read)?;
    let mut roles = user_roles(connection, organization, ids)?;
    let known = users.into_iter().map(|user| {
        let roles = roles.remove(&user.id.get()).unwrap_or_default();
        let record = UserRecord {
            password: None,
            former_passwords: Vec::new(),
            secret: (),
            roles: Some(roles),
            user,
        };
        (record.user.id, record)
    });
    Ok(known.collect())
}

fn elements(
    connection: &Connection,
    organization: OrganizationId,
    asked: &Asked,
) -> Result<HashMap<Text, Element>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(element::COLUMNS)
        .push(" FROM elements WHERE elements.organization_id = ")
        .bind(organization.get());
    sql.push(" AND (elements.key IN (SELECT value FROM json_each(")
        .bind(json(asked.element_keys.iter().map(Text::as_str)));
    sql.push(")) OR elements.id IN (SELECT value FROM json_each(")
        .bind(json(asked.of(Entity::Element)))
        .push(")))");
    let found = sql.rows(connection, element::read)?;
    Ok(found
        .into_iter()
        .map(|element| (element.key.clone(), element))
        .collect())
}

fn emails(connection: &Connection, asked: &Asked) -> Result<HashMap<String, UserId>, Failure> {
    let mut sql = Sql::new("SELECT users.email_folded, users.id FROM json_each(");
    sql.bind(json(asked.emails.iter().map(String::as_str)))
        .push(") AS asked CROSS JOIN users ON users.email_folded = asked.value");
    let found = sql.rows(connection, |row| {
        Ok((row.get(0)?, UserId::new(row.get(1)?)))
    })?;
    Ok(found.into_iter().collect())
}

fn external_ids(
    connection: &Connection,
    organization: OrganizationId,
    asked: &Asked,
) -> Result<HashSet<Text>, Failure> {
    let mut sql = Sql::new("SELECT one.external_id FROM json_each(");
    sql.bind(json(asked.external_ids.iter().map(Text::as_str)))
        .push(
            ") AS asked CROSS JOIN accounts AS one ON one.external_id = asked.value \
               WHERE one.active AND one.organization_id = ",
        )
        .bind(organization.get());
    let found = sql.rows(connection, |row| Ok(row.get::<_, String>(0)?))?;
    let asked = asked.external_ids.iter();
    Ok(asked
        .filter(|id| found.iter().any(|found| found == id.as_str()))
        .cloned()
        .collect())
}

fn digests<'a>(
    connection: &Connection,
    table: &'static str,
    asked: impl Iterator<Item = &'a SecretDigest>,
) -> Result<HashSet<SecretDigest>, Failure> {
    let mut sql = Sql::new("SELECT one.digest FROM json_each(");
    sql.bind(json(asked.map(hex)))
        .push(") AS asked CROSS JOIN ")
        .push(table)
        .push(" AS one ON one.digest = unhex(asked.value)");
    let found = sql.rows(connection, |row| Ok(SecretDigest::new(row.get(0)?)))?;
    Ok(found.into_iter().collect())
}

fn hex(digest: &SecretDigest) -> String {
    let bytes = digest.as_bytes().iter();
    bytes.fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn entries(connection: &Connection, asked: &Asked) -> Result<HashSet<ConfigurationId>, Failure> {
    let asked = asked.entries.iter().copied().map(ConfigurationId::get);
    let found = found(connection, "instance_configurations", asked)?;
    Ok(found.into_iter().map(ConfigurationId::new).collect())
}

/// Which of the numbers that were asked for rows have.
fn found(
    connection: &Connection,
    table: &'static str,
    asked: impl Iterator<Item = i64>,
) -> Result<Vec<i64>, Failure> {
    let mut sql = Sql::new("SELECT one.id FROM json_each(");
    sql.bind(json(asked))
        .push(") AS asked CROSS JOIN ")
        .push(table)
        .push(" AS one ON one.id = asked.value");
    sql.rows(connection, |row| Ok(row.get(0)?))
}

fn last(connection: &Connection) -> Result<Last, Failure> {
    let sql = Sql::new("SELECT name, seq FROM sqlite_sequence");
    let mut last = Last::default();
    for (table, number) in sql.rows(connection, |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?))
    })? {
        let of_table = match table.as_str() {
            "accounts" => &mut last.account,
            "users" => &mut last.user,
            "instances" => &mut last.instance,
            "elements" => &mut last.element,
            "instance_configurations" => &mut last.entry,
            _ => continue,
        };
        *of_table = number;
    }
    Ok(last)
}
