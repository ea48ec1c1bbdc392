//! What the server says about itself: the OpenAPI document, for programs and for people.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::{
    openapi::{CONTENT_SECURITY_POLICY, page},
    router::AppState,
};

/// The document, rendered once.
#[derive(Debug)]
pub(crate) struct Reference {
    json: Bytes,
    html: Bytes,
}

impl Reference {
    pub(crate) fn new(document: &Value) -> Self {
        Self {
            json: document.to_string().into(),
            html: page(document).into(),
        }
    }
}

/// The API as an OpenAPI document
#[utoipa::path(
    get, path = "/openapi.json", tag = "server",
    responses((status = 200, body = Object))
)]
pub(crate) async fn document(State(state): State<AppState>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, state.reference.json.clone()).into_response()
}

/// The API as a page to read
#[utoipa::path(
    get, path = "/docs", tag = "server",
    responses((status = 200, body = String, content_type = "text/html"))
)]
pub(crate) async fn read(State(state): State<AppState>) -> Response {
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, state.reference.html.clone()).into_response()
}
