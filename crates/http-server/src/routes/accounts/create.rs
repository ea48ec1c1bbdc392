//! `POST /accounts`, `POST /organizations/{id}/accounts`: a new account beside the default one.

use axum::{extract::State, response::Response};
use tenantry_domain::services::Accounts;
use tenantry_wire::account::{AccountBody, NewAccountBody, new_account};

use crate::{
    body::UnreadBody, caller::Caller, conditional, error::ApiError, extract::PathParameters,
    router::AppState,
};

/// Create an account
///
/// Needs the role `org-admin`.
#[utoipa::path(
    post, path = "/accounts", tag = "accounts",
    request_body = NewAccountBody,
    responses((status = 200, body = AccountBody), (status = 409, description = "The external id is in use."))
)]
pub(crate) async fn own(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    create(&state.platform.accounts.manage(&actor)?, None, body).await
}

/// Create an account in an organization, which is the own one
///
/// Needs the role `org-admin`.
#[utoipa::path(
    post, path = "/organizations/{organization}/accounts", tag = "accounts",
    request_body = NewAccountBody,
    responses((status = 200, body = AccountBody), (status = 409, description = "The external id is in use."))
)]
pub(crate) async fn in_organization(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let accounts = state.platform.accounts.manage(&actor)?;
    create(&accounts, Some(&path), body).await
}

async fn create(
    accounts: &Accounts<'_>,
    path: Option<&PathParameters>,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    // What is wrong with path and body comes before the question whose organization it is (400 before 404).
    let organization = path.map(|path| path.organization().get()).transpose()?;
    let draft = new_account(&body.object().await?).map_err(ApiError::invalid)?;
    if let Some(organization) = organization {
        accounts.of(organization)?;
    }
    let account = accounts.create(&draft).await?;
    Ok(conditional::changed(
        account.revision,
        AccountBody::from(&account),
    ))
}
