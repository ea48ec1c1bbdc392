//! `GET /accounts/{id}`, `GET /organizations/{id}/accounts/{id}`: one account.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_wire::account::AccountBody;

use crate::{
    caller::Caller, conditional, error::ApiError, extract::PathParameters, openapi::IfNoneMatch,
    router::AppState, routes::NO_ACCOUNT,
};

/// Read an account
///
/// Needs the role `org-admin`; the own account is for everybody in it.
#[utoipa::path(
    get, path = "/accounts/{account}", tag = "accounts",
    params(IfNoneMatch),
    responses((status = 200, body = AccountBody))
)]
pub(crate) async fn own(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let permit = state
        .platform
        .accounts
        .view(&actor, path.account().or(NO_ACCOUNT))?;
    path.account().get()?;
    let account = permit.account().await?;
    conditional::found(&headers, account.revision, AccountBody::from(&account))
}

/// Read an account of an organization, which is the own one
///
/// Needs the role `org-admin`.
#[utoipa::path(
    get, path = "/organizations/{organization}/accounts/{account}", tag = "accounts",
    params(IfNoneMatch),
    responses((status = 200, body = AccountBody))
)]
pub(crate) async fn of_organization(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let accounts = state.platform.accounts.manage(&actor)?;
    let (organization, id) = (path.organization().get()?, path.account().get()?);
    accounts.of(organization)?;
    let account = accounts.one(id).await?;
    conditional::found(&headers, account.revision, AccountBody::from(&account))
}
