//! Seeds PostgreSQL with one COPY.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use super::{Plan, people::Person, person};

/// Rows written at once.
const CHUNK: u64 = 5000;

/// The columns that are written; the folded ones are what they are beside.
const COPY: &str = "COPY users (id, organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, \
    last_name_folded, full_name, full_name_folded, active, external_id, external_id_folded, phone, phone_folded, street1, \
    street1_folded, city, city_folded, postal_code, postal_code_folded, country, country_folded, last_login_at, created_at, updated_at, \
    password_must_change, revision) FROM STDIN";

/// Organizations with the account and the roles of the one that is there, as many as are missing.
const ORGANIZATIONS: &str = "
    SET session_replication_role = replica;
    INSERT INTO organizations (id, name, kind, active, default_account_id, created_at, updated_at, revision)
        SELECT number, 'Organization ' || number, 'customer', true, number, now(), now(), 1 FROM generate_series($1, $2) number;
    INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
        SELECT number, number, 'Account ' || number, 'account ' || number, true, true, now(), now(), 1 FROM generate_series($1, $2) number;
    INSERT INTO roles (organization_id, key, name, description, privileges)
        SELECT number, key, name, description, privileges FROM generate_series($1, $2) number, roles WHERE organization_id = $1 - 1;
    SELECT setval(pg_get_serial_sequence('organizations', 'id'), $2), setval(pg_get_serial_sequence('accounts', 'id'), $2);
    SET session_replication_role = origin;";

/// Writes the users of a plan. `tell` hears how many there are so far.
pub(crate) async fn users(url: &str, plan: &Plan, mut tell: impl FnMut(u64)) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    if plan.organizations > 1 {
        let (first, last) = (
            plan.organization + 1,
            plan.organization + plan.organizations - 1,
        );
        let statements = ORGANIZATIONS
            .replace("$1", &first.to_string())
            .replace("$2", &last.to_string());
        connection.execute(AssertSqlSafe(statements)).await?;
    }
    let indexes = take_indexes_away(&mut connection).await?;
    // Without this, every row would look for its account.
    connection
        .execute("SET session_replication_role = replica")
        .await?;
    let mut copy = connection.copy_in_raw(COPY).await?;
    let (mut id, end) = (plan.first, plan.first + plan.users);
    while id < end {
        let until = (id + CHUNK).min(end);
        let mut rows = String::with_capacity(2_000_000);
        for id in id..until {
            row(&mut rows, id, plan.organization_of(id), &person(id))?;
        }
        copy.send(rows.as_bytes()).await?;
        id = until;
        tell(id - plan.first);
    }
    copy.finish().await?;
    build(url, indexes).await?;
    connection
        .execute(
            "SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users))",
        )
        .await?;
    connection.execute("VACUUM ANALYZE").await?;
    connection.execute("CHECKPOINT").await?;
    connection.close().await?;
    Ok(())
}

/// Builds indexes: first the constraints, which have the table for themselves, then the others, those of trigrams beside the rest.
async fn build(url: &str, statements: Vec<String>) -> Result<()> {
    let (constraints, indexes): (Vec<_>, Vec<_>) = statements
        .into_iter()
        .partition(|statement| statement.starts_with("ALTER"));
    let (trigrams, others): (Vec<_>, Vec<_>) = indexes
        .into_iter()
        .partition(|statement| statement.contains("USING gin"));
    one_by_one(url, constraints).await?;
    tokio::try_join!(one_by_one(url, trigrams), one_by_one(url, others))?;
    Ok(())
}

async fn one_by_one(url: &str, statements: Vec<String>) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection
        .execute("SET maintenance_work_mem = '512MB'")
        .await?;
    for statement in statements {
        connection
            .execute(AssertSqlSafe(statement.clone()))
            .await
            .with_context(|| format!("cannot execute {statement}"))?;
    }
    connection.close().await?;
    Ok(())
}

/// Drops the secondary indexes of users, and answers the statements that make them again. The key stays: rows come in its order.
async fn take_indexes_away(connection: &mut PgConnection) -> Result<Vec<String>> {
    let found = sqlx::query(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid), k.conname, pg_get_constraintdef(k.oid)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
         WHERE i.indrelid = 'users'::regclass AND NOT i.indisprimary ORDER BY c.relname",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut statements = Vec::new();
    for index in found {
        let (name, definition): (String, String) = (index.try_get(0)?, index.try_get(1)?);
        let constraint: Option<String> = index.try_get(2)?;
        let drop = if let Some(constraint) = constraint {
            let condition: String = index.try_get(3)?;
            statements.push(format!(
                "ALTER TABLE users ADD CONSTRAINT {constraint} {condition}"
            ));
            format!("ALTER TABLE users DROP CONSTRAINT {constraint}")
        } else {
            statements.push(definition);
            format!("DROP INDEX {name}")
        };
        connection.execute(AssertSqlSafe(drop)).await?;
    }
    Ok(statements)
}

fn row(rows: &mut String, id: u64, organization: u64, person: &Person) -> Result<()> {
    let full_name = format!("{} {}", person.first_name, person.last_name);
    write!(rows, "{id}\t{organization}\t{organization}")?;
    for text in [
        &person.email,
        person.first_name,
        &person.last_name,
        &full_name,
    ] {
        pair(rows, Some(text))?;
    }
    write!(rows, "\t{}", person.active)?;
    for text in [
        person.external_id.as_deref(),
        person.phone.as_deref(),
        person.street1.as_deref(),
        Some(person.city.as_str()),
        person.postal_code.as_deref(),
        Some(person.country),
    ] {
        pair(rows, text)?;
    }
    let instant = |microseconds: i64| {
        time::OffsetDateTime::from_unix_timestamp(microseconds.div_euclid(1_000_000))
            .map(|at| format!("{} {}+00", at.date(), clock(at.time())))
    };
    let created = instant(person.created_at)?;
    writeln!(
        rows,
        "\t{}\t{created}\t{created}\tfalse\t1",
        instant(person.last_login_at)?
    )?;
    Ok(())
}

fn clock(time: time::Time) -> String {
    let (hour, minute, second) = time.as_hms();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// A text and the same with its case folded.
fn pair(rows: &mut String, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) => write!(rows, "\t{text}\t{}", text.to_lowercase())?,
        None => rows.push_str("\t\\N\t\\N"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_as_many_fields_as_columns_are_copied() {
        let columns = COPY.matches(',').count() + 1;
        for id in 0..20 {
            let mut rows = String::new();
            row(&mut rows, id, 2, &person(id)).unwrap();
            assert_eq!(rows.matches('\t').count() + 1, columns);
            assert_eq!(rows.matches('\n').count(), 1);
        }
    }
}
