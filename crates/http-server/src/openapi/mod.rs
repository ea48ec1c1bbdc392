//! The OpenAPI document, made of the same items as the router: a handler carries `#[utoipa::path(…)]`, and [`Routes`]
//! takes no handler without one.
//!
//! A handler describes what is its own: method, path, tag, bodies, the statuses that only it has. What every operation
//! has (credentials, error bodies, headers, the parameters of lists) stands in `shared.rs`, and `complete.rs` adds it.

mod complete;
mod page;
mod parameters;
mod shared;

use std::collections::HashSet;

use axum::Router;
use serde_json::Value;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

pub(crate) use self::{
    page::{CONTENT_SECURITY_POLICY, render as page},
    parameters::{
        AuditQuery, IfMatch, IfNoneMatch, InstanceSelection, List, OverlapHours, Pages, Permanent,
        UserPassword,
    },
};
use crate::router::AppState;

/// Routes and their descriptions.
pub(crate) struct Routes(OpenApiRouter<AppState>);

impl Routes {
    pub(crate) fn new() -> Self {
        Self(OpenApiRouter::with_openapi(OpenApi::default()))
    }

    /// Adds the handlers of one path: what `utoipa_axum::routes!` makes of them.
    pub(crate) fn add(self, handlers: UtoipaMethodRouter<AppState>) -> Self {
        Self(self.0.routes(handlers))
    }

    /// The router, and the document of it.
    pub(crate) fn split(self) -> (Router<AppState>, OpenApi) {
        self.0.split_for_parts()
    }
}

/// The whole document: `api` lies under `base` and `around` outside it.
pub(crate) fn document(base: &str, api: OpenApi, around: OpenApi) -> Value {
    let info = InfoBuilder::new()
        .title("Tenantry")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(shared::INTRODUCTION));
    let document = OpenApiBuilder::new()
        .info(info)
        .build()
        .nest(base, api)
        .merge_from(around);
    complete::document(serde_json::to_value(document).unwrap_or_default(), base)
}

/// The paths of a document, as templates, that can be posted to.
pub(crate) fn posted_to(document: &Value) -> HashSet<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .filter(|(_, item)| item.get("post").is_some())
        .map(|(path, _)| path.clone())
        .collect()
}
