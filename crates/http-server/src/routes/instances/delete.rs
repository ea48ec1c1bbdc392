//! `DELETE …/instances/{instance}`: erase an instance.

use axum::{extract::State, http::HeaderMap};

use super::target::{Called, Named, Target};
use crate::{conditional, error::ApiError, openapi::IfMatch, router::AppState};

/// Erase an instance
///
/// Its token is refused from then on. Needs `createElementInstances` for the own ones, `deleteAccountElementInstances` for
/// others of the account.
#[utoipa::path(
    delete, path = "/instances/{instance}", tag = "instances",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn one(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    delete(&state, &target, &headers).await
}

/// Erase an instance of an element
///
/// Its token is refused from then on. Needs `createElementInstances` for the own ones, `deleteAccountElementInstances` for
/// others of the account.
#[utoipa::path(
    delete, path = "/elements/{element}/instances/{instance}", tag = "instances",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn of_element(
    State(state): State<AppState>,
    Named(target): Named,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    delete(&state, &target, &headers).await
}

/// Erase the instance whose token is presented
///
/// The token is refused from then on. Needs what erasing it by id needs; a disabled instance is refused.
#[utoipa::path(
    delete, path = "/instances", tag = "instances",
    security(("instance" = [])),
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn called(
    State(state): State<AppState>,
    Called(target): Called,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    delete(&state, &target, &headers).await
}

async fn delete(state: &AppState, target: &Target, headers: &HeaderMap) -> Result<(), ApiError> {
    let permit = target.delete(state)?;
    Ok(permit.delete(&conditional::expected(headers)?).await?)
}
