//! `DELETE /accounts/{id}`: erase an account's users; the account stays, inactive.

use axum::{extract::State, http::HeaderMap};

use crate::{
    caller::Caller, conditional, error::ApiError, extract::PathParameters, router::AppState,
};

/// `DELETE /accounts/{id}`
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
