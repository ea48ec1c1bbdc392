//! What the server says about itself: the OpenAPI document.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::router::AppState;

/// The document, rendered once.
#[derive(Debug)]
pub(crate) struct Reference {
    json: Bytes,
}

impl Reference {
    pub(crate) fn new(document: &Value) -> Self {
        Self {
            json: document.to_string().into(),
        }
    }
}

/// This document
#[utoipa::path(
    get, path = "/openapi.json", tag = "server",
    responses((status = 200, body = Object))
)]
pub(crate) async fn document(State(state): State<AppState>) -> Response {
    let kind = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    ([kind], state.reference.json.clone()).into_response()
}
