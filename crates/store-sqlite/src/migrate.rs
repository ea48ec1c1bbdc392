//! The schema and its versions. The version stands in the file's header, written in the transaction that changes the
//! schema.

use std::path::Path;

use rusqlite::Connection;

use crate::{error::Failure, open_error::OpenError};

/// Marks the file as Tenantry's: "Tena".
const APPLICATION_ID: i64 = 0x5465_6e61;

/// Every migration, in order. What was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_platform.sql"),
    include_str!("../migrations/0003_transfers.sql"),
    include_str!("../migrations/0004_search.sql"),
    include_str!("../migrations/0005_search_at_scale.sql"),
];

/// How far the schema of a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Migrations that were applied.
    pub applied: usize,
    /// Migrations that this program knows.
    pub known: usize,
}

impl Schema {
    /// Whether something is left to apply.
    pub fn is_behind(&self) -> bool {
        self.applied < self.known
    }
}

/// Refuses what another program, or a later release, wrote.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let of_engine = |error| OpenError::of_engine(path, error);
    let foreign = is_foreign(connection).map_err(of_engine)?;
    if foreign {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
        });
    }
    let Schema { applied, known } = schema(connection).map_err(of_engine)?;
    if applied > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: applied,
            known,
        });
    }
    Ok(())
}

/// How far the schema is.
pub(crate) fn schema(connection: &Connection) -> rusqlite::Result<Schema> {
    let applied =
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))?;
    Ok(Schema {
        applied: usize::try_from(applied).unwrap_or(usize::MAX),
        known: MIGRATIONS.len(),
    })
}

/// Applies what is left, in the transaction that the caller began; answers how many migrations that were.
pub(crate) fn apply(connection: &Connection) -> Result<usize, Failure> {
    let Schema { applied, known } = schema(connection)?;
    if applied > known {
        return Err(Failure::backend(format!(
            "the schema has version {applied}, this program knows {known} at most"
        )));
    }
    let left = MIGRATIONS.get(applied..).unwrap_or_default();
    for migration in left {
        connection.execute_batch(migration)?;
    }
    if !left.is_empty() {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(
            None,
            "user_version",
            i64::try_from(known).unwrap_or(i64::MAX),
        )?;
    }
    Ok(left.len())
}

fn is_foreign(connection: &Connection) -> rusqlite::Result<bool> {
    let application_id: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let empty: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)",
        [],
        |row| row.get(0),
    )?;
    Ok(application_id != APPLICATION_ID && !(empty && application_id == 0))
}
