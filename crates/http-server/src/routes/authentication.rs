//! `/authentication`: logging in, and what callers do with their own credentials (contract, section 4).

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use tenantry_wire::{
    authentication::{
        AuthenticatedUserBody, LoginBody, PasswordChangeBody, SecretsBody, UserSecretBody, login,
        overlap_hours, password_change,
    },
    query::Query,
};
use tokio::time::{Instant, sleep_until};

use crate::{
    ClientAddress,
    attempt::try_password,
    body::UnreadBody,
    caller::{Caller, CallerOfPasswordChange},
    error::ApiError,
    exchange::RunningRequest,
    extract::QueryString,
    openapi::OverlapHours,
    router::AppState,
};

/// Log in
///
/// Without credentials. Answers a `token` for `Authorization: Bearer`, good for twelve hours, and sets `lastLoginDate`. Unknown
/// users and wrong passwords are refused in the same words and the same time; five wrong passwords in a row lock the user for
/// 30 minutes. Where the password must be changed first, the token is good for `POST /authentication/passwords` alone.
#[utoipa::path(
    post, path = "/authentication", tag = "authentication",
    request_body = LoginBody,
    security(()),
    responses((status = 200, body = AuthenticatedUserBody))
)]
pub(crate) async fn log_in(
    State(state): State<AppState>,
    RunningRequest(request_id): RunningRequest,
    ClientAddress(address): ClientAddress,
    body: UnreadBody,
) -> Result<Json<AuthenticatedUserBody>, ApiError> {
    let login = login(&body.object().await?).map_err(ApiError::invalid)?;
    // Not before: whoever sends the body late must not have waited already.
    let earliest = state.config.refused_login.map(|it| Instant::now() + it);
    let authentication = Arc::clone(&state.platform.authentication);
    let logged_in = try_password(&state, address, async move {
        authentication
            .log_in(login.email.as_ref(), &login.password, request_id)
            .await
    })
    .await;
    if let (Err(refused), Some(earliest)) = (&logged_in, earliest)
        && refused.status() == StatusCode::UNAUTHORIZED
    {
        // The turn and the thread that compared are somebody else's meanwhile.
        sleep_until(earliest).await;
    }
    Ok(Json(AuthenticatedUserBody::from(&logged_in?)))
}

/// Read the secrets that the caller calls with
///
/// For programs that log in with a password once, and call with secrets from then on.
#[utoipa::path(
    get, path = "/authentication/secrets", tag = "authentication",
    responses((status = 200, body = SecretsBody))
)]
pub(crate) async fn secrets(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<SecretsBody>, ApiError> {
    let secrets = state.platform.authentication.secrets(&actor).await?;
    Ok(Json(SecretsBody::from(&secrets)))
}

/// Change the own password
///
/// Ends the caller's other login tokens. `currentPassword` is checked if it is given; a wrong one counts towards the
/// lock, and towards holding the address up.
#[utoipa::path(
    post, path = "/authentication/passwords", tag = "authentication",
    request_body = PasswordChangeBody,
    responses((status = 200, body = AuthenticatedUserBody))
)]
pub(crate) async fn change_password(
    State(state): State<AppState>,
    CallerOfPasswordChange(actor): CallerOfPasswordChange,
    ClientAddress(address): ClientAddress,
    body: UnreadBody,
) -> Result<Json<AuthenticatedUserBody>, ApiError> {
    let change = password_change(&body.object().await?).map_err(ApiError::invalid)?;
    let authentication = Arc::clone(&state.platform.authentication);
    let changed = if change.current.is_some() {
        try_password(&state, address, async move {
            authentication.change_password(&actor, &change).await
        })
        .await?
    } else {
        authentication.change_password(&actor, &change).await?
    };
    Ok(Json(AuthenticatedUserBody::from(&changed)))
}

/// Replace the own secret
///
/// The old one stops at once, or goes on working for `overlapHours`.
#[utoipa::path(
    post, path = "/authentication/user-secret-reset", tag = "authentication",
    params(OverlapHours),
    responses((status = 200, body = UserSecretBody))
)]
pub(crate) async fn reset_user_secret(
    State(state): State<AppState>,
    Caller(actor): Caller,
    QueryString(query): QueryString,
) -> Result<Json<UserSecretBody>, ApiError> {
    let hours = hours(&query)?;
    let authentication = &state.platform.authentication;
    let secret = authentication.reset_user_secret(&actor, hours).await?;
    Ok(Json(UserSecretBody::from(&secret)))
}

/// How long the secret that is replaced goes on working.
pub(super) fn hours(query: &Query) -> Result<u32, ApiError> {
    overlap_hours(query).map_err(|problem| ApiError::invalid(vec![problem]))
}
