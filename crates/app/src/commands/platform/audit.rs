//! `tenantry audit list`.

use tenantry_api_client::ApiCall;

use super::{Start, backend::Session, list::List};
use crate::{cli::ListAudit, failure::Failure};

const COLUMNS: &[&str] = &[
    "id",
    "createdDate",
    "actor",
    "userId",
    "action",
    "target",
    "targetId",
];

pub(super) async fn list(it: ListAudit, start: &Start) -> Result<(), Failure> {
    let call = ApiCall::get("/audit-logs")
        .with_some("from", it.from.as_ref())
        .with_some("to", it.to.as_ref())
        .with_some("userId", it.user)
        .with_some("accountId", it.account);
    start
        .with(&it.target, async |to: &Session| {
            let list = List {
                call: call.clone(),
                what: "records",
                columns: COLUMNS,
            };
            to.list(list, &it.listing).await
        })
        .await
}
