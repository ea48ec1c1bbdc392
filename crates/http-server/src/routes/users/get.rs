//! `GET …/users/{emailOrId}`: one user.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName},
    response::Response,
};
use tenantry_domain::{Entity, Password, policy::Door};
use tenantry_wire::{
    header,
    path::{EmailOrId, email_or_id},
    user::UserBody,
};

use super::{account_door, shown};
use crate::{
    ClientAddress,
    attempt::try_password,
    caller::Caller,
    conditional,
    error::ApiError,
    extract::PathParameters,
    openapi::{IfNoneMatch, UserPassword},
    router::AppState,
};

/// Read a user
///
/// Anybody reads oneself; others as far as `GET /users` lists them. Reading oneself shows the own `secret`.
#[utoipa::path(
    get, path = "/users/{user}", tag = "users",
    params(IfNoneMatch, UserPassword),
    responses((status = 200, body = UserBody<'_>))
)]
pub(crate) async fn any(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    client: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    get(&state, &caller, Door::Users, &path, client, &headers).await
}

/// Read a user of any account of the organization
///
/// Needs `viewUsersOrg`.
#[utoipa::path(
    get, path = "/organizations/users/{user}", tag = "users",
    params(IfNoneMatch, UserPassword),
    responses((status = 200, body = UserBody<'_>))
)]
pub(crate) async fn of_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    client: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    get(&state, &caller, Door::Organization, &path, client, &headers).await
}

/// Read a user of an account
///
/// Needs `viewUsersAccount` for the own account, `viewUsersOrg` for others.
#[utoipa::path(
    get, path = "/accounts/{account}/users/{user}", tag = "users",
    params(IfNoneMatch, UserPassword),
    responses((status = 200, body = UserBody<'_>))
)]
pub(crate) async fn of_account(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    client: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    get(
        &state,
        &caller,
        account_door(&path),
        &path,
        client,
        &headers,
    )
    .await
}

async fn get(
    state: &AppState,
    Caller(actor): &Caller,
    door: Door,
    path: &PathParameters,
    ClientAddress(address): ClientAddress,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let permit = state.platform.users.view(actor, door)?;
    if let Door::Account(_) = door {
        path.account().get()?;
    }
    let text = path.text("user")?;
    let EmailOrId::Key(key) = email_or_id(text) else {
        return Err(nobody(text));
    };
    let password = password(headers)?;
    let found = match password {
        None => permit.one(&key, None).await?,
        Some(password) => {
            let (users, actor) = (Arc::clone(&state.platform.users), actor.clone());
            try_password(state, address, async move {
                users.view(&actor, door)?.one(&key, Some(&password)).await
            })
            .await?
        }
    };
    let body = UserBody::new(&found.user, shown(state, actor));
    let body = body.with_secret(found.secret.as_ref());
    conditional::found(headers, found.user.revision, body)
}

fn nobody(text: &str) -> ApiError {
    if tenantry_wire::path::id(text).is_some() {
        return ApiError::no_such(Entity::User, text);
    }
    ApiError::not_found(format!("No user found with email {text}"))
}

/// The password of the user that is looked up. Given twice, or unreadable, it is wrong.
fn password(headers: &HeaderMap) -> Result<Option<Password>, ApiError> {
    let mut values = headers
        .get_all(HeaderName::from_static(header::USER_PASSWORD))
        .iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (std::str::from_utf8(value.as_bytes()), values.next()) {
        (Ok(password), None) => Ok(Some(Password::new(password))),
        _ => Err(ApiError::unauthenticated()),
    }
}
