//! `Idempotency-Key`: a POST that is repeated under one key is done once and answered alike (contract, section 3).
//!
//! Replies of success alone are kept. What was refused changed nothing, so the same call is simply judged again.

use axum::{
    body::{Body, to_bytes},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tenantry_domain::{
    Actor, Problem,
    services::{FirstCall, Repetition},
};
use tracing::{Instrument as _, warn};

use crate::{body, error::ApiError, router::AppState};

/// Says on a reply that it is one from before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in characters.
const LONGEST_KEY: usize = 255;

/// A reply of success as it is kept, sealed.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    headers: Vec<(String, String)>,
    body: String,
}

/// Runs a call that was not run under its key before, and answers others of the same key from what is known.
pub(crate) async fn once(
    state: &AppState,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if request.method() != Method::POST || !leads_somewhere(state, &request) {
        return Ok(next.run(request).await);
    }
    let Some(key) = key(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let actor = request.extensions().get::<Actor>().cloned();
    let actor = actor.ok_or_else(ApiError::unauthenticated)?;
    let (parts, body) = request.into_parts();
    let bytes = body::read(state, &parts, body).await?;
    let call = call(&parts.method, &parts.uri.to_string(), &bytes);
    let replies = &state.platform.replies;
    match replies.begin(&actor, key, &call).await? {
        Repetition::Running => Err(ApiError::still_running()),
        Repetition::Other => Err(ApiError::other_call()),
        Repetition::Done(kept) => replay(&kept),
        Repetition::First(call) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            // In a task of its own: a client that goes away must not leave the key behind without its reply.
            let run = run(state.clone(), call, request, next).in_current_span();
            tokio::spawn(run)
                .await
                .map_err(|error| ApiError::internal(format!("a call under a key: {error}")))
        }
    }
}

/// Whether there is something to be done: a path that cannot be posted to is answered 404 or 405, whatever the key.
fn leads_somewhere(state: &AppState, request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    path.is_some_and(|path| state.posted_to.contains(path.as_str()))
}

async fn run(state: AppState, call: FirstCall, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let replies = &state.platform.replies;
    if !response.status().is_success() {
        if let Err(error) = replies.abandon(call).await {
            warn!(%error, "the key of a refused call stays in use for two minutes");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    // What handlers answer is in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return ApiError::internal("a reply broke off".to_owned()).into_response();
    };
    let kept = Kept {
        headers: parts.headers.iter().filter_map(text).collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    let finished = match serde_json::to_vec(&kept) {
        Ok(kept) => replies
            .finish(call, &kept)
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = finished {
        // The call itself is done, and its reply is true.
        warn!(%error, "a reply could not be kept; the same call would be done again after two minutes");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replay(kept: &[u8]) -> Result<Response, ApiError> {
    let kept: Kept = serde_json::from_slice(kept)
        .map_err(|error| ApiError::internal(format!("a kept reply is damaged: {error}")))?;
    let mut response = Body::from(kept.body).into_response();
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// The key, if there is one.
fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let refuse = |message: &str| ApiError::invalid(vec![Problem::new("Idempotency-Key", message)]);
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(refuse("is given twice; give it once"));
    }
    match value.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(refuse("must be 1 to 255 characters of ASCII")),
    }
}

/// What tells a call from others. Each part comes after its length.
fn call(method: &Method, target: &str, body: &[u8]) -> Vec<u8> {
    let mut call = Vec::with_capacity(target.len() + body.len() + 32);
    for part in [method.as_str().as_bytes(), target.as_bytes(), body] {
        call.extend((part.len() as u64).to_be_bytes());
        call.extend(part);
    }
    call
}

fn text((name, value): (&HeaderName, &HeaderValue)) -> Option<(String, String)> {
    let length = name == header::CONTENT_LENGTH;
    let value = value.to_str().ok().filter(|_| !length)?;
    Some((name.as_str().to_owned(), value.to_owned()))
}
