//! `/elements`: the catalog of what instances connect to.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::{
    ElementField, Revision,
    ceql::Filter,
    page::{Direction, Sort},
};
use tenantry_wire::element::{ElementBody, FIELDS};

use crate::{
    caller::Caller,
    conditional,
    error::ApiError,
    extract::{PathParameters, QueryString},
    openapi::{IfNoneMatch, List, Pages},
    router::AppState,
    routes::list::{ListQuery, PageQuery},
};

/// List the elements of the catalog
///
/// An element is in the organization's catalog from the first instance that names it. Needs `viewElements`.
#[utoipa::path(
    get, path = "/elements", tag = "elements",
    params(List),
    responses((status = 200, body = [ElementBody]))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    QueryString(query): QueryString,
) -> Result<Response, ApiError> {
    let permit = state.platform.elements.view(&actor)?;
    let wanted = ListQuery::<ElementField>::of(&query, None, FIELDS)?;
    let (page, counted) = permit
        .page(
            &wanted.filter,
            &wanted.sort,
            &wanted.page.paging.request,
            wanted.page.up_to,
        )
        .await?;
    let items: Vec<_> = page.items.iter().map(ElementBody::from).collect();
    wanted.reply("elements", &items, page.next.as_ref(), counted)
}

/// List the keys of the catalog's elements
///
/// In their order; an empty catalog has none. Needs `viewElements`.
#[utoipa::path(
    get, path = "/elements/keys", tag = "elements",
    params(Pages),
    responses((status = 200, body = [String]))
)]
pub(crate) async fn keys(
    State(state): State<AppState>,
    Caller(actor): Caller,
    QueryString(query): QueryString,
) -> Result<Response, ApiError> {
    let permit = state.platform.elements.view(&actor)?;
    let wanted = PageQuery::of(&query).map_err(ApiError::invalid)?;
    let by_key = Sort::by(ElementField::Key, Direction::Ascending);
    let (page, counted) = permit
        .page(&Filter::All, &by_key, &wanted.paging.request, wanted.up_to)
        .await?;
    let keys: Vec<_> = page.items.iter().map(|it| it.key.as_str()).collect();
    Ok(wanted.reply(&keys, page.next.as_ref(), counted))
}

/// Read an element
///
/// An element never changes, and neither does its `ETag`. Needs `viewElements`.
#[utoipa::path(
    get, path = "/elements/{element}", tag = "elements",
    params(IfNoneMatch),
    responses((status = 200, body = ElementBody))
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    path: PathParameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let permit = state.platform.elements.view(&actor)?;
    let element = permit.one(&path.element()?).await?;
    conditional::found(&headers, Revision::FIRST, ElementBody::from(&element))
}
