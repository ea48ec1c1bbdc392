//! `GET …/users`: a page of the users that a filter selects.

use axum::{extract::State, response::Response};
use tenantry_domain::{UserField, policy::Door};
use tenantry_wire::user::{FIELDS, UserBody};

use super::{account_door, shown};
use crate::{
    caller::Caller,
    error::ApiError,
    extract::{PathParameters, QueryString},
    openapi::List,
    router::AppState,
    routes::list::ListQuery,
};

/// List the users that the caller may see
///
/// The whole organization with `viewUsersOrg`, the own account with `viewUsersAccount`.
#[utoipa::path(
    get, path = "/users", tag = "users",
    params(List),
    responses((status = 200, body = [UserBody<'_>]))
)]
pub(crate) async fn all(
    State(state): State<AppState>,
    caller: Caller,
    query: QueryString,
) -> Result<Response, ApiError> {
    list(
        &state,
        &caller,
        Door::Users,
        &PathParameters::default(),
        &query,
    )
    .await
}

/// List the users of the organization's default account
///
/// Needs `viewUsersOrg`.
#[utoipa::path(
    get, path = "/organizations/users", tag = "users",
    params(List),
    responses((status = 200, body = [UserBody<'_>]))
)]
pub(crate) async fn of_organization(
    State(state): State<AppState>,
    caller: Caller,
    query: QueryString,
) -> Result<Response, ApiError> {
    list(
        &state,
        &caller,
        Door::Organization,
        &PathParameters::default(),
        &query,
    )
    .await
}

/// List the users of an account
///
/// Needs `viewUsersAccount` for the own account, `viewUsersOrg` for others.
#[utoipa::path(
    get, path = "/accounts/{account}/users", tag = "users",
    params(List),
    responses((status = 200, body = [UserBody<'_>]))
)]
pub(crate) async fn of_account(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    query: QueryString,
) -> Result<Response, ApiError> {
    list(&state, &caller, account_door(&path), &path, &query).await
}

async fn list(
    state: &AppState,
    Caller(actor): &Caller,
    door: Door,
    path: &PathParameters,
    QueryString(query): &QueryString,
) -> Result<Response, ApiError> {
    let permit = state.platform.users.list(actor, door)?;
    if let Door::Account(_) = door {
        path.account().get()?;
    }
    let wanted = ListQuery::<UserField>::of(query, Some(UserField::Active), FIELDS)?;
    let (page, counted) = permit
        .page(
            &wanted.filter,
            &wanted.sort,
            &wanted.page.paging.request,
            wanted.page.up_to,
        )
        .await?;
    let shown = shown(state, actor);
    let items: Vec<_> = page
        .items
        .iter()
        .map(|user| UserBody::new(user, shown).with_password_of(user))
        .collect();
    wanted.reply("users", &items, page.next.as_ref(), counted)
}
