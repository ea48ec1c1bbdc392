//! `GET …/instances`: a page of the instances that a filter selects, and how many there are.

use axum::{Json, extract::State, response::Response};
use tenantry_domain::{
    InstanceField,
    services::{InstanceQuery, ViewInstances},
};
use tenantry_wire::instance::{FIELDS, InstanceBody, InstanceCountBody, selection};

use crate::{
    caller::Caller,
    error::ApiError,
    extract::{PathParameters, QueryString},
    openapi::{InstanceSelection, List},
    router::AppState,
    routes::{NO_ACCOUNT, list::ListQuery},
};

/// List the instances that the caller may see
///
/// Those of the own account with `viewAccountElementInstances`, otherwise the own ones.
#[utoipa::path(
    get, path = "/instances", tag = "instances",
    params(List, InstanceSelection),
    responses((status = 200, body = [InstanceBody]))
)]
pub(crate) async fn all(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: QueryString,
) -> Result<Response, ApiError> {
    list(&state.platform.instances.view(&actor)?, &query).await
}

/// List the instances of an element that the caller may see
///
/// Those of the own account with `viewAccountElementInstances`, otherwise the own ones.
#[utoipa::path(
    get, path = "/elements/{element}/instances", tag = "instances",
    params(List, InstanceSelection),
    responses((status = 200, body = [InstanceBody]))
)]
pub(crate) async fn of_element(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    query: QueryString,
) -> Result<Response, ApiError> {
    let permit = state.platform.instances.view(&actor)?;
    list(&permit.of(Some(path.element()?)), &query).await
}

/// List the instances of the own account
///
/// Needs `viewAccountElementInstances`.
#[utoipa::path(
    get, path = "/accounts/instances", tag = "instances",
    params(List, InstanceSelection),
    responses((status = 200, body = [InstanceBody]))
)]
pub(crate) async fn of_own_account(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: QueryString,
) -> Result<Response, ApiError> {
    let account = actor.identity().account_id;
    let permit = state.platform.instances.view_account(&actor, account)?;
    list(&permit, &query).await
}

/// List the instances of an account
///
/// Needs `viewAccountElementInstances`; for another account than the own one the role `org-admin` as well.
#[utoipa::path(
    get, path = "/accounts/{account}/instances", tag = "instances",
    params(List, InstanceSelection),
    responses((status = 200, body = [InstanceBody]))
)]
pub(crate) async fn of_account(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    query: QueryString,
) -> Result<Response, ApiError> {
    let account = path.account().or(NO_ACCOUNT);
    let permit = state.platform.instances.view_account(&actor, account)?;
    path.account().get()?;
    list(&permit, &query).await
}

/// Count the instances that the caller may see
///
/// Those of the own account with `viewAccountElementInstances`, otherwise the own ones.
#[utoipa::path(
    get, path = "/instances/count", tag = "instances",
    responses((status = 200, body = InstanceCountBody))
)]
pub(crate) async fn count(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<InstanceCountBody>, ApiError> {
    let counted = state.platform.instances.view(&actor)?.count().await?;
    Ok(Json(counted.into()))
}

async fn list(
    permit: &ViewInstances<'_>,
    QueryString(query): &QueryString,
) -> Result<Response, ApiError> {
    let wanted = ListQuery::<InstanceField>::read(query, None, FIELDS);
    let (wanted, selected) = match (wanted, selection(query)) {
        (Ok(wanted), Ok(selected)) => (wanted, selected),
        (wanted, selected) => {
            let problems = wanted.err().into_iter().chain(selected.err()).flatten();
            return Err(ApiError::invalid(problems.collect()));
        }
    };
    let asked = InstanceQuery {
        filter: wanted.filter.clone(),
        tags: selected.tags,
        search_text: selected.search_text,
    };
    let (page, counted) = permit
        .page(
            asked,
            &wanted.sort,
            &wanted.page.paging.request,
            wanted.page.up_to,
        )
        .await?;
    let items: Vec<_> = page.items.iter().map(InstanceBody::from).collect();
    wanted.reply("instances", &items, page.next.as_ref(), counted)
}
