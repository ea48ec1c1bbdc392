//! Instances, through `/instances`, `/elements/{keyOrId}/instances`, their own tokens, and the accounts that they are of
//! (contract, sections 7 and 11).

pub(crate) mod configuration;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod enabled;
pub(crate) mod get;
pub(crate) mod list;
mod target;
pub(crate) mod update;

use axum::{http::HeaderMap, response::Response};
use tenantry_domain::services::ShownInstance;
use tenantry_wire::instance::InstanceBody;

use crate::{conditional, error::ApiError};

/// The reply with an instance that was changed, or just created.
fn changed(shown: &ShownInstance) -> Response {
    conditional::changed(shown.instance.revision, InstanceBody::from(shown))
}

/// The reply with an instance that was read.
fn found(headers: &HeaderMap, shown: &ShownInstance) -> Result<Response, ApiError> {
    conditional::found(headers, shown.instance.revision, InstanceBody::from(shown))
}
