//! `GET /accounts`, `GET /organizations/{id}/accounts`: a page of the accounts that a filter selects.

use axum::{extract::State, response::Response};
use tenantry_domain::{AccountField, services::Accounts};
use tenantry_wire::account::{AccountBody, FIELDS};

use crate::{
    caller::Caller,
    error::ApiError,
    extract::{PathParameters, QueryString},
    router::AppState,
    routes::list::ListQuery,
};

/// `GET /accounts`
pub(crate) async fn own(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: QueryString,
) -> Result<Response, ApiError> {
    list(&state.platform.accounts.manage(&actor)?, &query).await
}

/// `GET /organizations/{id}/accounts`
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
            &wanted.paging.request,
            wanted.up_to,
        )
        .await?;
    let items: Vec<_> = page.items.iter().map(AccountBody::from).collect();
    wanted.reply("accounts", &items, page.next.as_ref(), counted)
}
