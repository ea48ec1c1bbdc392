//! `/accounts/{id}/roles`: roles that every user of an account has.

use axum::{Json, extract::State};
use tenantry_wire::role::RoleBody;

use crate::{caller::Caller, error::ApiError, extract::PathParameters, router::AppState};

/// `GET /accounts/{id}/roles`: the granted ones.
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let roles = permit.of_account(path.account().get()?).await?;
    Ok(Json(roles.iter().map(RoleBody::from).collect()))
}

/// `PUT /accounts/{id}/roles/{key}`: grant the role.
pub(crate) async fn grant(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<Json<RoleBody>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let role = permit
        .grant_to_account(path.account().get()?, path.text("key")?)
        .await?;
    Ok(Json(RoleBody::from(&role)))
}

/// `DELETE /accounts/{id}/roles/{key}`: take the role away.
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
) -> Result<(), ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    Ok(permit
        .revoke_from_account(path.account().get()?, path.text("key")?)
        .await?)
}
