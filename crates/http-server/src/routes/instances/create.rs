//! `POST …/instances`: a new instance, which is the caller's own.

use axum::{extract::State, response::Response};
use tenantry_wire::instance::{
    InstanceBody, NewInstanceBody, NewInstanceOfElementBody, new_instance,
};

use super::changed;
use crate::{
    body::UnreadBody, caller::Caller, error::ApiError, extract::PathParameters, router::AppState,
};

/// Create an instance
///
/// Needs `createElementInstances`. An element key that is new in the organization's catalog is registered.
#[utoipa::path(
    post, path = "/instances", tag = "instances",
    request_body = NewInstanceBody,
    responses((status = 200, body = InstanceBody))
)]
pub(crate) async fn any(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let permit = state.platform.instances.create(&actor)?;
    let new = new_instance(&body.object().await?, None).map_err(ApiError::invalid)?;
    Ok(changed(&permit.create(new).await?))
}

/// Create an instance of an element
///
/// Needs `createElementInstances`. A key that is new in the organization's catalog is registered.
#[utoipa::path(
    post, path = "/elements/{element}/instances", tag = "instances",
    request_body = NewInstanceOfElementBody,
    responses((status = 200, body = InstanceBody))
)]
pub(crate) async fn of_element(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let permit = state.platform.instances.create(&actor)?;
    let element = path.element_or_new()?;
    let new = new_instance(&body.object().await?, Some(element)).map_err(ApiError::invalid)?;
    Ok(changed(&permit.create(new).await?))
}
