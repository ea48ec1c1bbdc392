//! Whether the server lives, and whether it can serve: for load balancers, without credentials.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{error::ApiError, router::AppState};

/// `GET /healthz`: the process answers. Says nothing about the store, so that nobody restarts a healthy server because
/// the store is away.
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /readyz`: the store answers too.
pub(crate) async fn ready(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    state.platform.keyring.sentinel().await?;
    Ok(Json(json!({"status": "ready"})))
}
