//! `PATCH` and `PUT …/users/{id}`: change a user.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::{Problem, policy::Door, services::UserChanges};
use tenantry_wire::{
    JsonObject,
    user::{UserBody, UserPatchBody, UserReplacementBody, changes_of_patch, changes_of_put},
};

use super::{account_door, with_roles};
use crate::{
    body::UnreadBody,
    caller::Caller,
    conditional,
    error::ApiError,
    extract::{PathParameters, QueryString},
    openapi::{IfMatch, Permanent},
    router::AppState,
    routes::NO_USER,
};

type Read = fn(&JsonObject) -> Result<UserChanges, Vec<Problem>>;

macro_rules! handlers {
    ($($(#[$described:meta])* $name:ident: $door:expr, $read:expr;)*) => {$(
        $(#[$described])*
        pub(crate) async fn $name(
            State(state): State<AppState>,
            caller: Caller,
            path: PathParameters,
            query: QueryString,
            headers: HeaderMap,
            body: UnreadBody,
        ) -> Result<Response, ApiError> {
            let door: fn(&PathParameters) -> Door = $door;
            update(&state, &caller, door(&path), &path, &query, &headers, body, $read).await
        }
    )*};
}

handlers! {
    /// Change a user
    ///
    /// Needs `editUsersOrg`, or `editUsersAccount` for the own account; anybody changes the own names, phone, address and password.
    #[utoipa::path(
        patch, path = "/users/{user}", tag = "users",
        params(Permanent, IfMatch),
        request_body = UserPatchBody,
        responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
    )]
    patch_any: |_| Door::Users, changes_of_patch;
    /// Replace a user
    ///
    /// Needs `editUsersOrg`, or `editUsersAccount` for the own account; anybody changes the own names, phone, address and password.
    #[utoipa::path(
        put, path = "/users/{user}", tag = "users",
        params(Permanent, IfMatch),
        request_body = UserReplacementBody,
        responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
    )]
    put_any: |_| Door::Users, changes_of_put;
    /// Change a user of any account of the organization
    ///
    /// Needs `editUsersOrg`, or `editUsersAccount` for the own account.
    #[utoipa::path(
        patch, path = "/organizations/users/{user}", tag = "users",
        params(Permanent, IfMatch),
        request_body = UserPatchBody,
        responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
    )]
    patch_of_organization: |_| Door::Organization, changes_of_patch;
    /// Replace a user of any account of the organization
    ///
    /// Needs `editUsersOrg`, or `editUsersAccount` for the own account.
    #[utoipa::path(
        put, path = "/organizations/users/{user}", tag = "users",
        params(Permanent, IfMatch),
        request_body = UserReplacementBody,
        responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
    )]
    put_of_organization: |_| Door::Organization, changes_of_put;
    /// Change a user of an account
    ///
    /// Needs `editUsersAccount` for the own account, `editUsersOrg` for others.
    #[utoipa::path(
        patch, path = "/accounts/{account}/users/{user}", tag = "users",
        params(Permanent, IfMatch),
        request_body = UserPatchBody,
        responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
    )]
    patch_of_account: account_door, changes_of_patch;
    /// Replace a user of an account
    ///
    /// Needs `editUsersAccount` for the own account, `editUsersOrg` for others.
    #[utoipa::path(
        put, path = "/accounts/{account}/users/{user}", tag = "users",
        params(Permanent, IfMatch),
        request_body = UserReplacementBody,
        responses((status = 200, body = UserBody<'_>), (status = 409, description = "The e-mail is in use."))
    )]
    put_of_account: account_door, changes_of_put;
}

#[expect(
    clippy::too_many_arguments,
    reason = "six handlers hand their parts on"
)]
async fn update(
    state: &AppState,
    Caller(actor): &Caller,
    door: Door,
    path: &PathParameters,
    QueryString(query): &QueryString,
    headers: &HeaderMap,
    body: UnreadBody,
    read: Read,
) -> Result<Response, ApiError> {
    let permit = state
        .platform
        .users
        .edit(actor, door, path.user().or(NO_USER))?;
    if let Door::Account(_) = door {
        path.account().get()?;
    }
    path.user().get()?;
    let permanent = query
        .flag("permanent")
        .map_err(|problem| ApiError::invalid(vec![problem]))?;
    let expected = conditional::expected(headers)?;
    let changes = read(&body.object().await?).map_err(ApiError::invalid)?;
    let password_given = changes.password.is_some();
    let changes = UserChanges {
        permanent,
        ..changes
    };
    let updated = permit.apply(changes, &expected).await?;
    let mut reply = with_roles(state, actor, &updated);
    if password_given {
        reply = reply.with_password_of(&updated.user);
    }
    Ok(conditional::changed(updated.user.revision, reply))
}
