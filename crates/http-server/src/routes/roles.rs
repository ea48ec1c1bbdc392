//! `/organizations/roles`: what the organization's roles allow.

use axum::{Json, extract::State};
use tenantry_domain::Role;
use tenantry_wire::role::{
    NamedRoleChangeBody, RoleBody, RoleChangeBody, edit_of_role, role_edits,
};

use crate::{
    body::UnreadBody, caller::Caller, error::ApiError, extract::PathParameters, router::AppState,
};

/// List the roles of the organization
///
/// Needs `configureRoles`.
#[utoipa::path(
    get, path = "/organizations/roles", tag = "roles",
    responses((status = 200, body = [RoleBody]))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    Ok(bodies(&permit.list().await?))
}

/// Change what roles of the organization allow
///
/// All or none of the roles given; answers all of the organization's. Needs `configureRoles`.
#[utoipa::path(
    put, path = "/organizations/roles", tag = "roles",
    request_body = [NamedRoleChangeBody],
    responses(
        (status = 200, body = [RoleBody]),
        (status = 404, description = "One of the roles is not there; none is changed.")
    )
)]
pub(crate) async fn update_all(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: UnreadBody,
) -> Result<Json<Vec<RoleBody>>, ApiError> {
    let permit = state.platform.roles.configure(&actor)?;
    let edits = role_edits(&body.array().await?).map_err(ApiError::invalid)?;
    Ok(bodies(&permit.update(edits).await?))
}

/// Change what a role of the organization allows
///
/// Needs `configureRoles`.
#[utoipa::path(
    put, path = "/organizations/roles/{role}", tag = "roles",
    request_body = RoleChangeBody,
    responses((status = 200, body = RoleBody))
)]
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

/// Restore the default roles of the organization
///
/// Exactly, ids and order included. Needs `configureRoles`. Any body is accepted.
#[utoipa::path(
    put, path = "/organizations/roles/reset", tag = "roles",
    responses((status = 200, body = [RoleBody]))
)]
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
