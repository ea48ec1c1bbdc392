//! `tenantry users`.

use anyhow::anyhow;
use serde_json::{Value, json};
use tenantry_api_client::ApiCall;
use tenantry_wire::path::encoded;

use super::{
    Start,
    backend::{Session, integer},
    body::Fields,
    list::{List, columns, selected},
};
use crate::{
    cli::{
        ChangeRole, CreateUser, DeleteUser, ListUsers, UpdateUser, UserFields, UserRoles, Users,
    },
    failure::Failure,
    prompt::{confirm, password_of_stdin},
};

const COLUMNS: &[&str] = &[
    "id",
    "email",
    "firstName",
    "lastName",
    "active",
    "accountId",
];
/// The texts of the contract's user, section 8, but the password: it would stand in the list of processes.
const SETTABLE: &[&str] = &[
    "email",
    "firstName",
    "lastName",
    "externalId",
    "phone",
    "street1",
    "street2",
    "city",
    "stateProvince",
    "postalCode",
    "country",
];
const ROLE_COLUMNS: &[&str] = &["key", "name", "description"];

pub(super) async fn run(command: Users, start: &Start) -> Result<(), Failure> {
    match command {
        Users::List(it) => start.with(&it.target, async |to| list(to, &it).await).await,
        Users::Get(it) => {
            let show = async |to: &Session| to.show(&to.user(&it.user).await?);
            start.with(&it.target, show).await
        }
        Users::Create(it) => create(it, start).await,
        Users::Update(it) => update(it, start).await,
        Users::Delete(it) => delete(it, start).await,
        Users::Roles(UserRoles::List(it)) => {
            start
                .with(&it.target, async |to| roles(to, &it.user).await)
                .await
        }
        Users::Roles(UserRoles::Grant(it)) => grant(it, start).await,
        Users::Roles(UserRoles::Revoke(it)) => revoke(it, start).await,
    }
}

async fn list(to: &Session, it: &ListUsers) -> Result<(), Failure> {
    let call = match it.account {
        Some(account) => ApiCall::get(format!("/accounts/{account}/users")),
        None => ApiCall::get("/users"),
    };
    let list = List {
        call: selected(call, &it.selection),
        what: "users",
        columns: &columns(&it.selection, COLUMNS),
    };
    to.list(list, &it.listing).await
}

fn fields(given: &UserFields) -> Result<Fields, Failure> {
    let fields = Fields::of(&given.body, SETTABLE)?
        .with("email", given.email.clone())
        .with("firstName", given.first_name.clone())
        .with("lastName", given.last_name.clone())
        .with("active", given.active);
    if !given.password_stdin {
        return Ok(fields);
    }
    let password = password_of_stdin("--password-stdin")?;
    Ok(fields.with("password", Some(password.expose())))
}

async fn create(it: CreateUser, start: &Start) -> Result<(), Failure> {
    let roles = it.roles.iter().map(|key| json!({"key": key})).collect();
    let body = fields(&it.fields)?.with_list("roles", roles).into_value();
    let path = match it.account {
        Some(account) => format!("/accounts/{account}/users"),
        None => "/organizations/users".to_owned(),
    };
    let call = ApiCall::post(path).with_body(body);
    start
        .with(&it.target, async |to: &Session| {
            to.show(to.call(&call).await?.value())
        })
        .await
}

async fn update(it: UpdateUser, start: &Start) -> Result<(), Failure> {
    let body = fields(&it.fields)?
        .with("accountLocked", it.unlock.then_some(false))
        .into_change()?;
    if it.permanent {
        if it.fields.active != Some(false) {
            return Err(Failure::usage(anyhow!(
                "--permanent goes with --active false: it erases the user's instances"
            )));
        }
        let what = format!("All instances of the user {} are erased", it.user);
        confirm(&what, it.sure.yes)?;
    }
    start
        .with(&it.target, async |to: &Session| {
            let id = to.user_id(&it.user).await?;
            let call = ApiCall::patch(format!("/users/{id}"))
                .with_some("permanent", it.permanent.then_some(true))
                .with_body(body.clone());
            to.show(to.call(&call).await?.value())
        })
        .await
}

async fn delete(it: DeleteUser, start: &Start) -> Result<(), Failure> {
    let what = format!("The user {} is erased, with all instances", it.user);
    confirm(&what, it.sure.yes)?;
    start
        .with(&it.target, async |to: &Session| {
            let id = to.user_id(&it.user).await?;
            to.call(&ApiCall::delete(format!("/users/{id}"))).await?;
            to.done(&json!({"deleted": id}), &format!("user {id} deleted"))
        })
        .await
}

/// What a user may is no list with pages.
async fn roles(to: &Session, user: &str) -> Result<(), Failure> {
    let id = to.user_id(user).await?;
    let reply = to.call(&ApiCall::get(format!("/users/{id}/roles"))).await?;
    to.all(reply.value(), "roles", ROLE_COLUMNS)
}

async fn grant(it: ChangeRole, start: &Start) -> Result<(), Failure> {
    start
        .with(&it.target, async |to: &Session| {
            let (id, path) = role_path(to, &it).await?;
            to.call(&ApiCall::put(path)).await?;
            let report = json!({"userId": id, "granted": it.role});
            let text = format!("role {} granted to user {id}", it.role);
            to.done(&report, &text)
        })
        .await
}

async fn revoke(it: ChangeRole, start: &Start) -> Result<(), Failure> {
    start
        .with(&it.target, async |to: &Session| {
            let (id, path) = role_path(to, &it).await?;
            to.call(&ApiCall::delete(path)).await?;
            let report = json!({"userId": id, "revoked": it.role});
            let text = format!("role {} taken from user {id}", it.role);
            to.done(&report, &text)
        })
        .await
}

async fn role_path(to: &Session, it: &ChangeRole) -> Result<(i64, String), Failure> {
    let id = to.user_id(&it.user).await?;
    Ok((id, format!("/users/{id}/roles/{}", encoded(&it.role))))
}

/// The account of the user whom an id or an e-mail names, and the user's id.
pub(super) async fn with_account(to: &Session, named: &str) -> Result<(i64, i64), Failure> {
    let user: Value = to.user(named).await?;
    Ok((integer(&user, "id")?, integer(&user, "accountId")?))
}
