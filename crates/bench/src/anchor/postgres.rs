//! axum and sqlx: one statement for each request, the way their examples do it.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use sqlx::{
    PgPool, Row as _,
    postgres::{PgPoolOptions, PgRow},
};

use super::{Row, User};

const SELECT: &str = "SELECT id, account_id, email, first_name, last_name, full_name, active, external_id, phone, city, country, \
    (extract(epoch FROM created_at) * 1000000)::bigint, coalesce((extract(epoch FROM last_login_at) * 1000000)::bigint, 0) FROM users";

pub(super) async fn router(url: &str, connections: u32) -> anyhow::Result<Router> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await?;
    Ok(Router::new()
        .route("/users/{id}", get(by_id))
        .route("/by-email/{email}", get(by_email))
        .route("/users", get(list))
        .route("/users", post(create))
        .with_state(pool))
}

fn user(row: &PgRow) -> Result<User, sqlx::Error> {
    Ok(Row {
        id: row.try_get(0)?,
        account_id: row.try_get(1)?,
        email: row.try_get(2)?,
        first_name: row.try_get(3)?,
        last_name: row.try_get(4)?,
        full_name: row.try_get(5)?,
        active: row.try_get(6)?,
        external_id: row.try_get(7)?,
        phone: row.try_get(8)?,
        city: row.try_get(9)?,
        country: row.try_get(10)?,
        created_at: row.try_get(11)?,
        last_login_at: row.try_get(12)?,
    }
    .into())
}

fn failed(_: sqlx::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn by_id(State(pool): State<PgPool>, Path(id): Path<i64>) -> Result<Json<User>, StatusCode> {
    let statement = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE id = $1"))).bind(id);
    let row = statement.fetch_optional(&pool).await.map_err(failed)?;
    let row = row.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(user(&row).map_err(failed)?))
}

async fn by_email(
    State(pool): State<PgPool>,
    Path(email): Path<String>,
) -> Result<Json<User>, StatusCode> {
    let text = format!("{SELECT} WHERE email_folded = $1");
    let statement = sqlx::query(sqlx::AssertSqlSafe(text)).bind(email);
    let row = statement.fetch_optional(&pool).await.map_err(failed)?;
    let row = row.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(user(&row).map_err(failed)?))
}

#[derive(Deserialize)]
struct Page {
    organization: i64,
    after: i64,
    city: Option<String>,
}

async fn list(
    State(pool): State<PgPool>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<User>>, StatusCode> {
    let condition = if page.city.is_some() {
        "AND city = $3"
    } else {
        "AND $3::text IS NULL"
    };
    let text = format!(
        "{SELECT} WHERE organization_id = $1 AND active AND id > $2 {condition} ORDER BY id LIMIT 201"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(page.organization)
        .bind(page.after)
        .bind(page.city)
        .fetch_all(&pool)
        .await
        .map_err(failed)?;
    let users: Result<Vec<_>, _> = rows.iter().take(200).map(user).collect();
    Ok(Json(users.map_err(failed)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    first_name: String,
    last_name: String,
    email: String,
}

/// Into a table of its own with the same columns, keys and indexes: the server's own stays what it is.
async fn create(
    State(pool): State<PgPool>,
    Json(new): Json<NewUser>,
) -> Result<Json<i64>, StatusCode> {
    let folded = new.email.to_lowercase();
    let row = sqlx::query(
        "INSERT INTO bench_users (organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, \
         last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, updated_at, revision) \
         VALUES (2, 2, $1, $2, $3, lower($3), $4, lower($4), $3 || ' ' || $4, lower($3 || ' ' || $4), true, false, now(), now(), 1) \
         RETURNING id",
    )
    .bind(new.email)
    .bind(folded)
    .bind(new.first_name)
    .bind(new.last_name)
    .fetch_one(&pool)
    .await
    .map_err(failed)?;
    Ok(Json(row.try_get(0).map_err(failed)?))
}
