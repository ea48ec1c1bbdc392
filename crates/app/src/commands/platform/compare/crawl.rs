//! What is asked of both servers when nothing was recorded: everything that lists show.

use std::sync::Arc;

use serde_json::Value;
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
    let accounts = ApiCall::get("/accounts").with("includeInactive", &true);
    let mut running = JoinSet::new();
    let walked = sides
        .pairs(accounts, sink, async |pairs| {
            for pair in pairs {
                sink.compare("account", &pair.id, pair.left.as_ref(), pair.right.as_ref());
                if !pair.is_whole() {
                    continue;
                }
                if running.len() >= ACCOUNTS {
                    joined(&mut running).await?;
                }
                running.spawn(account(sides.clone(), Arc::clone(sink), pair.id));
            }
            Ok(())
        })
        .await;
    walked?;
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
    let below = |what: &str| ApiCall::get(format!("/accounts/{id}/{what}"));
    one(
        &sides,
        &sink,
        "roles of an account",
        &id,
        &format!("/accounts/{id}/roles"),
    )
    .await?;
    let users = below("users").with("includeInactive", &true);
    sides
        .pairs(users, &sink, async |pairs| {
            let whole: Vec<String> = pairs
                .iter()
                .filter(|pair| pair.is_whole())
                .map(|pair| pair.id.clone())
                .collect();
            compare_all("user", &pairs, &sink);
            roles(&sides, &sink, whole).await
        })
        .await?;
    items(&sides, &sink, "instance", below("instances")).await
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
    sink: &Sink,
    kind: &'static str,
    call: ApiCall,
) -> Result<(), ApiError> {
    sides
        .pairs(call, sink, async |pairs| {
            compare_all(kind, &pairs, sink);
            Ok(())
        })
        .await
}

fn compare_all(kind: &'static str, pairs: &[Pair], sink: &Sink) {
    let there = Option::<Value>::as_ref;
    for pair in pairs {
        sink.compare(kind, &pair.id, there(&pair.left), there(&pair.right));
    }
}

impl Pair {
    fn is_whole(&self) -> bool {
        self.left.is_some() && self.right.is_some()
    }
}
