//! `/users/{id}/roles`: what a user may, and granting it.

use axum::{Json, extract::State, http::HeaderMap};
use tenantry_wire::role::RoleBody;

use crate::{
    caller::Caller, conditional, error::ApiError, extract::PathParameters, openapi::IfMatch,
    router::AppState, routes::NO_USER,
};

/// List what a user may
///
/// The effective roles: granted to the user, to the account, and by the system. Needs `configureRoles` or the privilege to
/// view the user; oneself always.
#[utoipa::path(
    get, path = "/users/{user}/roles", tag = "roles",
    responses((status = 200, body = [RoleBody]))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state
        .platform
        .users
        .view_roles(&actor, path.user().or(NO_USER))?;
    path.user().get()?;
    let roles = permit.roles().await?;
    Ok(Json(roles.iter().map(RoleBody::from).collect()))
}

/// Grant a role to a user
///
/// Needs the privilege to edit the user, who is not oneself, and a role that is not above the own ones.
#[utoipa::path(
    put, path = "/users/{user}/roles/{key}", tag = "roles",
    params(IfMatch),
    responses((status = 200, body = RoleBody), (status = 409, description = "The role is granted already."))
)]
pub(crate) async fn grant(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Json<RoleBody>, ApiError> {
    let permit = state
        .platform
        .users
        .change_roles(&actor, path.user().or(NO_USER))?;
    path.user().get()?;
    let expected = conditional::expected(&headers)?;
    Ok(Json(RoleBody::from(
        &permit.grant(path.text("key")?, &expected).await?,
    )))
}

/// Take a granted role from a user
///
/// Needs what granting needs. The last `org-admin` keeps the role.
#[utoipa::path(
    delete, path = "/users/{user}/roles/{key}", tag = "roles",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    let permit = state
        .platform
        .users
        .change_roles(&actor, path.user().or(NO_USER))?;
    path.user().get()?;
    let expected = conditional::expected(&headers)?;
    Ok(permit.revoke(path.text("key")?, &expected).await?)
}
