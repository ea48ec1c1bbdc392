//! `/users/{id}/roles`: what a user may, and granting it.

use axum::{Json, extract::State};
use tenantry_wire::role::RoleBody;

use super::NO_USER;
use crate::{caller::Caller, error::ApiError, extract::PathParameters, router::AppState};

/// `GET /users/{id}/roles`: the effective roles.
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

/// `PUT /users/{id}/roles/{key}`: grant the role.
pub(crate) async fn grant(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<Json<RoleBody>, ApiError> {
    let permit = state
        .platform
        .users
        .change_roles(&actor, path.user().or(NO_USER))?;
    path.user().get()?;
    Ok(Json(RoleBody::from(
        &permit.grant(path.text("key")?).await?,
    )))
}

/// `DELETE /users/{id}/roles/{key}`: take the direct grant away.
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<(), ApiError> {
    let permit = state
        .platform
        .users
        .change_roles(&actor, path.user().or(NO_USER))?;
    path.user().get()?;
    Ok(permit.revoke(path.text("key")?).await?)
}
