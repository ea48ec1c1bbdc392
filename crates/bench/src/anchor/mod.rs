//! The anchors: small honest programs of the same libraries. They authenticate nobody, check nothing and record nothing; what
//! they do is the least that an answer costs.

mod postgres;
mod sqlite;
mod user;

use std::path::PathBuf;

use anyhow::Result;
use axum::{
    extract::{Path, Request},
    http::header,
    response::IntoResponse,
    routing::get,
};
use serde::Deserialize;
use tokio::net::TcpListener;

/// Over which store.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Postgres(String),
    Sqlite(PathBuf),
}

/// Answers until it is killed; says first where.
#[expect(
    clippy::disallowed_methods,
    reason = "an anchor has no OpenAPI document"
)]
pub(crate) async fn serve(store: &Store, connections: u32) -> Result<()> {
    let router = match store {
        Store::Postgres(url) => postgres::router(url, connections).await?,
        Store::Sqlite(path) => sqlite::router(path)?,
    };
    let router = router.route("/static/{bytes}", get(fixed));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

/// What static bodies are the beginning of.
const BODY: &str = include_str!("static.json");

/// A body of so many bytes, after the header that an authenticated call has was read.
async fn fixed(Path(bytes): Path<usize>, request: Request) -> impl IntoResponse {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let known = authorization.is_none_or(|value| !value.is_empty());
    let body = if known { &BODY[..bytes] } else { "" };
    ([(header::CONTENT_TYPE, "application/json")], body)
}

/// Which users are listed.
#[derive(Deserialize)]
struct Page {
    organization: i64,
    after: i64,
    city: Option<String>,
}

/// What is said of a user who is created.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    first_name: String,
    last_name: String,
    email: String,
}

impl NewUser {
    fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// What is changed of a user.
#[derive(Deserialize)]
struct Change {
    phone: String,
}
