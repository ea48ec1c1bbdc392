//! `PATCH` and `PUT /accounts/{id}`: change an account; with `?permanent=true` and `active: false` as DELETE does.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::{AccountPatch, Actor, Problem, services::AccountChanges};
use tenantry_wire::{
    JsonObject,
    account::{
        AccountBody, AccountPatchBody, AccountReplacementBody, patch_of_patch, patch_of_put,
    },
};

use crate::{
    body::UnreadBody,
    caller::Caller,
    conditional,
    error::ApiError,
    extract::{PathParameters, QueryString},
    openapi::{IfMatch, Permanent},
    router::AppState,
};

type Read = fn(&JsonObject) -> Result<AccountPatch, Vec<Problem>>;

/// Change an account
///
/// Needs the role `org-admin`. An inactive account keeps its users, who cannot authenticate.
#[utoipa::path(
    patch, path = "/accounts/{account}", tag = "accounts",
    params(Permanent, IfMatch),
    request_body = AccountPatchBody,
    responses((status = 200, body = AccountBody), (status = 409, description = "The external id is in use."))
)]
pub(crate) async fn patch(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    query: QueryString,
    headers: HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    update(
        &state,
        &actor,
        &path,
        &query,
        &headers,
        body,
        patch_of_patch,
    )
    .await
}

/// Replace an account
///
/// Needs the role `org-admin`.
#[utoipa::path(
    put, path = "/accounts/{account}", tag = "accounts",
    params(Permanent, IfMatch),
    request_body = AccountReplacementBody,
    responses((status = 200, body = AccountBody), (status = 409, description = "The external id is in use."))
)]
pub(crate) async fn put(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    query: QueryString,
    headers: HeaderMap,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    update(&state, &actor, &path, &query, &headers, body, patch_of_put).await
}

async fn update(
    state: &AppState,
    actor: &Actor,
    path: &PathParameters,
    QueryString(query): &QueryString,
    headers: &HeaderMap,
    body: UnreadBody,
    read: Read,
) -> Result<Response, ApiError> {
    let accounts = state.platform.accounts.manage(actor)?;
    let id = path.account().get()?;
    let permanent = query
        .flag("permanent")
        .map_err(|problem| ApiError::invalid(vec![problem]))?;
    let expected = conditional::expected(headers)?;
    let given = read(&body.object().await?).map_err(ApiError::invalid)?;
    let account = accounts
        .update(
            id,
            AccountChanges {
                patch: given,
                permanent,
            },
            &expected,
        )
        .await?;
    Ok(conditional::changed(
        account.revision,
        AccountBody::from(&account),
    ))
}
