//! axum and sqlx: one statement for each request, the way their examples do it.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use sqlx::{
    PgPool, Row as _,
    postgres::{PgPoolOptions, PgRow},
};

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

#[expect(
    clippy::disallowed_methods,
    reason = "an anchor has no OpenAPI document"
)]
pub(super) async fn router(url: &str, connections: u32) -> anyhow::Result<Router> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await?;
    Ok(Router::new()
        .route("/users/{id}", get(by_id).patch(change).delete(delete))
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
        street1: row.try_get(9)?,
        street2: row.try_get(10)?,
        city: row.try_get(11)?,
        state_province: row.try_get(12)?,
        postal_code: row.try_get(13)?,
        country: row.try_get(14)?,
        created_at: row.try_get(15)?,
        last_login_at: row.try_get(16)?,
    }
    .into())
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn failed(error: sqlx::Error) -> StatusCode {
    eprintln!("anchor: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn by_id(State(pool): State<PgPool>, Path(id): Path<i64>) -> Result<Json<User>, StatusCode> {
    let statement = sqlx::query(select!("WHERE organization_id = 2 AND id = $1")).bind(id);
    let row = statement.fetch_optional(&pool).await.map_err(failed)?;
    let row = row.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(user(&row).map_err(failed)?))
}

async fn by_email(
    State(pool): State<PgPool>,
    Path(email): Path<String>,
) -> Result<Json<User>, StatusCode> {
    let statement = sqlx::query(select!("WHERE email_folded = $1")).bind(email.to_lowercase());
    let row = statement.fetch_optional(&pool).await.map_err(failed)?;
    let row = row.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(user(&row).map_err(failed)?))
}

async fn list(
    State(pool): State<PgPool>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<User>>, StatusCode> {
    let statement = if let Some(city) = page.city {
        sqlx::query(select!(
            "WHERE organization_id = $1 AND active AND id > $2 AND city = $3 ORDER BY id LIMIT 201"
        ))
        .bind(page.organization)
        .bind(page.after)
        .bind(city)
    } else {
        sqlx::query(select!(
            "WHERE organization_id = $1 AND active AND id > $2 ORDER BY id LIMIT 201"
        ))
        .bind(page.organization)
        .bind(page.after)
    };
    let rows = statement.fetch_all(&pool).await.map_err(failed)?;
    let users: Result<Vec<_>, _> = rows.iter().take(200).map(user).collect();
    Ok(Json(users.map_err(failed)?))
}

/// Into the same table, so with the same keys, indexes and triggers.
async fn create(
    State(pool): State<PgPool>,
    Json(new): Json<NewUser>,
) -> Result<Json<User>, StatusCode> {
    let row = sqlx::query(
        "INSERT INTO users (organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, \
         last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, updated_at, revision) \
         VALUES (2, 2, $1, $2, $3, $4, $5, $6, $7, $8, true, false, now(), now(), 1) \
         RETURNING id, account_id, email, first_name, last_name, full_name, active, external_id, phone, street1, street2, city, \
         state_province, postal_code, country, created_at, last_login_at",
    )
    .bind(&new.email)
    .bind(new.email.to_lowercase())
    .bind(&new.first_name)
    .bind(new.first_name.to_lowercase())
    .bind(&new.last_name)
    .bind(new.last_name.to_lowercase())
    .bind(new.full_name())
    .bind(new.full_name().to_lowercase())
    .fetch_one(&pool)
    .await
    .map_err(failed)?;
    Ok(Json(user(&row).map_err(failed)?))
}

async fn change(
    State(pool): State<PgPool>,
    Path(id): Path<i64>,
    Json(change): Json<Change>,
) -> Result<Json<User>, StatusCode> {
    let row = sqlx::query(
        "UPDATE users SET phone = $2, phone_folded = $3, updated_at = now(), revision = revision + 1 \
         WHERE organization_id = 2 AND id = $1 \
         RETURNING id, account_id, email, first_name, last_name, full_name, active, external_id, phone, street1, street2, city, \
         state_province, postal_code, country, created_at, last_login_at",
    )
    .bind(id)
    .bind(&change.phone)
    .bind(change.phone.to_lowercase())
    .fetch_optional(&pool)
    .await
    .map_err(failed)?;
    let row = row.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(user(&row).map_err(failed)?))
}

async fn delete(State(pool): State<PgPool>, Path(id): Path<i64>) -> Result<StatusCode, StatusCode> {
    let deleted = sqlx::query("DELETE FROM users WHERE organization_id = 2 AND id = $1")
        .bind(id)
        .execute(&pool)
        .await
        .map_err(failed)?;
    if deleted.rows_affected() == 1 {
        Ok(StatusCode::OK)
    } else {
        Err(StatusCode::NOT_FOUND)
    }
}
