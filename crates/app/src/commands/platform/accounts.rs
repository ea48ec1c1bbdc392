//! `tenantry accounts`.

use anyhow::anyhow;
use serde_json::json;
use tenantry_api_client::ApiCall;

use super::{
    Start,
    backend::Session,
    body::Fields,
    list::{List, columns, selected},
};
use crate::{
    cli::{
        AccountFields, Accounts, CreateAccount, DeleteAccount, GetAccount, ListAccounts,
        UpdateAccount,
    },
    failure::Failure,
    prompt::confirm,
};

const COLUMNS: &[&str] = &["id", "name", "externalId", "active", "defaultAccount"];

const SETTABLE: &[&str] = &["name", "description", "externalId"];

pub(super) async fn run(command: Accounts, start: &Start) -> Result<(), Failure> {
    match command {
        Accounts::List(it) => start.with(&it.target, async |to| list(to, &it).await).await,
        Accounts::Get(it) => get(it, start).await,
        Accounts::Create(it) => create(it, start).await,
        Accounts::Update(it) => update(it, start).await,
        Accounts::Delete(it) => delete(it, start).await,
    }
}

async fn list(to: &Session, it: &ListAccounts) -> Result<(), Failure> {
    let list = List {
        call: selected(ApiCall::get("/accounts"), &it.selection),
        what: "accounts",
        columns: &columns(&it.selection, COLUMNS),
    };
    to.list(list, &it.listing).await
}

async fn get(it: GetAccount, start: &Start) -> Result<(), Failure> {
    let call = ApiCall::get(format!("/accounts/{}", it.id));
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}

fn fields(given: &AccountFields) -> Result<Fields, Failure> {
    Ok(Fields::of(&given.body, SETTABLE)?
        .with("externalId", given.external_id.clone())
        .with("name", given.name.clone())
        .with("description", given.description.clone()))
}

async fn create(it: CreateAccount, start: &Start) -> Result<(), Failure> {
    let call = ApiCall::post("/accounts").with_body(fields(&it.fields)?.into_value());
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}

async fn update(it: UpdateAccount, start: &Start) -> Result<(), Failure> {
    let body = fields(&it.fields)?
        .with("active", it.active)
        .into_change()?;
    if it.permanent {
        if it.active != Some(false) {
            return Err(Failure::usage(anyhow!(
                "--permanent goes with --active false: it erases the account's users"
            )));
        }
        let what = format!("All users of the account {} are erased", it.id);
        confirm(&what, it.sure.yes)?;
    }
    let call = ApiCall::patch(format!("/accounts/{}", it.id))
        .with_some("permanent", it.permanent.then_some(true))
        .with_body(body);
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}

async fn delete(it: DeleteAccount, start: &Start) -> Result<(), Failure> {
    let id = it.id;
    confirm(
        &format!("All users of the account {id} are erased"),
        it.sure.yes,
    )?;
    start
        .with(&it.target, async |to: &Session| {
            to.call(&ApiCall::delete(format!("/accounts/{id}"))).await?;
            let text = format!("users of account {id} deleted; the account stays, inactive");
            to.done(&json!({"deleted": id}), &text)
        })
        .await
}
