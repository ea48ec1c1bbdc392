//! axum and rusqlite: a few connections, one statement for each request. Reads by key take microseconds, so they run where
//! they are; a write waits for its own commit on a thread that may block.

use std::{
    path::{Path as FilePath, PathBuf},
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
use rusqlite::{Connection, OpenFlags, params};
use serde::Deserialize;

use super::{Row, User};

const SELECT: &str = "SELECT id, account_id, email, first_name, last_name, full_name, active, external_id, phone, city, country, \
    created_at, last_login_at FROM users";
const READERS: usize = 4;

#[derive(Clone)]
struct Pool {
    readers: Arc<Vec<Mutex<Connection>>>,
    writer: Arc<Mutex<Connection>>,
    next: Arc<AtomicUsize>,
}

pub(super) fn router(path: &FilePath) -> anyhow::Result<Router> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let readers: Result<Vec<_>, _> = (0..READERS)
        .map(|_| Connection::open_with_flags(path, flags).map(Mutex::new))
        .collect();
    let pool = Pool {
        readers: Arc::new(readers?),
        writer: Arc::new(Mutex::new(own_file(path)?)),
        next: Arc::default(),
    };
    Ok(Router::new()
        .route("/users/{id}", get(by_id))
        .route("/by-email/{email}", get(by_email))
        .route("/users", get(list))
        .route("/users", post(create))
        .with_state(pool))
}

/// Writes go to a file of their own: two programs that write one file would wait for each other.
fn own_file(beside: &FilePath) -> anyhow::Result<Connection> {
    let mut path = PathBuf::from(beside);
    path.set_file_name("anchor.db");
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY AUTOINCREMENT, organization_id INTEGER NOT NULL,
             account_id INTEGER NOT NULL, email TEXT NOT NULL, email_folded TEXT NOT NULL UNIQUE, first_name TEXT NOT NULL,
             last_name TEXT NOT NULL, active INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;",
    )?;
    Ok(connection)
}

impl Pool {
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StatusCode> {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let connection = self.readers[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        })
    }
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
        city: row.get(9)?,
        country: row.get(10)?,
        created_at: row.get(11)?,
        last_login_at: row.get(12)?,
    }
    .into())
}

async fn by_id(State(pool): State<Pool>, Path(id): Path<i64>) -> Result<Json<User>, StatusCode> {
    let sql = const_format(" WHERE id = ?1");
    pool.read(|connection| connection.prepare_cached(&sql)?.query_row([id], user))
        .map(Json)
}

async fn by_email(
    State(pool): State<Pool>,
    Path(email): Path<String>,
) -> Result<Json<User>, StatusCode> {
    let sql = const_format(" WHERE email_folded = ?1");
    pool.read(|connection| connection.prepare_cached(&sql)?.query_row([email], user))
        .map(Json)
}

fn const_format(condition: &str) -> String {
    format!("{SELECT}{condition}")
}

#[derive(Deserialize)]
struct Page {
    organization: i64,
    after: i64,
    city: Option<String>,
}

async fn list(
    State(pool): State<Pool>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<User>>, StatusCode> {
    let listed = tokio::task::spawn_blocking(move || {
        let condition = if page.city.is_some() {
            "city = ?3"
        } else {
            "?3 IS NULL"
        };
        let sql = const_format(&format!(
            " WHERE organization_id = ?1 AND active = 1 AND id > ?2 AND {condition} ORDER BY id LIMIT 201"
        ));
        pool.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows =
                statement.query_map(params![page.organization, page.after, page.city], user)?;
            rows.take(200).collect::<rusqlite::Result<Vec<_>>>()
        })
    });
    listed
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map(Json)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    first_name: String,
    last_name: String,
    email: String,
}

async fn create(
    State(pool): State<Pool>,
    Json(new): Json<NewUser>,
) -> Result<Json<i64>, StatusCode> {
    let created = tokio::task::spawn_blocking(move || {
        let connection = pool.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let folded = new.email.to_lowercase();
        connection
            .prepare_cached(
                "INSERT INTO users (organization_id, account_id, email, email_folded, first_name, last_name, active, created_at) \
                 VALUES (2, 2, ?1, ?2, ?3, ?4, 1, 0)",
            )?
            .execute(params![new.email, folded, new.first_name, new.last_name])?;
        Ok::<_, rusqlite::Error>(connection.last_insert_rowid())
    });
    created
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map(Json)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
