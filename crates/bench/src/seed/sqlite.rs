//! Seeds SQLite in large transactions, while no server runs.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::{Plan, person};

/// Rows in a transaction.
const CHUNK: u64 = 200_000;

const INSERT: &str = "INSERT INTO users (id, organization_id, account_id, email, email_folded, first_name, first_name_folded, \
    last_name, last_name_folded, full_name, full_name_folded, active, external_id, external_id_folded, phone, phone_folded, \
    street1, street1_folded, city, city_folded, postal_code, postal_code_folded, country, country_folded, last_login_at, created_at, \
    updated_at, password_must_change, revision) \
    VALUES (?1, ?2, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?15, ?16, ?17, ?18, ?18, ?19, ?20, ?21, ?22, \
    ?22, 0, 1)";

/// Writes the users of a plan, and leaves a note of whose letters the server has to write. `tell` hears how many there are so far.
pub(crate) fn users(path: &Path, plan: &Plan, mut tell: impl FnMut(u64)) -> Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF; PRAGMA temp_store = FILE; \
         PRAGMA threads = 2",
    )?;
    organizations(&mut connection, plan)?;
    let indexes = take_indexes_away(&connection)?;
    let (mut id, end) = (plan.first, plan.first + plan.users);
    while id < end {
        let until = (id + CHUNK).min(end);
        let transaction = connection.transaction()?;
        insert(&transaction, plan, id..until)?;
        transaction.commit()?;
        id = until;
        tell(id - plan.first);
    }
    for index in indexes {
        connection.execute_batch(&index)?;
    }
    connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

fn insert(connection: &Connection, plan: &Plan, ids: std::ops::Range<u64>) -> Result<()> {
    let mut insert = connection.prepare_cached(INSERT)?;
    let fold = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    for id in ids {
        let person = person(id);
        let full_name = format!("{} {}", person.first_name, person.last_name);
        insert.execute(params![
            i64::try_from(id)?,
            i64::try_from(plan.organization_of(id))?,
            person.email,
            person.first_name,
            person.first_name.to_lowercase(),
            person.last_name,
            person.last_name.to_lowercase(),
            full_name,
            full_name.to_lowercase(),
            person.active,
            person.external_id,
            fold(&person.external_id),
            person.phone,
            person.street1,
            fold(&person.street1),
            person.city,
            person.city.to_lowercase(),
            person.postal_code,
            person.country,
            person.country.to_lowercase(),
            person.last_login_at,
            person.created_at,
        ])?;
    }
    Ok(())
}

/// With the account and the roles of the one that is there.
fn organizations(connection: &mut Connection, plan: &Plan) -> Result<()> {
    let transaction = connection.transaction()?;
    for number in plan.organization + 1..plan.organization + plan.organizations {
        let number = i64::try_from(number)?;
        transaction
            .prepare_cached(
                "INSERT INTO organizations (id, name, kind, active, default_account_id, created_at, updated_at, revision) \
                 VALUES (?1, 'Organization ' || ?1, 'customer', 1, ?1, 0, 0, 1)",
            )?
            .execute([number])?;
        transaction
            .prepare_cached(
                "INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision) \
                 VALUES (?1, ?1, 'Account ' || ?1, 'account ' || ?1, 1, 1, 0, 0, 1)",
            )?
            .execute([number])?;
        transaction
            .prepare_cached(
                "INSERT INTO roles (organization_id, key, name, description, privileges) \
                 SELECT ?1, key, name, description, privileges FROM roles WHERE organization_id = ?2",
            )?
            .execute([number, i64::try_from(plan.organization)?])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Drops the indexes of users that belong to no key, and answers the statements that make them again. Triggers stay: they know what
/// else has to be written.
fn take_indexes_away(connection: &Connection) -> Result<Vec<String>> {
    let found: Vec<(String, String)> = connection
        .prepare(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'users' AND sql IS NOT NULL",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, _) in &found {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(found.into_iter().map(|(_, sql)| sql).collect())
}
