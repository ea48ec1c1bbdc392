//! Bodies: read within a limit and a time, as JSON objects.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header, request::Parts},
};
use tenantry_domain::Problem;
use tenantry_wire::{JsonObject, NotAnObject};
use tokio::time::Instant;

use crate::{HttpConfig, caller, error::ApiError, router::AppState};

/// A body that nobody has looked at yet. Handlers take it last, and read it after they know that the caller may call.
#[derive(Debug)]
pub(crate) struct UnreadBody {
    request: Request,
    state: AppState,
}

impl FromRequest<AppState> for UnreadBody {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self {
            request,
            state: state.clone(),
        })
    }
}

impl UnreadBody {
    /// Reads it as a JSON object.
    pub(crate) async fn object(self) -> Result<JsonObject, ApiError> {
        JsonObject::parse(&self.bytes().await?).map_err(refused)
    }

    /// Reads it as a JSON array of objects.
    pub(crate) async fn array(self) -> Result<Vec<JsonObject>, ApiError> {
        JsonObject::parse_array(&self.bytes().await?).map_err(refused)
    }

    async fn bytes(self) -> Result<Bytes, ApiError> {
        if !is_json(self.request.headers()) {
            return Err(ApiError::unsupported_media_type());
        }
        let (parts, body) = self.request.into_parts();
        read(&self.state, &parts, body).await
    }
}

/// Bodies that take longer than this are from a caller who may be somebody else by now.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Reads a body to its end, within the limit and the time. Whoever takes long for it is authenticated again: what was
/// revoked meanwhile must not be used by holding a body back.
pub(crate) async fn read(state: &AppState, parts: &Parts, body: Body) -> Result<Bytes, ApiError> {
    let began = Instant::now();
    let bytes = read_within(&parts.headers, body, &state.config).await?;
    if began.elapsed() > AT_ONCE {
        caller::confirm(state, parts).await?;
    }
    Ok(bytes)
}

async fn read_within(
    headers: &HeaderMap,
    body: Body,
    config: &HttpConfig,
) -> Result<Bytes, ApiError> {
    let limit = config.body_limit;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|text| text.parse::<u64>().ok())
        .is_some_and(|length| length > limit as u64)
    {
        return Err(ApiError::body_too_large(limit));
    }
    tokio::time::timeout(config.body_timeout, to_bytes(body, limit))
        .await
        .map_err(|_| ApiError::body_too_slow())?
        .map_err(|error| {
            if is_length_limit(&error) {
                ApiError::body_too_large(limit)
            } else {
                ApiError::invalid(vec![Problem::new("body", "broke off before its end")])
            }
        })
}

fn refused(error: NotAnObject) -> ApiError {
    ApiError::invalid(vec![Problem::new("body", error.0)])
}

/// JSON in UTF-8. Without a `Content-Type` it is taken for that; whether it is, shows when it is read.
fn is_json(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = media == "application/json"
        || (media.starts_with("application/") && media.ends_with("+json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => charset
            .trim()
            .trim_matches('"')
            .eq_ignore_ascii_case("utf-8"),
        _ => true,
    });
    json && utf8
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        source = error.source();
    }
    false
}
