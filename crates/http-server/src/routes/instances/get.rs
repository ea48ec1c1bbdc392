//! `GET …/instances/{instance}`: one instance.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_wire::instance::InstanceBody;

use super::{
    found,
    target::{Named, Target},
};
use crate::{error::ApiError, openapi::IfNoneMatch, router::AppState};

/// Read an instance
///
/// The own ones, and those of the own account with `viewAccountElementInstances`. The `token` is shown to the owner, and to
/// others with `useAccountElementInstances`.
#[utoipa::path(
    get, path = "/instances/{instance}", tag = "instances",
    params(IfNoneMatch),
    responses((status = 200, body = InstanceBody))
)]
pub(crate) async fn one(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    get(&state, &target, &headers).await
}

/// Read an instance of an element
///
/// The own ones, and those of the own account with `viewAccountElementInstances`. The `token` is shown to the owner, and to
/// others with `useAccountElementInstances`.
#[utoipa::path(
    get, path = "/elements/{element}/instances/{instance}", tag = "instances",
    params(IfNoneMatch),
    responses((status = 200, body = InstanceBody))
)]
pub(crate) async fn of_element(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    get(&state, &target, &headers).await
}

async fn get(state: &AppState, target: &Target, headers: &HeaderMap) -> Result<Response, ApiError> {
    let (permit, id) = target.view(state)?;
    found(headers, &permit.one(id).await?)
}
