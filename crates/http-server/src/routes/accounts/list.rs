//! `GET /accounts`, `GET /organizations/{id}/accounts`: a page of the accounts that a filter selects.

use axum::{extract::State, response::Response};
use tenantry_domain::{AccountField, services::Accounts};
use tenantry_wire::account::{AccountBody, FIELDS};

use crate::{
    caller::Caller,
    error::ApiError,
    extract::{PathParameters, QueryString},
    openapi::List,
    router::AppState,
    routes::list::ListQuery,
};

/// List the accounts of the organization
///
/// Needs the role `org-admin`.
#[utoipa::path(
    get, path = "/accounts", tag = "accounts",
    params(List),
    responses((status = 200, body = [AccountBody]))
)]
pub(crate) async fn own(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: QueryString,
) -> Result<Response, ApiError> {
    list(&state.platform.accounts.manage(&actor)?, &query).await
}

/// List the accounts of an organization, which is the own one
///
/// Needs the role `org-admin`.
#[utoipa::path(
    get, path = "/organizations/{organization}/accounts", tag = "accounts",
    params(List),
    responses((status = 200, body = [AccountBody]))
)]
pub(crate) async fn of_organization(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    query: QueryString,
) -> Result<Response, ApiError> {
    let accounts = state.platform.accounts.manage(&actor)?;
    accounts.of(path.organization().get()?)?;
    list(&accounts, &query).await
}

async fn list(
    accounts: &Accounts<'_>,
    QueryString(query): &QueryString,
) -> Result<Response, ApiError> {
    let wanted = ListQuery::<AccountField>::of(query, Some(AccountField::Active), FIELDS)?;
    let (page, counted) = accounts
        .page(
            &wanted.filter,
            &wanted.sort,
            &wanted.page.paging.request,
            wanted.page.up_to,
        )
        .await?;
    let items: Vec<_> = page.items.iter().map(AccountBody::from).collect();
    wanted.reply("accounts", &items, page.next.as_ref(), counted)
}
