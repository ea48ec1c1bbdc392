//! Around every request: its id, its span, its log line and its count, the rendering of errors, and what becomes
//! of an unread body.

use std::{any::Any, sync::Arc};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tenantry_domain::{RequestId, ports::RequestIds};
use tenantry_wire::header;
use tracing::{Instrument, error, info, info_span};

use crate::{
    HttpConfig, cors,
    error::ApiError,
    metrics::{self, Metrics, Running},
    negotiation::ErrorFormat,
    router::AppState,
    unread::Unread,
};

/// What [`run`] needs.
#[derive(Clone)]
pub(crate) struct Exchange {
    request_ids: Arc<dyn RequestIds>,
    config: Arc<HttpConfig>,
    metrics: Option<Arc<Metrics>>,
}

impl Exchange {
    pub(crate) fn new(state: &AppState) -> Self {
        Self {
            request_ids: Arc::clone(&state.platform.request_ids),
            config: Arc::clone(&state.config),
            metrics: state.metrics.clone(),
        }
    }
}

/// Gives the request its id, logs what became of it, and turns an [`ApiError`] into the body that the client asked for.
pub(crate) async fn run(
    State(exchange): State<Exchange>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = exchange.request_ids.next();
    request.extensions_mut().insert(id);
    let unread = Unread::watch(&mut request);
    let running = exchange
        .metrics
        .as_ref()
        .map(|metrics| Running::begin(metrics, &mut request));
    let format = ErrorFormat::of(request.headers());
    let uri = request.uri().clone();
    let span = info_span!(
        "request",
        request_id = %id,
        method = %request.method(),
        path = tracing::field::Empty,
    );
    let mut response = async {
        #[expect(
            clippy::disallowed_methods,
            reason = "how long a request took is no business of the injected clock"
        )]
        let started = std::time::Instant::now();
        let mut response = cors::answer(&exchange.config, request, next).await;
        let error = response.extensions_mut().remove::<ApiError>();
        if let Some(error) = &error
            && let Some(cause) = error.cause()
        {
            error!(
                status = error.status().as_u16(),
                cause, "the request failed"
            );
        }
        let response = match error {
            Some(error) => error.render(response, uri.path(), id, format),
            None if response.status().is_client_error() || response.status().is_server_error() => {
                ApiError::of_status(response.status()).render(response, uri.path(), id, format)
            }
            None => response,
        };
        let took = started.elapsed();
        info!(
            status = response.status().as_u16(),
            duration_ms = took.as_secs_f64() * 1000.0,
            "answered"
        );
        if let Some(running) = running {
            running.answered(response.status(), took);
        }
        response
    }
    .instrument(span)
    .await;
    if let Some(unread) = unread {
        unread.settle(&mut response, &exchange.config);
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(header::REQUEST_ID), value);
    }
    response
}

/// Tells log and metrics where the request led. By its template: a path may hold an e-mail address.
pub(crate) fn note_route(request: &Request) {
    if let Some(path) = request.extensions().get::<MatchedPath>() {
        tracing::Span::current().record("path", path.as_str());
        metrics::note_route(request, path);
    }
}

/// As [`note_route`], for routes without credentials.
pub(crate) async fn outside(request: Request, next: Next) -> Response {
    note_route(&request);
    next.run(request).await
}

/// A bug in a handler is that request's misfortune, not the server's.
#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::internal(format!("a handler panicked: {message}")).into_response()
}

/// The id of the running request, for handlers and extractors.
pub(crate) fn request_id(extensions: &axum::http::Extensions) -> Result<RequestId, ApiError> {
    let found = extensions.get::<RequestId>().copied();
    found.ok_or_else(|| ApiError::internal("the request has no id".to_owned()))
}

/// The id of the running request, as an argument of handlers that have no caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunningRequest(pub(crate) RequestId);

impl FromRequestParts<AppState> for RunningRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        request_id(&parts.extensions).map(Self)
    }
}
