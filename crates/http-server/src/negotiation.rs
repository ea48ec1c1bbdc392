//! `Accept`: whether it can be met, and in which form errors are wanted.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use tenantry_wire::error::PROBLEM_JSON;

use crate::error::ApiError;

/// In which form an error is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// `{requestId, message}`.
    Legacy,
    /// RFC 9457, for those who name its media type.
    Problem,
}

impl ErrorFormat {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if accepted(headers).any(|range| range.eq_ignore_ascii_case(PROBLEM_JSON)) {
            Self::Problem
        } else {
            Self::Legacy
        }
    }
}

/// Refuses a request whose `Accept` no reply can meet. The reply to DELETE is empty, so it meets any.
pub(crate) fn check_accept(request: &Request) -> Result<(), ApiError> {
    if request.method() != Method::DELETE && !admits_json(request.headers()) {
        return Err(ApiError::not_acceptable());
    }
    Ok(())
}

/// [`check_accept`] as a layer, for routes without credentials.
pub(crate) async fn outside(request: Request, next: Next) -> Result<Response, ApiError> {
    check_accept(&request)?;
    Ok(next.run(request).await)
}

/// Whether JSON may be answered. No `Accept`, or one that names nothing, means anything.
fn admits_json(headers: &HeaderMap) -> bool {
    let met = ["*/*", "application/*", "application/json", PROBLEM_JSON];
    let names_nothing = headers.get_all(header::ACCEPT).iter().all(|value| {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b',');
        value.as_bytes().iter().all(blank)
    });
    names_nothing
        || accepted(headers).any(|range| met.iter().any(|ours| range.eq_ignore_ascii_case(ours)))
}

/// The media ranges that the client accepts, without parameters; those of weight 0 are left out.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next()?;
            let refused = parts.any(|parameter| {
                parameter.split_once('=').is_some_and(|(name, weight)| {
                    name.trim().eq_ignore_ascii_case("q")
                        && weight
                            .trim()
                            .parse::<f32>()
                            .is_ok_and(|weight| weight <= 0.0)
                })
            });
            (!refused).then_some(media)
        })
}
