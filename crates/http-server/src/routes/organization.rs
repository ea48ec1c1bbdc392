//! `/organizations/me`: the caller's own organization.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::services::OwnOrganization;
use tenantry_wire::organization::{OrganizationBody, new_name};

use crate::{body::UnreadBody, caller::Caller, conditional, error::ApiError, router::AppState};

/// `GET /organizations/me`
pub(crate) async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let own = state.platform.organization.find(&actor).await?;
    conditional::found(&headers, own.organization.revision, body_of(&own))
}

/// `PUT /organizations/me`: changes `name` and nothing else.
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
