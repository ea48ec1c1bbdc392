//! axum and rusqlite, which the server has for SQLite: a few connections, one statement for each request. Reads by key take
//! microseconds, so they run where they are; a write waits for its own commit on a thread that may block.

use std::{
    path::Path as FilePath,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use rusqlite::{Connection, OpenFlags, config::DbConfig, params};
use time::OffsetDateTime;

use super::{
    Change, NewUser, Page,
    user::{Row, User},
};

/// A query of users.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, account_id, email, first_name, last_name, full_name, active, external_id, phone, street1, street2, city, \
             state_province, postal_code, country, created_at, last_login_at FROM users ",
            $condition
        )
    };
}
const READERS: usize = 4;

#[derive(Clone)]
struct Pool {
    readers: Arc<Vec<Mutex<Connection>>>,
    writer: Arc<Mutex<Connection>>,
    next: Arc<AtomicUsize>,
}

/// Over a file of its own: two programs that write one file would wait for each other.
#[expect(
    clippy::disallowed_methods,
    reason = "an anchor has no OpenAPI document"
)]
pub(super) fn router(path: &FilePath) -> anyhow::Result<Router> {
    let writer = Connection::open(path)?;
    plan_once(&writer)?;
    writer.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
    )?;
    let pool = Pool {
        readers: Arc::new(
            (0..READERS)
                .map(|_| reader(path))
                .collect::<Result<_, _>>()?,
        ),
        writer: Arc::new(Mutex::new(writer)),
        next: Arc::default(),
    };
    Ok(Router::new()
        .route("/users/{id}", get(by_id).patch(change).delete(delete))
        .route("/by-email/{email}", get(by_email))
        .route("/users", get(list))
        .route("/users", post(create))
        .with_state(pool))
}

fn reader(path: &FilePath) -> rusqlite::Result<Mutex<Connection>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    plan_once(&connection)?;
    Ok(Mutex::new(connection))
}

/// As the server does: seeding ends with `ANALYZE`, after which statements would be planned anew for each value.
fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
    set.map(drop)
}

impl Pool {
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StatusCode> {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let reader = self.readers[place].lock();
        work(&reader.unwrap_or_else(PoisonError::into_inner)).map_err(failed)
    }

    async fn write<T: Send + 'static>(
        self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StatusCode> {
        let written = tokio::task::spawn_blocking(move || {
            let writer = self.writer.lock();
            work(&writer.unwrap_or_else(PoisonError::into_inner)).map_err(failed)
        });
        written
            .await
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn failed(error: rusqlite::Error) -> StatusCode {
    if error == rusqlite::Error::QueryReturnedNoRows {
        return StatusCode::NOT_FOUND;
    }
    eprintln!("anchor: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

fn user(row: &rusqlite::Row<'_>) -> rusqlite::Result<User> {
    Ok(Row {
        id: row.get(0)?,
        account_id: row.get(1)?,
        email: row.get(2)?,
        first_name: row.get(3)?,
        last_name: row.get(4)?,
        full_name: row.get(5)?,
        active: row.get(6)?,
        external_id: row.get(7)?,
        phone: row.get(8)?,
        street1: row.get(9)?,
        street2: row.get(10)?,
        city: row.get(11)?,
        state_province: row.get(12)?,
        postal_code: row.get(13)?,
        country: row.get(14)?,
        created_at: instant(row.get(15)?),
        last_login_at: instant(row.get(16)?),
    }
    .into())
}

fn instant(microseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(microseconds.div_euclid(1_000_000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

async fn by_id(State(pool): State<Pool>, Path(id): Path<i64>) -> Result<Json<User>, StatusCode> {
    let found = pool.read(|connection| {
        connection
            .prepare_cached(select!("WHERE organization_id = 2 AND id = ?1"))?
            .query_row([id], user)
    });
    found.map(Json)
}

async fn by_email(
    State(pool): State<Pool>,
    Path(email): Path<String>,
) -> Result<Json<User>, StatusCode> {
    let found = pool.read(|connection| {
        connection
            .prepare_cached(select!("WHERE email_folded = ?1"))?
            .query_row([email.to_lowercase()], user)
    });
    found.map(Json)
}

async fn list(
    State(pool): State<Pool>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<User>>, StatusCode> {
    let listed = tokio::task::spawn_blocking(move || {
        pool.read(|connection| {
            if let Some(city) = page.city {
                connection
                    .prepare_cached(select!(
                        "WHERE organization_id = ?1 AND active = 1 AND id > ?2 AND city = ?3 ORDER BY id LIMIT 201"
                    ))?
                    .query_map(params![page.organization, page.after, city], user)?
                    .take(200)
                    .collect::<Result<Vec<_>, _>>()
            } else {
                connection
                    .prepare_cached(select!(
                        "WHERE organization_id = ?1 AND active = 1 AND id > ?2 ORDER BY id LIMIT 201"
                    ))?
                    .query_map(params![page.organization, page.after], user)?
                    .take(200)
                    .collect::<Result<Vec<_>, _>>()
            }
        })
    });
    listed
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map(Json)
}

/// Into the same table, so with the same keys, indexes and triggers.
async fn create(
    State(pool): State<Pool>,
    Json(new): Json<NewUser>,
) -> Result<Json<User>, StatusCode> {
    let created = pool.write(move |connection| {
        connection
            .prepare_cached(
                "INSERT INTO users (organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, \
                 last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, updated_at, revision) \
                 VALUES (2, 2, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 0, unixepoch() * 1000000, unixepoch() * 1000000, 1) \
                 RETURNING id, account_id, email, first_name, last_name, full_name, active, external_id, phone, street1, street2, \
                 city, state_province, postal_code, country, created_at, last_login_at",
            )?
            .query_row(
                params![
                    new.email,
                    new.email.to_lowercase(),
                    new.first_name,
                    new.first_name.to_lowercase(),
                    new.last_name,
                    new.last_name.to_lowercase(),
                    new.full_name(),
                    new.full_name().to_lowercase(),
                ],
                user,
            )
    });
    created.await.map(Json)
}

async fn change(
    State(pool): State<Pool>,
    Path(id): Path<i64>,
    Json(change): Json<Change>,
) -> Result<Json<User>, StatusCode> {
    let changed = pool.write(move |connection| {
        connection
            .prepare_cached(
                "UPDATE users SET phone = ?2, phone_folded = ?3, updated_at = unixepoch() * 1000000, revision = revision + 1 \
                 WHERE organization_id = 2 AND id = ?1 \
                 RETURNING id, account_id, email, first_name, last_name, full_name, active, external_id, phone, street1, street2, \
                 city, state_province, postal_code, country, created_at, last_login_at",
            )?
            .query_row(params![id, change.phone, change.phone.to_lowercase()], user)
    });
    changed.await.map(Json)
}

async fn delete(State(pool): State<Pool>, Path(id): Path<i64>) -> Result<StatusCode, StatusCode> {
    let deleted = pool.write(move |connection| {
        connection
            .prepare_cached("DELETE FROM users WHERE organization_id = 2 AND id = ?1")?
            .execute([id])
    });
    match deleted.await? {
        1 => Ok(StatusCode::OK),
        _ => Err(StatusCode::NOT_FOUND),
    }
}
