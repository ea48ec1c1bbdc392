//! `…/instances[/{instance}]/configuration`: what an instance is configured with, entry by entry.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_wire::instance::{ConfigurationChangeBody, ConfigurationEntryBody, property_value};

use super::target::{Called, Named, Target};
use crate::{
    body::UnreadBody,
    conditional,
    error::ApiError,
    extract::PathParameters,
    openapi::{IfMatch, IfNoneMatch},
    router::AppState,
};

/// List the configuration of an instance
///
/// Needs what reading the instance needs. Credentials are shown as `********`. The revision is the instance's.
#[utoipa::path(
    get, path = "/instances/{instance}/configuration", tag = "instances",
    params(IfNoneMatch),
    responses((status = 200, body = [ConfigurationEntryBody]))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    all(&state, &target, &headers).await
}

/// List the configuration of the instance whose token is presented
///
/// Needs what reading the instance needs; a disabled instance is refused. Credentials are shown as `********`. The revision is
/// the instance's.
#[utoipa::path(
    get, path = "/instances/configuration", tag = "instances",
    security(("instance" = [])),
    params(IfNoneMatch),
    responses((status = 200, body = [ConfigurationEntryBody]))
)]
pub(crate) async fn list_called(
    State(state): State<AppState>,
    Called(target): Called,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    all(&state, &target, &headers).await
}

/// Read a configuration entry of an instance
///
/// Needs what reading the instance needs. The revision is the instance's.
#[utoipa::path(
    get, path = "/instances/{instance}/configuration/{configuration}", tag = "instances",
    params(IfNoneMatch),
    responses((status = 200, body = ConfigurationEntryBody))
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Named(target): Named,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    one(&state, &target, &path, &headers).await
}

/// Read a configuration entry of the instance whose token is presented
///
/// Needs what reading the instance needs; a disabled instance is refused. The revision is the instance's.
#[utoipa::path(
    get, path = "/instances/configuration/{configuration}", tag = "instances",
    security(("instance" = [])),
    params(IfNoneMatch),
    responses((status = 200, body = ConfigurationEntryBody))
)]
pub(crate) async fn get_called(
    State(state): State<AppState>,
    Called(target): Called,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    one(&state, &target, &path, &headers).await
}

/// Change a configuration entry of an instance
///
/// Needs what changing the instance needs. The revision is the instance's.
#[utoipa::path(
    patch, path = "/instances/{instance}/configuration/{configuration}", tag = "instances",
    params(IfMatch),
    request_body = ConfigurationChangeBody,
    responses((status = 200, body = ConfigurationEntryBody))
)]
pub(crate) async fn patch(
    State(state): State<AppState>,
    Named(target): Named,
    path: PathParameters,
    headers: HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    change(&state, &target, &path, &headers, body).await
}

/// Change a configuration entry of the instance whose token is presented
///
/// Needs what changing the instance needs; a disabled instance is refused. The revision is the instance's.
#[utoipa::path(
    patch, path = "/instances/configuration/{configuration}", tag = "instances",
    security(("instance" = [])),
    params(IfMatch),
    request_body = ConfigurationChangeBody,
    responses((status = 200, body = ConfigurationEntryBody))
)]
pub(crate) async fn patch_called(
    State(state): State<AppState>,
    Called(target): Called,
    path: PathParameters,
    headers: HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    change(&state, &target, &path, &headers, body).await
}

async fn all(state: &AppState, target: &Target, headers: &HeaderMap) -> Result<Response, ApiError> {
    let (permit, id) = target.view(state)?;
    let instance = permit.one(id).await?.instance;
    let entries = instance.configuration.iter();
    let entries: Vec<_> = entries.map(ConfigurationEntryBody::from).collect();
    conditional::found(headers, instance.revision, entries)
}

async fn one(
    state: &AppState,
    target: &Target,
    path: &PathParameters,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let (permit, id) = target.view(state)?;
    let shown = permit.entry(id, path.configuration().get()?).await?;
    let body = ConfigurationEntryBody::from(&shown.entry);
    conditional::found(headers, shown.revision, body)
}

async fn change(
    state: &AppState,
    target: &Target,
    path: &PathParameters,
    headers: &HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let permit = target.edit(state)?;
    let id = path.configuration().get()?;
    let expected = conditional::expected(headers)?;
    let value = property_value(&body.object().await?).map_err(ApiError::invalid)?;
    let changed = permit.configure(id, value, &expected).await?;
    let body = ConfigurationEntryBody::from(&changed.entry);
    Ok(conditional::changed(changed.revision, body))
}
