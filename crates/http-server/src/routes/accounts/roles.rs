//! `/accounts/{id}/roles`: roles that every user of an account has.

use axum::{Json, extract::State, http::HeaderMap};
use tenantry_wire::role::RoleBody;

use crate::{
    caller::Caller, conditional, error::ApiError, extract::PathParameters, openapi::IfMatch,
    router::AppState,
};

/// List the roles granted to an account
///
/// Every user of the account has them. Needs `configureRoles`.
#[utoipa::path(
    get, path = "/accounts/{account}/roles", tag = "roles",
    responses((status = 200, body = [RoleBody]))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let roles = permit.of_account(path.account().get()?).await?;
    Ok(Json(roles.iter().map(RoleBody::from).collect()))
}

/// Grant a role to every user of an account
///
/// Needs `configureRoles`.
#[utoipa::path(
    put, path = "/accounts/{account}/roles/{key}", tag = "roles",
    params(IfMatch),
    responses((status = 200, body = RoleBody), (status = 409, description = "The role is granted already."))
)]
pub(crate) async fn grant(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Json<RoleBody>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let id = path.account().get()?;
    let expected = conditional::expected(&headers)?;
    let role = permit
        .grant_to_account(id, path.text("key")?, &expected)
        .await?;
    Ok(Json(RoleBody::from(&role)))
}

/// Take a granted role from an account
///
/// Needs `configureRoles`.
#[utoipa::path(
    delete, path = "/accounts/{account}/roles/{key}", tag = "roles",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let id = path.account().get()?;
    let expected = conditional::expected(&headers)?;
    Ok(permit
        .revoke_from_account(id, path.text("key")?, &expected)
        .await?)
}
