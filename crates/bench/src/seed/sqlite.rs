//! Seeds SQLite in one transaction, while no server runs.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::{CITIES, FIRST, email};

/// Writes `count` users.
pub(crate) fn users(path: &Path, count: u64) -> Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO users (id, organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, \
             last_name_folded, full_name, full_name_folded, active, external_id, external_id_folded, phone, phone_folded, city, \
             city_folded, country, country_folded, password_must_change, created_at, updated_at, revision) \
             VALUES (?1, 2, 2, ?2, ?2, 'First' || ?1, 'first' || ?1, 'Last' || ?1, 'last' || ?1, 'First' || ?1 || ' Last' || ?1, \
             'first' || ?1 || ' last' || ?1, 1, 'ext-' || ?1, 'ext-' || ?1, '+1 555 ' || ?1, '+1 555 ' || ?1, 'City ' || ?3, \
             'city ' || ?3, 'Country ' || ?4, 'country ' || ?4, 0, 1768478400000000, 1768478400000000, 1)",
        )?;
        for id in FIRST..FIRST + count {
            let number = i64::try_from(id)?;
            let (city, country) = (i64::try_from(id % CITIES)?, i64::try_from(id % 50)?);
            insert.execute(params![number, email(id), city, country])?;
        }
    }
    transaction.commit()?;
    connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}
