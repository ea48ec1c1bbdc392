//! `POST …/users`: a new user in an account.

use axum::{extract::State, response::Response};
use tenantry_domain::policy::Door;
use tenantry_wire::user::{NewUserBody, UserBody, new_user};

use super::{account_door, with_roles};
use crate::{
    body::UnreadBody, caller::Caller, conditional, error::ApiError, extract::PathParameters,
    router::AppState,
};

/// Create a user in the organization's default account
///
/// Needs `addUsersOrg`. The reply has the `secret` of the new user.
#[utoipa::path(
    post, path = "/organizations/users", tag = "users",
    request_body = NewUserBody,
    responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
)]
pub(crate) async fn in_organization(
    State(state): State<AppState>,
    caller: Caller,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    create(
        &state,
        &caller,
        Door::Organization,
        &PathParameters::default(),
        body,
    )
    .await
}

/// Create a user in an account
///
/// Needs `addUsersAccount` for the own account, `addUsersOrg` for others. The reply has the `secret` of the new user.
#[utoipa::path(
    post, path = "/accounts/{account}/users", tag = "users",
    request_body = NewUserBody,
    responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use, or the account is inactive."))
)]
pub(crate) async fn in_account(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParameters,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    create(&state, &caller, account_door(&path), &path, body).await
}

async fn create(
    state: &AppState,
    Caller(actor): &Caller,
    door: Door,
    path: &PathParameters,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let permit = state.platform.users.create(actor, door)?;
    if let Door::Account(_) = door {
        path.account().get()?;
    }
    let new = new_user(&body.object().await?).map_err(ApiError::invalid)?;
    let (created, secret) = permit.create(new).await?;
    let body = with_roles(state, actor, &created).with_secret(Some(&secret));
    Ok(conditional::changed(created.user.revision, body))
}
