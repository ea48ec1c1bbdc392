//! How much a store keeps of its users, and how much it writes for a new one.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Result, ensure};
use rusqlite::OpenFlags;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::{
    load::{self, Load},
    options::tell,
    request::{new_user, send},
    results::Sizes,
    subject::Subject,
    suite::world::World,
};

/// Table and indexes.
pub(crate) async fn of(world: &World) -> Result<Sizes> {
    let mut sizes = Sizes {
        store: world.kind.name().to_owned(),
        users: world.plan.users,
        organizations: world.plan.organizations,
        seed_seconds: world.seed_seconds,
        ..Sizes::default()
    };
    match &world.place.database_url {
        Some(url) => {
            let mut connection = PgConnection::connect(url).await?;
            let table = sqlx::query("SELECT pg_table_size('users')")
                .fetch_one(&mut connection)
                .await?;
            sizes.table_bytes = u64::try_from(table.try_get::<i64, _>(0)?)?;
            let indexes = sqlx::query(
                "SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index \
                 WHERE indrelid = 'users'::regclass ORDER BY 2 DESC",
            )
            .fetch_all(&mut connection)
            .await?;
            for index in indexes {
                let bytes = u64::try_from(index.try_get::<i64, _>(1)?)?;
                sizes.indexes.push((index.try_get(0)?, bytes));
            }
            connection.close().await?;
        }
        None => tokio::task::block_in_place(|| of_sqlite(world, &mut sizes))?,
    }
    let total: u64 = sizes.indexes.iter().map(|(_, bytes)| bytes).sum();
    tell(format!(
        "  seeded in {:.0} s; table {} MB, {} indexes {} MB",
        sizes.seed_seconds,
        sizes.table_bytes / 1_000_000,
        sizes.indexes.len(),
        total / 1_000_000
    ));
    Ok(sizes)
}

fn of_sqlite(world: &World, sizes: &mut Sizes) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = rusqlite::Connection::open_with_flags(world.sqlite(), flags)?;
    let mut statement = connection.prepare(
        "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE '%users%' AND name NOT LIKE '%secrets%' GROUP BY name ORDER BY 2 DESC",
    )?;
    let found = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    for one in found {
        let (name, bytes) = one?;
        let bytes = u64::try_from(bytes)?;
        if name == "users" {
            sizes.table_bytes = bytes;
        } else {
            sizes.indexes.push((name, bytes));
        }
    }
    Ok(())
}

/// Creates users for some seconds, and answers how much was written for each: to PostgreSQL's log, or by the process itself to the
/// files of SQLite.
pub(crate) async fn bytes_per_create(
    world: &World,
    subject: &Subject,
    path: String,
    mark: &'static str,
    lasts: Duration,
) -> Result<f64> {
    let before = written(world, subject).await?;
    let load = Load {
        addresses: vec![subject.address.clone()],
        requests: send(&world.callers, "POST", move |number| {
            (path.clone(), Some(new_user(mark, number)))
        }),
        statuses: &[200],
        connections: 64,
        next: Arc::new(AtomicU64::new(0)),
        end: u64::MAX,
        pace: None,
    };
    let sample = load::run(&load, lasts).await?;
    ensure!(sample.failures == 0, "users were not created");
    let after = written(world, subject).await?;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let bytes = after.saturating_sub(before) as f64 / sample.count().max(1) as f64;
    tell(format!("  {bytes:.0} bytes written for each created user"));
    Ok(bytes)
}

async fn written(world: &World, subject: &Subject) -> Result<u64> {
    let Some(url) = &world.place.database_url else {
        return subject.written();
    };
    let mut connection = PgConnection::connect(url).await?;
    let row = sqlx::query("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")
        .fetch_one(&mut connection)
        .await?;
    let bytes = u64::try_from(row.try_get::<i64, _>(0)?)?;
    connection.close().await?;
    Ok(bytes)
}
