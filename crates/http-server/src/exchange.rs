//! Around every request: its id, its span, its log line and its count, the rendering of errors, and what becomes
//! of an unread body.

use std::{any::Any, fmt, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request},
    http::{HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use tenantry_domain::{RequestId, ports::RequestIds};
use tenantry_wire::header;
use tower::ServiceExt as _;
use tower_http::normalize_path::NormalizePath;
use tracing::{Instrument, error, info, info_span};

use crate::{
    HttpConfig, cors,
    error::ApiError,
    metrics::{self, Metrics, Running},
    negotiation::ErrorFormat,
    router::AppState,
    unread::Unread,
};

/// What stands around every request.
pub(crate) struct Exchange {
    request_ids: Arc<dyn RequestIds>,
    config: Arc<HttpConfig>,
    metrics: Option<Arc<Metrics>>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Exchange {
    pub(crate) fn new(state: &AppState) -> Self {
        Self {
            request_ids: Arc::clone(&state.platform.request_ids),
            config: Arc::clone(&state.config),
            metrics: state.metrics.clone(),
        }
    }

    /// Gives the request its id, logs what became of it, and turns an [`ApiError`] into the body that the client asked for.
    pub(crate) async fn run(
        &self,
        routes: NormalizePath<Router>,
        mut request: Request,
    ) -> Response {
        let id = self.request_ids.next();
        request.extensions_mut().insert(id);
        let unread = Unread::watch(&mut request);
        let running = self
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
            let answer = async |request| answer(routes, request).await;
            let mut response = cors::around(&self.config, request, answer).await;
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
                None if response.status().is_client_error()
                    || response.status().is_server_error() =>
                {
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
            unread.settle(&mut response, &self.config);
        }
        if let Ok(value) = HeaderValue::try_from(id.to_string()) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(header::REQUEST_ID), value);
        }
        response
    }
}

/// A bug in a handler is that request's misfortune, not the server's.
async fn answer(routes: NormalizePath<Router>, request: Request) -> Response {
    // What a panic leaves half done is dropped with the request.
    match AssertUnwindSafe(routes.oneshot(request))
        .catch_unwind()
        .await
    {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(panic) => panicked(&*panic),
    }
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

fn panicked(panic: &(dyn Any + Send)) -> Response {
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
