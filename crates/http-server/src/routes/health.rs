//! Whether the server lives, and whether it can serve: for load balancers, without credentials.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{error::ApiError, router::AppState};

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// One word.
    status: &'static str,
}

/// Whether the process answers
///
/// Says nothing about the store, so that nobody restarts a healthy server because the store is away.
#[utoipa::path(
    get, path = "/healthz", tag = "server",
    responses((status = 200, body = Health))
)]
pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the store answers too
#[utoipa::path(
    get, path = "/readyz", tag = "server",
    responses((status = 200, body = Health), (status = 503))
)]
pub(crate) async fn ready(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    state.platform.keyring.sentinel().await?;
    Ok(Json(Health { status: "ready" }))
}
