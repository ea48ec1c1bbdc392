//! Conditional requests: replies with an `ETag`, `If-Match`, `If-None-Match` (contract, section 3).

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tenantry_domain::{Expected, Problem, Revision};
use tenantry_wire::precondition;

use crate::error::ApiError;

/// What the request expects of what it changes.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Expected, ApiError> {
    match one(headers, &header::IF_MATCH)? {
        None => Ok(Expected::Anything),
        Some(value) => {
            precondition::if_match(value).map_err(|problem| ApiError::invalid(vec![problem]))
        }
    }
}

/// A reply with what was changed, and its new tag.
pub(crate) fn changed(revision: Revision, body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    tag(&mut response, revision);
    response
}

/// A reply to a GET: 304 without a body if the caller has this revision already.
pub(crate) fn found(
    headers: &HeaderMap,
    revision: Revision,
    body: impl Serialize,
) -> Result<Response, ApiError> {
    let known = match one(headers, &header::IF_NONE_MATCH)? {
        None => false,
        Some(value) => precondition::if_none_match(value, revision)
            .map_err(|problem| ApiError::invalid(vec![problem]))?,
    };
    if !known {
        return Ok(changed(revision, body));
    }
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    tag(&mut response, revision);
    Ok(response)
}

/// The value of a header; several lines of one header are one list (RFC 9110, section 5.3).
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, ApiError> {
    let refuse = |message: &str| ApiError::invalid(vec![Problem::new(name.as_str(), message)]);
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(refuse("is given twice; give one list"));
    }
    value
        .to_str()
        .map(Some)
        .map_err(|_| refuse("must be ASCII"))
}

fn tag(response: &mut Response, revision: Revision) {
    if let Ok(value) = HeaderValue::from_str(&precondition::etag(revision)) {
        response.headers_mut().insert(header::ETAG, value);
    }
}
