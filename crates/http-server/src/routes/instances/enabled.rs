//! `…/instances[/{instance}]/enabled`: switch an instance on and off.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::services::ShownInstance;
use tenantry_wire::instance::InstanceBody;

use super::{
    changed,
    target::{CalledThoughDisabled, Named, Target},
};
use crate::{conditional, error::ApiError, openapi::IfMatch, router::AppState};

/// Enable an instance
///
/// Needs what changing the instance needs. Any body is accepted.
#[utoipa::path(
    put, path = "/instances/{instance}/enabled", tag = "instances",
    params(IfMatch),
    responses((status = 200, body = InstanceBody))
)]
pub(crate) async fn on(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(changed(&switch(&state, &target, &headers, true).await?))
}

/// Disable an instance
///
/// Calls through it are refused from then on. Needs what changing the instance needs.
#[utoipa::path(
    delete, path = "/instances/{instance}/enabled", tag = "instances",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn off(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    switch(&state, &target, &headers, false).await?;
    Ok(())
}

/// Enable the instance whose token is presented
///
/// Needs what changing the instance needs. Any body is accepted.
#[utoipa::path(
    put, path = "/instances/enabled", tag = "instances",
    security(("instance" = [])),
    params(IfMatch),
    responses((status = 200, body = InstanceBody))
)]
pub(crate) async fn called_on(
    State(state): State<AppState>,
    CalledThoughDisabled(target): CalledThoughDisabled,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(changed(&switch(&state, &target, &headers, true).await?))
}

/// Disable the instance whose token is presented
///
/// Calls through it are refused from then on, but for those that enable it. Needs what changing the instance needs.
#[utoipa::path(
    delete, path = "/instances/enabled", tag = "instances",
    security(("instance" = [])),
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn called_off(
    State(state): State<AppState>,
    CalledThoughDisabled(target): CalledThoughDisabled,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    switch(&state, &target, &headers, false).await?;
    Ok(())
}

async fn switch(
    state: &AppState,
    target: &Target,
    headers: &HeaderMap,
    enabled: bool,
) -> Result<ShownInstance, ApiError> {
    let permit = target.edit(state)?;
    let expected = conditional::expected(headers)?;
    Ok(permit.enable(enabled, &expected).await?)
}
