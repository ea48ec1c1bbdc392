//! `/organizations/me`: the caller's own organization.

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use tenantry_domain::services::OwnOrganization;
use tenantry_wire::{
    authentication::OrganizationSecretBody,
    organization::{OrganizationBody, OrganizationChangeBody, new_name},
};

use crate::{
    body::UnreadBody,
    caller::Caller,
    conditional,
    error::ApiError,
    extract::QueryString,
    openapi::{IfMatch, IfNoneMatch, OverlapHours},
    router::AppState,
    routes::authentication::hours,
};

/// Read the caller's organization
///
/// Its `secret` is shown to holders of `modifySecurity`.
#[utoipa::path(
    get, path = "/organizations/me", tag = "organizations",
    params(IfNoneMatch),
    responses((status = 200, body = OrganizationBody))
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let own = state.platform.organization.find(&actor).await?;
    conditional::found(&headers, own.organization.revision, body_of(&own))
}

/// Rename the caller's organization
///
/// Needs `modifySecurity`. Changes `name` and nothing else.
#[utoipa::path(
    put, path = "/organizations/me", tag = "organizations",
    params(IfMatch),
    request_body = OrganizationChangeBody,
    responses((status = 200, body = OrganizationBody))
)]
pub(crate) async fn put(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let permit = state.platform.organization.edit(&actor)?;
    let expected = conditional::expected(&headers)?;
    let name = new_name(&body.object().await?).map_err(ApiError::invalid)?;
    let own = permit.rename(&name, &expected).await?;
    Ok(conditional::changed(
        own.organization.revision,
        body_of(&own),
    ))
}

/// Replace the organization's secret
///
/// Needs `modifySecurity`. The old one stops at once, or goes on working for `overlapHours`.
#[utoipa::path(
    post, path = "/organizations/secret-reset", tag = "organizations",
    params(OverlapHours),
    responses((status = 200, body = OrganizationSecretBody))
)]
pub(crate) async fn reset_secret(
    State(state): State<AppState>,
    Caller(actor): Caller,
    QueryString(query): QueryString,
) -> Result<Json<OrganizationSecretBody>, ApiError> {
    let authentication = &state.platform.authentication;
    let permit = authentication.reset_organization_secret(&actor)?;
    let secret = permit.reset(hours(&query)?).await?;
    Ok(Json(OrganizationSecretBody::from(&secret)))
}

fn body_of(own: &OwnOrganization) -> OrganizationBody {
    OrganizationBody::new(&own.organization, &own.password_policy, own.secret.as_ref())
}
