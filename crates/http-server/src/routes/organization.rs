//! `/organizations/me`: the caller's own organization.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::services::OwnOrganization;
use tenantry_wire::organization::{OrganizationBody, OrganizationChangeBody, new_name};

use crate::{
    body::UnreadBody,
    caller::Caller,
    conditional,
    error::ApiError,
    openapi::{IfMatch, IfNoneMatch},
    router::AppState,
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

fn body_of(own: &OwnOrganization) -> OrganizationBody {
    OrganizationBody::new(&own.organization, &own.password_policy, own.secret.as_ref())
}
