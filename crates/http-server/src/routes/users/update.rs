//! `PATCH` and `PUT …/users/{id}`: change a user.

use axum::{Json, extract::State};
use tenantry_domain::{Problem, policy::Door, services::UserChanges};
use tenantry_wire::{
    JsonObject,
    user::{UserBody, changes_of_patch, changes_of_put},
};

use super::{NO_USER, account_door, with_roles};
use crate::{
    body::UnreadBody,
    caller::Caller,
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
            body: UnreadBody,
        ) -> Result<Json<UserBody>, ApiError> {
            let door: fn(&PathParameters) -> Door = $door;
            update(&state, &caller, door(&path), &path, &query, body, $read).await
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

async fn update(
    state: &AppState,
    Caller(actor): &Caller,
    door: Door,
    path: &PathParameters,
    QueryString(query): &QueryString,
    body: UnreadBody,
    read: Read,
) -> Result<Json<UserBody>, ApiError> {
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
    let changes = read(&body.object().await?).map_err(ApiError::invalid)?;
    let password_given = changes.password.is_some();
    let updated = permit
        .apply(
            UserChanges {
                permanent,
                ..changes
            },
            None,
        )
        .await?;
    let reply = with_roles(state, &updated);
    Ok(Json(if password_given {
        reply.with_password_of(&updated.user)
    } else {
        reply
    }))
}
