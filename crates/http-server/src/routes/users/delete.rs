//! `DELETE …/users/{id}`: erase a user for good.

use axum::{extract::State, http::HeaderMap};
use tenantry_domain::policy::Door;

use super::account_door;
use crate::{
    caller::Caller, conditional, error::ApiError, extract::PathParameters, openapi::IfMatch,
    router::AppState, routes::NO_USER,
};

/// Erase a user for good
///
/// Needs `deleteUsersOrg`, or `deleteUsersAccount` for the own account. Nobody erases oneself.
#[utoipa::path(
    delete, path = "/users/{user}", tag = "users",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn any(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    delete(&state, &caller, Door::Users, &path, &headers).await
}

/// Erase a user of any account of the organization
///
/// Needs `deleteUsersOrg`.
#[utoipa::path(
    delete, path = "/organizations/users/{user}", tag = "users",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn of_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    delete(&state, &caller, Door::Organization, &path, &headers).await
}

/// Erase a user of an account
///
/// Needs `deleteUsersAccount` for the own account, `deleteUsersOrg` for others.
#[utoipa::path(
    delete, path = "/accounts/{account}/users/{user}", tag = "users",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn of_account(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    delete(&state, &caller, account_door(&path), &path, &headers).await
}

async fn delete(
    state: &AppState,
    Caller(actor): &Caller,
    door: Door,
    path: &PathParameters,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let permit = state
        .platform
        .users
        .delete(actor, door, path.user().or(NO_USER))?;
    if let Door::Account(_) = door {
        path.account().get()?;
    }
    path.user().get()?;
    Ok(permit.delete(&conditional::expected(headers)?).await?)
}
