//! `tenantry instances`.

use anyhow::anyhow;
use serde_json::{Map, Value, json};
use tenantry_api_client::ApiCall;
use tenantry_domain::{AccountId, UserId};

use super::{
    Start,
    backend::Session,
    body::{Fields, nothing_to_change, pair},
    list::{List, columns, selected},
    users,
};
use crate::{
    cli::{
        CreateInstance, DeleteInstance, GetInstance, InstanceFields, Instances, ListInstances,
        UpdateInstance,
    },
    failure::Failure,
    prompt::confirm,
};

const COLUMNS: &[&str] = &["id", "name", "element.key", "disabled", "user.emailAddress"];

const SETTABLE: &[&str] = &["name"];

pub(super) async fn run(command: Instances, start: &Start) -> Result<(), Failure> {
    match command {
        Instances::List(it) => start.with(&it.target, async |to| list(to, &it).await).await,
        Instances::Get(it) => get(it, start).await,
        Instances::Create(it) => create(it, start).await,
        Instances::Update(it) => update(it, start).await,
        Instances::Delete(it) => delete(it, start).await,
    }
}

async fn list(to: &Session, it: &ListInstances) -> Result<(), Failure> {
    let mut call = match it.account {
        Some(account) => ApiCall::get(format!("/accounts/{account}/instances")),
        None => ApiCall::get("/instances"),
    };
    for tag in &it.tags {
        call = call.with("tags[]", tag);
    }
    let call = call.with_some("searchText", it.search.as_ref());
    let list = List {
        call: selected(call, &it.selection),
        what: "instances",
        columns: &columns(&it.selection, COLUMNS),
    };
    to.list(list, &it.listing).await
}

async fn get(it: GetInstance, start: &Start) -> Result<(), Failure> {
    let call = ApiCall::get(format!("/instances/{}", it.id));
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}

fn fields(given: &InstanceFields) -> Result<Fields, Failure> {
    let tags = given.tags.iter().map(|tag| json!(tag)).collect();
    let mut configuration = Map::new();
    for text in &given.configuration {
        let (key, value) = pair("--configuration", text)?;
        configuration.insert(key.to_owned(), json!(value));
    }
    let configuration = (!configuration.is_empty()).then_some(configuration);
    Ok(Fields::of(&given.body, SETTABLE)?
        .with("name", given.name.clone())
        .with("configuration", configuration)
        .with_list("tags", tags))
}

async fn create(it: CreateInstance, start: &Start) -> Result<(), Failure> {
    let element = it.element.as_ref().map(|key| json!({"key": key}));
    let body = fields(&it.fields)?.with("element", element).into_value();
    let call = ApiCall::post("/instances").with_body(body);
    start
        .with(&it.target, async |to: &Session| {
            let reply = match (&it.user, to.is_local()) {
                (Some(user), true) => {
                    let (user, account) = users::with_account(to, user).await?;
                    let (user, account) = (UserId::new(user), AccountId::new(account));
                    to.call_for(user, account, &call).await?
                }
                (None, false) => to.call(&call).await?,
                (None, true) => {
                    return Err(Failure::usage(anyhow!(
                        "an instance belongs to a user: say by --user whose it is to be"
                    )));
                }
                (Some(_), false) => {
                    return Err(Failure::usage(anyhow!(
                        "on a server an instance is always the user's whose secret is used: leave --user out, or call with that \
                         user's secret"
                    )));
                }
            };
            to.show(reply.value())
        })
        .await
}

async fn update(it: UpdateInstance, start: &Start) -> Result<(), Failure> {
    let (path, fields) = (format!("/instances/{}", it.id), fields(&it.fields)?);
    if fields.is_empty() && it.disabled.is_none() {
        return Err(nothing_to_change());
    }
    let change = if fields.is_empty() {
        None
    } else {
        Some(ApiCall::patch(&path).with_body(fields.into_value()))
    };
    let switch = it.disabled.map(|disabled| {
        let enabled = format!("{path}/enabled");
        if disabled {
            ApiCall::delete(enabled)
        } else {
            ApiCall::put(enabled)
        }
    });
    start
        .with(&it.target, async |to: &Session| {
            for call in [&change, &switch].into_iter().flatten() {
                to.call(call).await?;
            }
            let shown: Value = to.call(&ApiCall::get(&path)).await?.into_value();
            to.show(&shown)
        })
        .await
}

async fn delete(it: DeleteInstance, start: &Start) -> Result<(), Failure> {
    let id = it.id;
    confirm(&format!("The instance {id} is erased"), it.sure.yes)?;
    start
        .with(&it.target, async |to: &Session| {
            to.call(&ApiCall::delete(format!("/instances/{id}")))
                .await?;
            to.done(&json!({"deleted": id}), &format!("instance {id} deleted"))
        })
        .await
}
