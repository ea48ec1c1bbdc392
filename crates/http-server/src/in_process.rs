//! Calls without a socket: the operator's command line goes the same way as everybody's, through the same router.

use axum::{
    body::{Body, to_bytes},
    http::{self, HeaderMap, Method, Request, header},
};
use tenantry_domain::{Actor, Revision};
use tenantry_wire::{BASE_PATH, precondition};
use tower::ServiceExt as _;

use crate::Api;

/// The API within this process, called as one actor. Only the operator is believed without credentials
/// ([`Actor::operator`]); every other actor is answered 401.
#[derive(Clone, Debug)]
pub struct InProcess {
    api: Api,
    actor: Actor,
}

/// A reply, read to its end.
#[derive(Debug)]
pub struct InProcessReply {
    /// The status of HTTP.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum InProcessError {
    /// Path or parameters are none of HTTP.
    #[error("the call cannot be made")]
    Call(#[from] http::Error),
    /// The reply broke off.
    #[error("the reply broke off")]
    Reply(#[source] axum::Error),
}

impl InProcess {
    /// Calls of `api` as `actor`.
    pub fn new(api: Api, actor: Actor) -> Self {
        Self { api, actor }
    }

    /// The same, called as another actor.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self {
            api: self.api.clone(),
            actor,
        }
    }

    /// Makes one call. The path is the one below `/elements/api-v2`, encoded, with its parameters.
    ///
    /// # Errors
    /// If there is no reply; a refusal is one.
    pub async fn call(
        &self,
        method: Method,
        path_and_query: &str,
        expected: Option<Revision>,
        body: Option<String>,
    ) -> Result<InProcessReply, InProcessError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{BASE_PATH}{path_and_query}"))
            .header(header::ACCEPT, "application/json")
            .extension(self.actor.clone());
        if let Some(revision) = expected {
            request = request.header(header::IF_MATCH, precondition::etag(revision));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from))?;
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        // What handlers answer is in memory already.
        let body = to_bytes(body, usize::MAX)
            .await
            .map_err(InProcessError::Reply)?;
        Ok(InProcessReply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.to_vec(),
        })
    }
}
