//! `tenantry org show` and `secret-reset`.

use tenantry_api_client::ApiCall;

use super::{Start, backend::Session};
use crate::{
    cli::{ResetSecret, ShowOrganization},
    failure::Failure,
    prompt::confirm,
};

pub(super) async fn show(it: ShowOrganization, start: &Start) -> Result<(), Failure> {
    let call = ApiCall::get("/organizations/me");
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}

pub(super) async fn reset_secret(it: ResetSecret, start: &Start) -> Result<(), Failure> {
    let until = match it.overlap_hours {
        None | Some(0) => "at once".to_owned(),
        Some(hours) => format!("in {hours} hours"),
    };
    let what = format!("The organization's secret is replaced, and the old one stops {until}");
    confirm(&what, it.sure.yes)?;
    let call =
        ApiCall::post("/organizations/secret-reset").with_some("overlapHours", it.overlap_hours);
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}
