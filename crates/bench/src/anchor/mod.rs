//! The anchors: small honest programs of the same libraries. They authenticate nobody, check nothing and record nothing; what
//! they do is the least that an answer costs.

mod postgres;
mod sqlite;

use axum::{
    Router,
    http::{HeaderMap, header},
    response::IntoResponse,
    routing::get,
};
use serde::Serialize;
use tokio::net::TcpListener;

/// Over which store.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Postgres(String),
    Sqlite(std::path::PathBuf),
}

/// Answers until it is killed; says first where.
pub(crate) async fn serve(store: &Store, connections: u32) -> anyhow::Result<()> {
    let router = match store {
        Store::Postgres(url) => postgres::router(url, connections).await?,
        Store::Sqlite(path) => sqlite::router(path)?,
    };
    let router = router.merge(Router::new().route("/static", get(fixed)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

/// As large as the reply that names one user.
const BODY: &str = include_str!("user.json");

/// A body that is always the same, after the headers that an authenticated call has were read.
async fn fixed(headers: HeaderMap) -> impl IntoResponse {
    let known = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| !value.is_empty());
    let body = if known { BODY } else { "" };
    ([(header::CONTENT_TYPE, "application/json")], body)
}

/// A user as the API shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the contract's fields")]
struct User {
    id: i64,
    created_date: String,
    username: String,
    first_name: String,
    last_name: String,
    full_name: String,
    email: String,
    active: bool,
    last_login_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    account_expired: bool,
    account_non_expired: bool,
    account_locked: bool,
    account_non_locked: bool,
    credentials_expired: bool,
    credentials_non_expired: bool,
    email_valid: bool,
    enabled: bool,
    account_id: i64,
}

/// What a query answers, in the order of [`COLUMNS`].
struct Row {
    id: i64,
    account_id: i64,
    email: String,
    first_name: String,
    last_name: String,
    full_name: String,
    active: bool,
    external_id: Option<String>,
    phone: Option<String>,
    city: Option<String>,
    country: Option<String>,
    /// Microseconds since 1970.
    created_at: i64,
    last_login_at: i64,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            created_date: day(row.created_at),
            username: row.email.clone(),
            first_name: row.first_name,
            last_name: row.last_name,
            full_name: row.full_name,
            email: row.email,
            active: row.active,
            last_login_date: day(row.last_login_at),
            external_id: row.external_id,
            phone: row.phone,
            city: row.city,
            country: row.country,
            account_expired: false,
            account_non_expired: row.active,
            account_locked: false,
            account_non_locked: true,
            credentials_expired: true,
            credentials_non_expired: false,
            email_valid: true,
            enabled: row.active,
            account_id: row.account_id,
        }
    }
}

fn day(microseconds: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(microseconds.div_euclid(1_000_000));
    let date = at.map_or(time::Date::MIN, time::OffsetDateTime::date);
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}
