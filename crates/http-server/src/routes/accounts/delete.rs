//! `DELETE /accounts/{id}`: erase an account's users; the account stays, inactive.

use axum::{extract::State, http::HeaderMap};

use crate::{
    caller::Caller, conditional, error::ApiError, extract::PathParameters, openapi::IfMatch,
    router::AppState,
};

/// Erase an account's users and deactivate it
///
/// Needs the role `org-admin`. The account stays, inactive, and its external id is free again. The default account cannot be deleted.
#[utoipa::path(
    delete, path = "/accounts/{account}", tag = "accounts",
    params(IfMatch),
    responses((status = 200))
)]
pub(crate) async fn one(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<(), ApiError> {
    let accounts = state.platform.accounts.manage(&actor)?;
    let id = path.account().get()?;
    Ok(accounts
        .delete(id, &conditional::expected(&headers)?)
        .await?)
}
