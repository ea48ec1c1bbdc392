//! Who is calling: from the `Authorization` header to an [`Actor`], or 401.
//!
//! The operator's command line calls the router within the process, and puts the actor into the request's extensions itself.
//! Nothing that comes over the network can: extensions are no part of a message, and nothing in this crate puts an actor
//! there but [`authenticate`].

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Extensions, HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use tenantry_domain::{Actor, Admission, CalledInstance, services::PresentedSecrets};
use tenantry_wire::authorization;

use crate::{
    error::ApiError,
    exchange::{note_route, request_id},
    idempotency, negotiation,
    router::AppState,
};

/// Lets nobody under the base path who is not authenticated, whether the path exists or not; then nobody whom no reply can
/// satisfy; and does once what is repeated under one key. Every layer costs each request some microseconds, so all are one.
pub(crate) async fn authenticate(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    note_route(&request);
    let id = request_id(request.extensions())?;
    let actor = if let Some(operator) = operator(request.extensions()) {
        operator.in_request(id)
    } else {
        let secrets = presented(request.headers()).ok_or_else(ApiError::unauthenticated)?;
        let authentication = &state.platform.authentication;
        authentication.authenticate(&secrets, id).await?
    };
    request.extensions_mut().insert(actor);
    negotiation::check_accept(&request)?;
    idempotency::once(&state, request, next).await
}

/// Whether the caller is still who it was when the request began. Without a caller there is nothing to confirm.
pub(crate) async fn confirm(state: &AppState, parts: &Parts) -> Result<(), ApiError> {
    let Some(before) = parts.extensions.get::<Actor>() else {
        return Ok(());
    };
    if before.is_operator() {
        return Ok(());
    }
    let id = request_id(&parts.extensions)?;
    let secrets = presented(&parts.headers).ok_or_else(ApiError::unauthenticated)?;
    let authentication = &state.platform.authentication;
    let now = authentication.authenticate(&secrets, id).await?;
    if now.identity() == before.identity() && now.admission() == before.admission() {
        Ok(())
    } else {
        Err(ApiError::changed_meanwhile())
    }
}

/// The operator at the command line, whom nobody has to authenticate.
fn operator(extensions: &Extensions) -> Option<Actor> {
    let actor = extensions.get::<Actor>()?;
    actor.is_operator().then(|| actor.clone())
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

/// The caller of a platform call, as an argument of handlers: no handler without one can reach a use case that takes an
/// actor.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Actor);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let actor = actor(parts)?;
        match actor.admission() {
            Admission::Platform => Ok(Self(actor)),
            Admission::Instance => Err(ApiError::unauthenticated()),
            Admission::PasswordChange => Err(ApiError::password_must_change()),
        }
    }
}

/// The caller of a call that is also open to those who must change their password first.
#[derive(Clone, Debug)]
pub(crate) struct CallerOfPasswordChange(pub(crate) Actor);

impl FromRequestParts<AppState> for CallerOfPasswordChange {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let actor = actor(parts)?;
        match actor.admission() {
            Admission::Platform | Admission::PasswordChange => Ok(Self(actor)),
            Admission::Instance => Err(ApiError::unauthenticated()),
        }
    }
}

/// The caller of a call through the instance whose token was presented.
#[derive(Clone, Debug)]
pub(crate) struct CallerThroughInstance(pub(crate) Actor, pub(crate) CalledInstance);

impl FromRequestParts<AppState> for CallerThroughInstance {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let actor = actor(parts)?;
        if actor.admission() == Admission::PasswordChange {
            return Err(ApiError::password_must_change());
        }
        let instance = actor.instance().copied();
        let instance = instance.ok_or_else(ApiError::unauthenticated)?;
        Ok(Self(actor, instance))
    }
}

fn actor(parts: &Parts) -> Result<Actor, ApiError> {
    let found = parts.extensions.get::<Actor>().cloned();
    found.ok_or_else(ApiError::unauthenticated)
}
