//! `/organizations/roles`: what the organization's roles allow.

use axum::{Json, extract::State};
use tenantry_domain::Role;
use tenantry_wire::role::{RoleBody, edit_of_role, role_edits};

use crate::{
    body::UnreadBody, caller::Caller, error::ApiError, extract::PathParameters, router::AppState,
};

/// `GET /organizations/roles`
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    Ok(bodies(&permit.list().await?))
}

/// `PUT /organizations/roles`: all or none of the roles given; answers all of the organization's.
pub(crate) async fn update_all(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: UnreadBody,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let edits = role_edits(&body.array().await?).map_err(ApiError::invalid)?;
    Ok(bodies(&permit.update(edits).await?))
}

/// `PUT /organizations/roles/{id}`
pub(crate) async fn update_one(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    body: UnreadBody,
) -> Result<Json<RoleBody>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let id = path.role().get()?;
    let edit = edit_of_role(&body.object().await?, id).map_err(ApiError::invalid)?;
    let roles = permit.update(vec![edit]).await?;
    let role = roles.iter().find(|role| role.id == id);
    let role =
        role.ok_or_else(|| ApiError::no_such(tenantry_domain::Entity::Role, &id.to_string()))?;
    Ok(Json(RoleBody::from(role)))
}

/// `PUT /organizations/roles/reset`: the defaults again, exactly. Any body is accepted.
pub(crate) async fn reset(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    Ok(bodies(&permit.reset().await?))
}

fn bodies(roles: &[Role]) -> Json<Vec<RoleBody>> {
    Json(roles.iter().map(RoleBody::from).collect())
}
