//! `PATCH` and `PUT …/instances/{instance}`: change an instance.

use axum::{extract::State, http::HeaderMap, response::Response};
use tenantry_domain::{Problem, services::InstanceChanges};
use tenantry_wire::{
    JsonObject,
    instance::{
        InstanceBody, InstancePatchBody, InstanceReplacementBody, changes_of_patch, changes_of_put,
    },
};

use super::{
    changed,
    target::{Called, Named, Target},
};
use crate::{body::UnreadBody, conditional, error::ApiError, openapi::IfMatch, router::AppState};

type Read = fn(&JsonObject) -> Result<InstanceChanges, Vec<Problem>>;

macro_rules! handlers {
    ($($(#[$described:meta])* $name:ident: $by:ident, $read:expr;)*) => {$(
        $(#[$described])*
        pub(crate) async fn $name(
            State(state): State<AppState>,
            $by(target): $by,
            headers: HeaderMap,
            body: UnreadBody,
        ) -> Result<Response, ApiError> {
            update(&state, &target, &headers, body, $read).await
        }
    )*};
}

handlers! {
    /// Change an instance
    ///
    /// Needs `createElementInstances` for the own ones, `editAccountElementInstances` for others of the account.
    #[utoipa::path(
        patch, path = "/instances/{instance}", tag = "instances",
        params(IfMatch),
        request_body = InstancePatchBody,
        responses((status = 200, body = InstanceBody))
    )]
    patch: Named, changes_of_patch;
    /// Replace an instance
    ///
    /// Needs `createElementInstances` for the own ones, `editAccountElementInstances` for others of the account.
    #[utoipa::path(
        put, path = "/instances/{instance}", tag = "instances",
        params(IfMatch),
        request_body = InstanceReplacementBody,
        responses((status = 200, body = InstanceBody))
    )]
    put: Named, changes_of_put;
    /// Change an instance of an element
    ///
    /// Needs `createElementInstances` for the own ones, `editAccountElementInstances` for others of the account.
    #[utoipa::path(
        patch, path = "/elements/{element}/instances/{instance}", tag = "instances",
        params(IfMatch),
        request_body = InstancePatchBody,
        responses((status = 200, body = InstanceBody))
    )]
    patch_of_element: Named, changes_of_patch;
    /// Replace an instance of an element
    ///
    /// Needs `createElementInstances` for the own ones, `editAccountElementInstances` for others of the account.
    #[utoipa::path(
        put, path = "/elements/{element}/instances/{instance}", tag = "instances",
        params(IfMatch),
        request_body = InstanceReplacementBody,
        responses((status = 200, body = InstanceBody))
    )]
    put_of_element: Named, changes_of_put;
    /// Change the instance whose token is presented
    ///
    /// Needs what changing it by id needs; a disabled instance is refused.
    #[utoipa::path(
        patch, path = "/instances", tag = "instances",
        security(("instance" = [])),
        params(IfMatch),
        request_body = InstancePatchBody,
        responses((status = 200, body = InstanceBody))
    )]
    patch_called: Called, changes_of_patch;
    /// Replace the instance whose token is presented
    ///
    /// Needs what changing it by id needs; a disabled instance is refused.
    #[utoipa::path(
        put, path = "/instances", tag = "instances",
        security(("instance" = [])),
        params(IfMatch),
        request_body = InstanceReplacementBody,
        responses((status = 200, body = InstanceBody))
    )]
    put_called: Called, changes_of_put;
}

async fn update(
    state: &AppState,
    target: &Target,
    headers: &HeaderMap,
    body: UnreadBody,
    read: Read,
) -> Result<Response, ApiError> {
    let permit = target.edit(state)?;
    let expected = conditional::expected(headers)?;
    let changes = read(&body.object().await?).map_err(ApiError::invalid)?;
    Ok(changed(&permit.apply(changes, &expected).await?))
}
