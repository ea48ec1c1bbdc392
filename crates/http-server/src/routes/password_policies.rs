//! `/organizations/password-policies`: what passwords of the organization must be like (contract, section 10).

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_wire::password_policy::{NewPasswordPolicyBody, PasswordPolicyBody, new_policy};

use crate::{
    body::UnreadBody,
    caller::Caller,
    conditional,
    error::ApiError,
    openapi::{IfMatch, IfNoneMatch},
    router::AppState,
};

/// Read the password policy in force
///
/// Needs `modifySecurity`. It is a part of the organization, and has its `ETag`.
#[utoipa::path(
    get, path = "/organizations/password-policies", tag = "password policies",
    params(IfNoneMatch),
    responses((status = 200, body = PasswordPolicyBody))
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let policy = state.platform.policies.manage(&actor)?.find().await?;
    conditional::found(&headers, policy.revision, PasswordPolicyBody::from(&policy))
}

/// Set the password policy
///
/// Needs `modifySecurity`. Passwords that are set already stay; how old they may be counts at once.
#[utoipa::path(
    put, path = "/organizations/password-policies", tag = "password policies",
    params(IfMatch),
    request_body = NewPasswordPolicyBody,
    responses((status = 200, body = PasswordPolicyBody))
)]
pub(crate) async fn put(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let permit = state.platform.policies.manage(&actor)?;
    let expected = conditional::expected(&headers)?;
    let policy = new_policy(&body.object().await?).map_err(ApiError::invalid)?;
    let set = permit.set(&policy, &expected).await?;
    Ok(conditional::changed(
        set.revision,
        PasswordPolicyBody::from(&set),
    ))
}

/// Return to the default password policy
///
/// Needs `modifySecurity`. Succeeds also when no policy was set.
#[utoipa::path(
    delete, path = "/organizations/password-policies", tag = "password policies",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    let permit = state.platform.policies.manage(&actor)?;
    let expected = conditional::expected(&headers)?;
    Ok(permit.reset(&expected).await?)
}
