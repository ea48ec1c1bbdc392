//! The schema, step by step, and how far a database has come. A step that was released is never changed again.

use std::{borrow::Cow, collections::BTreeMap};

use sqlx::{
    Connection as _, PgConnection, Row as _, SqlStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use crate::{error::cause, open::OpenError};

/// How far the schema of a database has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// As this binary needs it.
    Current,
    /// So many migrations are missing.
    Behind(usize),
}

const STEPS: [(i64, &str, &str); 8] = [
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (
        2,
        "platform",
        include_str!("../migrations/0002_platform.sql"),
    ),
    (
        3,
        "transfers",
        include_str!("../migrations/0003_transfers.sql"),
    ),
    (
        4,
        "caller changes",
        include_str!("../migrations/0004_caller_changes.sql"),
    ),
    (5, "search", include_str!("../migrations/0005_search.sql")),
    (
        6,
        "search_at_scale",
        include_str!("../migrations/0006_search_at_scale.sql"),
    ),
    (
        7,
        "caller changes written",
        include_str!("../migrations/0007_caller_changes_written.sql"),
    ),
    (
        8,
        "users with instances",
        include_str!("../migrations/0008_users_with_instances.sql"),
    ),
];

/// Applies what is missing, over a connection that keeps no prepared statements, each step in a transaction of its own, so that none waits with the locks of another. Nodes that start at the
/// same moment wait for each other, by an advisory lock of the transaction: one of the session would be lost behind a proxy that pools
/// transactions (and sqlx's own would also hold up stores in other schemas of the database).
pub(crate) async fn run(connection: &mut PgConnection) -> Result<(), OpenError> {
    for steps in 1..=STEPS.len() {
        apply(connection, steps).await?;
    }
    Ok(())
}

/// Brings the database as far as the first `steps`, if it is not there yet.
async fn apply(connection: &mut PgConnection, steps: usize) -> Result<(), OpenError> {
    let failed = |error| OpenError::Migration {
        source: cause(error),
    };
    let mut transaction = connection.begin().await.map_err(failed)?;
    // sqlx's migrator prepares by number, and a proxy that pools transactions gives us what others have prepared under the same one.
    sqlx::raw_sql("DEALLOCATE ALL")
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    // Whatever the role or the database says: an index of millions of rows takes minutes.
    sqlx::query("SET LOCAL statement_timeout = 0")
        .persistent(false)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('tenantry ' || coalesce(current_schema(), ''), 0))")
        .persistent(false)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    // Another node may have been faster, also one of a newer release.
    state(&mut transaction).await?;
    migrator(steps)
        .set_locking(false)
        .set_ignore_missing(true)
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(of_migration)?;
    transaction.commit().await.map_err(failed)
}

/// How far the database has come.
///
/// # Errors
/// If it has come further than this binary, or got there by another way.
pub(crate) async fn state(connection: &mut PgConnection) -> Result<SchemaState, OpenError> {
    let failed = |error| OpenError::Migration {
        source: cause(error),
    };
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .persistent(false)
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if !exists {
        return Ok(SchemaState::Behind(STEPS.len()));
    }
    let rows = sqlx::query(
        "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version",
    )
    .persistent(false)
    .fetch_all(&mut *connection)
    .await
    .map_err(failed)?;
    let applied = rows
        .iter()
        .map(|row| {
            Ok((
                row.try_get::<i64, _>("version")?,
                row.try_get::<Vec<u8>, _>("checksum")?,
            ))
        })
        .collect::<Result<BTreeMap<_, _>, sqlx::Error>>()
        .map_err(failed)?;
    let migrator = migrator(STEPS.len());
    if let Some(version) = applied
        .keys()
        .rev()
        .find(|version| !migrator.version_exists(**version))
    {
        return Err(newer(*version));
    }
    let altered = |step: &&Migration| {
        applied
            .get(&step.version)
            .is_some_and(|applied| *applied != *step.checksum)
    };
    if let Some(step) = migrator.iter().find(altered) {
        return Err(OpenError::AlteredMigration {
            version: step.version,
        });
    }
    Ok(match STEPS.len() - applied.len() {
        0 => SchemaState::Current,
        missing => SchemaState::Behind(missing),
    })
}

/// With the first `steps` of [`STEPS`].
fn migrator(steps: usize) -> Migrator {
    let step = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(
            version,
            Cow::Borrowed(name),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )
    };
    Migrator::with_migrations(STEPS.into_iter().take(steps).map(step).collect())
}

fn newer(version: i64) -> OpenError {
    OpenError::NewerSchema {
        version,
        known: STEPS.iter().map(|step| step.0).max().unwrap_or_default(),
    }
}

fn of_migration(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) => newer(version),
        MigrateError::VersionMismatch(version) => OpenError::AlteredMigration { version },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            OpenError::Migration {
                source: cause(error),
            }
        }
        other => OpenError::Migration {
            source: Box::new(other),
        },
    }
}
