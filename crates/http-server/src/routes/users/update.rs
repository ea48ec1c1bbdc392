//! `PATCH` and `PUT …/users/{id}`: change a user.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::{Problem, policy::Door, services::UserChanges};
use tenantry_wire::{
    JsonObject,
    user::{changes_of_patch, changes_of_put},
};

use super::{NO_USER, account_door, with_roles};
use crate::{
    body::UnreadBody,
    caller::Caller,
    conditional,
    error::ApiError,
    extract::{PathParameters, QueryString},
    router::AppState,
};

type Read = fn(&JsonObject) -> Result<UserChanges, Vec<Problem>>;

macro_rules! handlers {
    ($($name:ident: $door:expr, $read:expr;)*) => {$(
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
    patch_any: |_| Door::Users, changes_of_patch;
    put_any: |_| Door::Users, changes_of_put;
    patch_of_organization: |_| Door::Organization, changes_of_patch;
    put_of_organization: |_| Door::Organization, changes_of_put;
    patch_of_account: account_door, changes_of_patch;
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
    let mut reply = with_roles(state, &updated);
    if password_given {
        reply = reply.with_password_of(&updated.user);
    }
    Ok(conditional::changed(updated.user.revision, reply))
}
