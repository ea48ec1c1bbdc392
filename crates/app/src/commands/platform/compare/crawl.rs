//! What is asked of both servers when nothing was recorded: everything that lists show.

use std::sync::Arc;

use tenantry_api_client::ApiCall;
use tokio::task::JoinSet;

use super::{
    report::Sink,
    sides::{Asker, Pair, Sides, Unfinished},
};

/// How many accounts are compared at the same moment. How many calls run at once is for the clients to limit.
const ACCOUNTS: usize = 4;
/// How many single calls wait for their replies at the same moment, for each account.
const CALLS: usize = 8;

/// Comparisons that run at the same moment, so many at the most. The first that cannot be ended ends the others.
struct Crew {
    most: usize,
    running: JoinSet<Result<(), Unfinished>>,
}

impl Crew {
    fn of(most: usize) -> Self {
        Self {
            most,
            running: JoinSet::new(),
        }
    }

    async fn add(
        &mut self,
        comparison: impl Future<Output = Result<(), Unfinished>> + Send + 'static,
    ) -> Result<(), Unfinished> {
        if self.running.len() >= self.most {
            self.join().await?;
        }
        self.running.spawn(comparison);
        Ok(())
    }

    async fn finish(mut self) -> Result<(), Unfinished> {
        while !self.running.is_empty() {
            self.join().await?;
        }
        Ok(())
    }

    async fn join(&mut self) -> Result<(), Unfinished> {
        match self.running.join_next().await {
            None => Ok(()),
            Some(Ok(ended)) => ended,
            // It cannot be cancelled before the crew is.
            Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

/// Compares the organization, its roles and policy, its accounts, and of each account users, their roles, and instances.
pub(super) async fn crawl(sides: &Sides, sink: &Arc<Sink>) -> Result<(), Unfinished> {
    for (kind, path) in [
        ("organization", "/organizations/me"),
        ("password policy", "/organizations/password-policies"),
    ] {
        let (left, right) = sides.ask(&ApiCall::get(path), Asker::Administrator).await?;
        sink.compare(kind, path, Some(left.value()), Some(right.value()));
    }
    items(sides, sink, "role", ApiCall::get("/organizations/roles")).await?;
    elements(sides, sink).await?;
    let call = ApiCall::get("/accounts").with("includeInactive", &true);
    let (mut accounts, mut crew) = (sides.pairs(call, sink), Crew::of(ACCOUNTS));
    while let Some(pairs) = accounts.next().await? {
        compare_all("account", &pairs, sink);
        for pair in pairs.into_iter().filter(Pair::is_whole) {
            crew.add(account(sides.clone(), Arc::clone(sink), pair.id))
                .await?;
        }
    }
    crew.finish().await
}

/// Those that both have. Catalogs differ in what nobody uses; what somebody uses, the instances name.
async fn elements(sides: &Sides, sink: &Arc<Sink>) -> Result<(), Unfinished> {
    let mut list = sides.pairs(ApiCall::get("/elements"), sink);
    while let Some(mut pairs) = list.next().await? {
        pairs.retain(Pair::is_whole);
        compare_all("element", &pairs, sink);
    }
    Ok(())
}

async fn account(sides: Sides, sink: Arc<Sink>, id: String) -> Result<(), Unfinished> {
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
async fn roles(sides: &Sides, sink: &Arc<Sink>, users: Vec<String>) -> Result<(), Unfinished> {
    let mut crew = Crew::of(CALLS);
    for id in users {
        let (sides, sink) = (sides.clone(), Arc::clone(sink));
        let asked = async move {
            let path = format!("/users/{id}/roles");
            one(&sides, &sink, "roles of a user", &id, &path).await
        };
        crew.add(asked).await?;
    }
    crew.finish().await
}

async fn one(
    sides: &Sides,
    sink: &Sink,
    kind: &'static str,
    id: &str,
    path: &str,
) -> Result<(), Unfinished> {
    let (left, right) = sides.ask(&ApiCall::get(path), Asker::Administrator).await?;
    sink.compare(kind, id, Some(left.value()), Some(right.value()));
    Ok(())
}

async fn items(
    sides: &Sides,
    sink: &Arc<Sink>,
    kind: &'static str,
    call: ApiCall,
) -> Result<(), Unfinished> {
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
