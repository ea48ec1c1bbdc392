//! Two nodes on one PostgreSQL are replaced by newer ones, one after the other, under load, and then by older ones again: no call fails.
//!
//! Callers do what a load balancer does. They know which nodes there are, leave out one that refuses, and send again on another node what
//! was not answered because a connection ended: creations with an `Idempotency-Key`, everything else as it is. How often that was is
//! counted: a node that ends in good order answers what it has begun, and only what meets the end of an idle connection is sent again.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    load::Connection,
    options::{Options, tell},
    request::{self, BASE},
    results::Restarts,
    subject::Subject,
    suite::world::{Kind, World},
};

const CALLERS: u64 = 32;
const USERS: u64 = 1_000;
/// A call that no node answers in so many tries has failed, and so has one that takes longer than [`AT_MOST`].
const TRIES: u32 = 20;
const AT_MOST: Duration = Duration::from_secs(5);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// The nodes that calls may go to.
type Nodes = Arc<Mutex<Vec<String>>>;

pub(crate) async fn measure(options: &Options) -> Result<Restarts> {
    let older = options.previous.as_ref().unwrap_or(&options.program);
    let previous = Options {
        program: older.clone(),
        ..options.clone()
    };
    let mut world = World::seed(&previous, Kind::Postgres, USERS, 0, 1).await?;
    let rounds = if options.short { 1 } else { 5 };
    let (ended, next) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let nodes = Nodes::default();
    let mut running = Vec::new();
    for _ in 0..2 {
        running.push(started(&world, &nodes).await?);
    }
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let place = usize::try_from(number)? % world.callers.len().max(1);
        let caller = Caller {
            authorization: world.callers.get(place).context("nobody calls")?.clone(),
            nodes: Arc::clone(&nodes),
            connection: None,
            turn: place,
            seen: Seen::default(),
        };
        callers.spawn(caller.work(Arc::clone(&ended), Arc::clone(&next)));
    }
    pause(options).await;
    let (mut newer, mut back) = (0, 0);
    for round in 1..=rounds {
        newer += replace(options, &mut world, &options.program, &nodes, &mut running).await?;
        if round < rounds {
            back += replace(options, &mut world, older, &nodes, &mut running).await?;
        }
    }
    ended.store(true, Ordering::Relaxed);
    let mut seen = Seen::default();
    while let Some(caller) = callers.join_next().await {
        seen.absorb(&caller??);
    }
    for node in running {
        node.stop().await?;
    }
    let restarts = Restarts {
        previous: options.previous.is_some(),
        replaced: newer,
        replaced_back: back,
        callers: CALLERS,
        calls: seen.calls,
        sent_again: seen.sent_again,
        failures: seen.failures,
    };
    tell(format!(
        "  {} nodes replaced by newer ones, {} by older ones: {} calls, {} sent again, {} failed",
        restarts.replaced,
        restarts.replaced_back,
        restarts.calls,
        restarts.sent_again,
        restarts.failures
    ));
    world.remove().await?;
    Ok(restarts)
}

/// Replaces all nodes by those of this program; answers how many.
async fn replace(
    options: &Options,
    world: &mut World,
    program: &Path,
    nodes: &Nodes,
    running: &mut [Subject],
) -> Result<u64> {
    program.clone_into(&mut world.place.program);
    let mut replaced = 0;
    for node in running {
        let next = started(world, nodes).await?;
        let last = std::mem::replace(node, next);
        let address = last.address.clone();
        // It is asked to end while calls still go to it.
        last.terminate().await?;
        list(nodes).retain(|one| *one != address);
        replaced += 1;
        pause(options).await;
    }
    Ok(replaced)
}

async fn pause(options: &Options) {
    tokio::time::sleep(options.turn() * 2).await;
}

async fn started(world: &World, nodes: &Nodes) -> Result<Subject> {
    let (node, _) = world.serve().await?;
    list(nodes).push(node.address.clone());
    Ok(node)
}

fn list(nodes: &Nodes) -> std::sync::MutexGuard<'_, Vec<String>> {
    nodes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Seen {
    calls: u64,
    sent_again: u64,
    failures: u64,
}

impl Seen {
    fn absorb(&mut self, other: &Self) {
        self.calls += other.calls;
        self.sent_again += other.sent_again;
        self.failures += other.failures;
    }
}

struct Caller {
    authorization: String,
    nodes: Nodes,
    connection: Option<Connection>,
    turn: usize,
    seen: Seen,
}

impl Caller {
    /// Lives of users, until it is over.
    async fn work(mut self, ended: Arc<AtomicBool>, next: Arc<AtomicU64>) -> Result<Seen> {
        while !ended.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let body = json!({
                "firstName": "Moved", "lastName": number.to_string(), "email": format!("moved{number}@move.example")
            });
            let key = format!("Idempotency-Key: move-{number}\r\n");
            let create = ("POST", "/organizations/users");
            let Some(id) = self.call(create, &key, Some(&body.to_string())).await else {
                continue;
            };
            let path = format!("/users/{id}");
            self.call(("GET", &path), "", None).await;
            self.call(("PATCH", &path), "", Some(r#"{"city":"Moved"}"#))
                .await;
            self.call(("DELETE", &path), "", None).await;
        }
        Ok(self.seen)
    }

    /// Sends a request until a node answers it; the id in its reply, if it was answered as it should be.
    async fn call(
        &mut self,
        (method, path): (&str, &str),
        header: &str,
        body: Option<&str>,
    ) -> Option<u64> {
        let mut bytes = Vec::with_capacity(512);
        request::write(
            &mut bytes,
            (method, &format!("{BASE}{path}")),
            &self.authorization,
            header,
            body,
        );
        self.seen.calls += 1;
        let mut sent = 0;
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            let Some(connection) = self.connected().await else {
                continue;
            };
            sent += 1;
            let answered = timeout(AT_MOST, connection.call(&bytes)).await;
            let Ok(status) = answered else {
                tell(format!(
                    "  FAILED: {method} {path} was not answered in time"
                ));
                self.connection = None;
                break;
            };
            let Ok(status) = status else {
                self.connection = None;
                self.seen.sent_again += 1;
                continue;
            };
            let id = connection.id().unwrap_or_default();
            let closes = connection
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close"));
            if closes {
                self.connection = None;
            }
            // Whoever erased without hearing of it, finds nobody when it erases again. A creation that is under way on
            // the node that ends is waited for.
            match status {
                200 => return Some(id),
                404 if method == "DELETE" && sent > 1 => return Some(id),
                409 if method == "POST" && sent > 1 => {}
                _ => {
                    tell(format!("  FAILED: {method} {path} was answered {status}"));
                    break;
                }
            }
        }
        self.seen.failures += 1;
        None
    }

    /// A connection to a node: the same as before, as long as that is one of them.
    async fn connected(&mut self) -> Option<&mut Connection> {
        if self.connection.is_none() {
            self.turn += 1;
            let address = {
                let nodes = list(&self.nodes);
                nodes.get(self.turn % nodes.len().max(1)).cloned()
            };
            self.connection = Connection::open(&address?).await.ok();
        }
        self.connection.as_mut()
    }
}
