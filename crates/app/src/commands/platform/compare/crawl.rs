//! What is asked of both servers when nothing was recorded: everything that lists show.

use std::sync::Arc;

use tenantry_api_client::{ApiCall, ApiError};
use tokio::task::JoinSet;

use super::{
    report::Sink,
    sides::{Pair, Sides},
};

/// How many accounts are compared at the same moment. How many calls run at once is for the clients to limit.
const ACCOUNTS: usize = 4;
/// How many single calls wait for their replies at the same moment, for each account.
const CALLS: usize = 8;

/// Compares the organization, its roles and policy, its accounts, and of each account users, their roles, and instances.
pub(super) async fn crawl(sides: &Sides, sink: &Arc<Sink>) -> Result<(), ApiError> {
    for (kind, path) in [
        ("organization", "/organizations/me"),
        ("password policy", "/organizations/password-policies"),
    ] {
        let (left, right) = sides.ask(&ApiCall::get(path)).await?;
        sink.compare(kind, path, Some(left.value()), Some(right.value()));
    }
    items(sides, sink, "role", ApiCall::get("/organizations/roles")).await?;
    items(sides, sink, "element", ApiCall::get("/elements")).await?;
    let call = ApiCall::get("/accounts").with("includeInactive", &true);
    let (mut accounts, mut running) = (sides.pairs(call, sink), JoinSet::new());
    while let Some(pairs) = accounts.next().await? {
        compare_all("account", &pairs, sink);
        for pair in pairs.into_iter().filter(Pair::is_whole) {
            if running.len() >= ACCOUNTS {
                joined(&mut running).await?;
            }
            running.spawn(account(sides.clone(), Arc::clone(sink), pair.id));
        }
    }
    while !running.is_empty() {
        joined(&mut running).await?;
    }
    Ok(())
}

async fn joined(running: &mut JoinSet<Result<(), ApiError>>) -> Result<(), ApiError> {
    match running.join_next().await {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(error))) => Err(error),
        Some(Err(panic)) => Err(ApiError::Unreadable(panic.to_string())),
    }
}

async fn account(sides: Sides, sink: Arc<Sink>, id: String) -> Result<(), ApiError> {
    let below = |what: &str| format!("/accounts/{id}/{what}");
    one(&sides, &sink, "roles of an account", &id, &below("roles")).await?;
    let call = ApiCall::get(below("users")).with("includeInactive", &true);
    let mut users = sides.pairs(call, &sink);
    while let Some(pairs) = users.next().await? {
        compare_all("user", &pairs, &sink);
        let whole = pairs.into_iter().filter(Pair::is_whole);
        roles(&sides, &sink, whole.map(|pair| pair.id).collect()).await?;
    }
    let instances = ApiCall::get(below("instances"));
    items(&sides, &sink, "instance", instances).await
}

/// The roles of so many users, some at a time.
async fn roles(sides: &Sides, sink: &Arc<Sink>, users: Vec<String>) -> Result<(), ApiError> {
    let mut running = JoinSet::new();
    for id in users {
        if running.len() >= CALLS {
            joined(&mut running).await?;
        }
        let (sides, sink) = (sides.clone(), Arc::clone(sink));
        running.spawn(async move {
            let path = format!("/users/{id}/roles");
            one(&sides, &sink, "roles of a user", &id, &path).await
        });
    }
    while !running.is_empty() {
        joined(&mut running).await?;
    }
    Ok(())
}

async fn one(
    sides: &Sides,
    sink: &Sink,
    kind: &'static str,
    id: &str,
    path: &str,
) -> Result<(), ApiError> {
    let (left, right) = sides.ask(&ApiCall::get(path)).await?;
    sink.compare(kind, id, Some(left.value()), Some(right.value()));
    Ok(())
}

async fn items(
    sides: &Sides,
    sink: &Arc<Sink>,
    kind: &'static str,
    call: ApiCall,
) -> Result<(), ApiError> {
    let mut list = sides.pairs(call, sink);
    while let Some(pairs) = list.next().await? {
        compare_all(kind, &pairs, sink);
    }
    Ok(())
}

fn compare_all(kind: &'static str, pairs: &[Pair], sink: &Sink) {
    for pair in pairs {
        sink.compare(kind, &pair.id, pair.left.as_ref(), pair.right.as_ref());
    }
}
