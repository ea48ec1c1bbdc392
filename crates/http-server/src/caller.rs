//! Who is calling: from the `Authorization` header to an [`Actor`], or 401.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use tenantry_domain::{Actor, services::PresentedSecrets};
use tenantry_wire::authorization;

use crate::{
    error::ApiError,
    exchange::{note_route, request_id},
    router::AppState,
};

/// Lets nobody under the base path who is not authenticated, whether the path exists or not.
pub(crate) async fn authenticate(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    note_route(&request);
    let id = request_id(request.extensions())?;
    let secrets = presented(request.headers()).ok_or_else(ApiError::unauthenticated)?;
    let actor = state
        .platform
        .authentication
        .authenticate(&secrets, id)
        .await?;
    request.extensions_mut().insert(actor);
    Ok(next.run(request).await)
}

fn presented(headers: &HeaderMap) -> Option<PresentedSecrets> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let header = values.next()?.to_str().ok()?;
    // Two headers would leave open which one counts.
    if values.next().is_some() {
        return None;
    }
    authorization::parse(header)
}

/// The caller, as an argument of handlers: no handler without one can reach a use case that takes an actor.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Actor);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Actor>()
            .cloned()
            .map(Self)
            .ok_or_else(ApiError::unauthenticated)
    }
}
