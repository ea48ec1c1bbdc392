//! `GET /audit-logs`: who changed what.

use axum::{extract::State, response::Response};
use tenantry_wire::audit::{AuditRecordBody, query};

use crate::{
    caller::Caller,
    error::ApiError,
    extract::QueryString,
    openapi::{AuditQuery, Pages},
    router::AppState,
    routes::list::PageQuery,
};

/// List changes, the newest first
///
/// Those of the organization with `viewLogsOrg`, those of the own account with `viewLogsAccount`. With the old values and the
/// new ones of the fields that changed; secrets and passwords never stand there.
#[utoipa::path(
    get, path = "/audit-logs", tag = "audit logs",
    params(AuditQuery, Pages),
    responses((status = 200, body = [AuditRecordBody]))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    QueryString(parameters): QueryString,
) -> Result<Response, ApiError> {
    let permit = state.platform.audit.read(&actor)?;
    let (asked, wanted) = match (query(&parameters), PageQuery::of(&parameters)) {
        (Ok(asked), Ok(wanted)) => (asked, wanted),
        (asked, wanted) => {
            let problems = asked.err().into_iter().chain(wanted.err()).flatten();
            return Err(ApiError::invalid(problems.collect()));
        }
    };
    let (page, counted) = permit
        .page(&asked, &wanted.paging.request, wanted.up_to)
        .await?;
    let items: Vec<_> = page.items.iter().map(AuditRecordBody::from).collect();
    Ok(wanted.reply(&items, page.next.as_ref(), counted))
}
