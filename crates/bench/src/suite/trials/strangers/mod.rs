//! Whatever belongs to another organization cannot be seen, changed or counted: calls at random over every route.
//!
//! Two organizations are in one store, and a third one whose users are all gone. Users of the first one call, and name what belongs to the second. Each call is made again with what
//! nobody has in the same places, and the replies have to be the same, to the last header. No reply may hold what only the second has
//! and no call names. What the first organization is told to have in all is what it has. At the end both have to be as they were. How long replies
//! take is compared over all routes together.
//!
//! Two things are told by contract and not held against the server: that an e-mail is in use (section 7), so nobody is created or renamed
//! with a stranger's; and that an account is of another organization, where roles are granted to it (section 8).

mod calls;
mod cast;
mod values;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::task::JoinSet;

use self::{
    calls::{Call, Route},
    cast::Scene,
    values::Cast,
};
use super::call;
use crate::{
    load::{Connection, now},
    options::{Options, tell},
    request,
    results::Strangers,
    stats::Sample,
    suite::world::{Kind, World},
};

const CONNECTIONS: u64 = 64;
const USERS: u64 = 200;
/// So many differences are told.
const TOLD: u64 = 10;

pub(crate) async fn measure(options: &Options, kind: Kind) -> Result<Strangers> {
    let world = World::seed(options, kind, USERS, 0, 1).await?;
    let other = world
        .place
        .organization("Strangers", "admin@stranger.example")
        .await?;
    let gone = world
        .place
        .organization("Gone", "admin@gone.example")
        .await?;
    let (server, _) = world.serve().await?;
    let mut connection = Connection::open(&server.address).await?;
    let document = document(&mut connection).await?;
    let routes = Arc::new(calls::routes(&document));
    let pairs: u64 = if options.short { 10_000 } else { 250_000 };
    let keys = pairs / calls::CALLS_FOR_A_KEY + 1;
    let scene = cast::scene(&mut connection, &world, [&other, &gone], keys).await?;
    let administrators = [scene.administrator.clone(), scene.stranger.clone()];
    let before = everything(&mut connection, &administrators).await?;
    let seen = play(&server.address, scene, &routes, pairs).await?;
    // The server has closed the first one, which was idle meanwhile.
    let mut connection = Connection::open(&server.address).await?;
    let after = everything(&mut connection, &administrators).await?;
    let changed = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after);
    let strangers = Strangers {
        store: kind.name().to_owned(),
        calls: seen.calls,
        routes: routes.len() as u64,
        answered: seen.answered,
        leaks: seen.leaks,
        differences: seen.differences,
        changed: changed.count() as u64,
        server_errors: seen.server_errors,
        slower: seen.theirs.percentile(0.5) / seen.nobodys.percentile(0.5).max(f64::EPSILON),
    };
    tell(format!(
        "  {}: {} calls over {} routes, {} of them answered 2xx: {} leaks, {} differences, {} organizations changed, {} answered 5xx; \
         the median of strangers' things {:.2} times nobody's",
        strangers.store,
        strangers.calls,
        strangers.routes,
        strangers.answered,
        strangers.leaks,
        strangers.differences,
        strangers.changed,
        strangers.server_errors,
        strangers.slower
    ));
    server.stop().await?;
    world.remove().await?;
    Ok(strangers)
}

/// Makes all calls.
async fn play(address: &str, scene: Scene, routes: &Arc<Vec<Route>>, pairs: u64) -> Result<Seen> {
    let (cast, needles) = (Arc::new(scene.cast), Arc::<[String]>::from(scene.needles));
    let next = Arc::new(AtomicU64::new(0));
    let began = now();
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let worker = Worker {
            connection: Connection::open(address).await?,
            routes: Arc::clone(routes),
            cast: Arc::clone(&cast),
            needles: Arc::clone(&needles),
            next: Arc::clone(&next),
            pairs,
            seen: Seen::default(),
        };
        workers.spawn(worker.work());
    }
    let mut seen = Seen::default();
    while let Some(worker) = workers.join_next().await {
        seen.absorb(worker??);
    }
    let seconds = now().duration_since(began).as_secs_f64();
    seen.theirs.finish(seconds);
    seen.nobodys.finish(seconds);
    Ok(seen)
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    calls: u64,
    answered: u64,
    leaks: u64,
    differences: u64,
    server_errors: u64,
    theirs: Sample,
    nobodys: Sample,
}

impl Seen {
    fn absorb(&mut self, other: Self) {
        self.calls += other.calls;
        self.answered += other.answered;
        self.leaks += other.leaks;
        self.differences += other.differences;
        self.server_errors += other.server_errors;
        self.theirs.absorb(other.theirs);
        self.nobodys.absorb(other.nobodys);
    }
}

struct Worker {
    connection: Connection,
    routes: Arc<Vec<Route>>,
    cast: Arc<Cast>,
    needles: Arc<[String]>,
    next: Arc<AtomicU64>,
    pairs: u64,
    seen: Seen,
}

impl Worker {
    async fn work(mut self) -> Result<Seen> {
        let (routes, cast) = (Arc::clone(&self.routes), Arc::clone(&self.cast));
        let mut request = Vec::with_capacity(1024);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.pairs {
                return Ok(self.seen);
            }
            let call = calls::call(&routes, &cast, number)
                .context("a parameter of the document is none that this trial knows")?;
            let mut replies = [String::new(), String::new()];
            // Who comes first, finds less in memory.
            let order = if number.is_multiple_of(2) {
                [0, 1]
            } else {
                [1, 0]
            };
            for side in order {
                let values = [&cast.foreign, &cast.nobody][side];
                call.write(values, &mut request);
                let began = now();
                let status = self.connection.call(&request).await.with_context(|| {
                    format!("no reply to {}", String::from_utf8_lossy(&request))
                })?;
                let took = now().duration_since(began);
                if call.is_entitled() {
                    [&mut self.seen.theirs, &mut self.seen.nobodys][side].add(took);
                }
                self.seen.calls += 1;
                self.seen.answered += u64::from(status < 300);
                self.seen.server_errors += u64::from(status >= 500);
                replies[side] = told(&self.connection)?;
                if leaks(&self.needles, &replies[side]) {
                    self.seen.leaks += 1;
                    self.tell("LEAK", &request, &replies);
                }
            }
            if differ(&call, &cast, &replies) {
                self.seen.differences += 1;
                self.tell("DIFFERENCE", &request, &replies);
            }
        }
    }

    fn tell(&self, what: &str, request: &[u8], replies: &[String; 2]) {
        if self.seen.leaks + self.seen.differences <= TOLD {
            let request = String::from_utf8_lossy(request);
            tell(format!(
                "  {what}: {request}\n{}\n---\n{}\n",
                replies[0], replies[1]
            ));
        }
    }
}

/// Whether a reply holds what only the other organization has.
fn leaks(needles: &[String], reply: &str) -> bool {
    needles.iter().any(|needle| reply.contains(needle))
}

/// Whether the replies, to a stranger's values and to nobody's, tell them apart.
fn differ(call: &Call<'_>, cast: &Cast, [theirs, nobodys]: &[String; 2]) -> bool {
    let forbidden = theirs.starts_with("HTTP/1.1 403") && nobodys.starts_with("HTTP/1.1 404");
    theirs != nobodys
        && *theirs != call.translated(cast, nobodys)
        && !(call.tells_by_contract() && forbidden)
}

/// A reply without what differs from call to call: when it was made and under which number; the token of the next page, which belongs to
/// the filter; how long the values in front of an error are.
fn told(connection: &Connection) -> Result<String> {
    let mut told = String::new();
    for line in connection.head()?.split("\r\n") {
        let name = line.split(':').next().unwrap_or_default();
        let left_out = ["date", "elements-request-id", "content-length"];
        if left_out.iter().any(|one| name.eq_ignore_ascii_case(one)) {
            continue;
        }
        if name.eq_ignore_ascii_case("elements-next-page-token") {
            told.push_str(name);
        } else {
            told.push_str(line);
        }
        told.push('\n');
    }
    let mut body = std::str::from_utf8(connection.body())?.to_owned();
    if let Some(id) = connection.header("elements-request-id") {
        body = body.replace(id, "");
    }
    told.push_str(&without_columns(&body));
    Ok(told)
}

/// Without the numbers in `at column 7`.
fn without_columns(text: &str) -> String {
    let mut parts = text.split("at column ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("at column ");
        out.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    out
}

async fn document(connection: &mut Connection) -> Result<Value> {
    let mut bytes = Vec::new();
    request::write(&mut bytes, ("GET", "/openapi.json"), "", "", None);
    connection.call(&bytes).await?;
    Ok(serde_json::from_slice(connection.body())?)
}

/// All that each administrator sees of the own organization.
async fn everything(
    connection: &mut Connection,
    administrators: &[String; 2],
) -> Result<[String; 2]> {
    let [one, other] = administrators;
    Ok([
        everything_of(connection, one).await?,
        everything_of(connection, other).await?,
    ])
}

async fn everything_of(connection: &mut Connection, administrator: &str) -> Result<String> {
    let mut all = String::new();
    for path in [
        "/organizations/me",
        "/organizations/roles",
        "/organizations/password-policies",
        "/accounts?includeInactive=true",
        "/users?includeInactive=true&pageSize=1000",
        "/accounts/instances",
        "/elements",
        "/audit-logs?pageSize=1000",
    ] {
        let reply = call(connection, ("GET", path), administrator, None).await?;
        ensure!(reply.status == 200, "{path} was answered {}", reply.status);
        all.push_str(&reply.body.to_string());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{values::Of, *};

    #[test]
    fn columns_are_left_out() {
        let text = "unknown field 'x' at column 17, and y at column 3";
        assert_eq!(
            without_columns(text),
            "unknown field 'x' at column , and y at column "
        );
        assert_eq!(without_columns("7"), "7");
    }

    #[test]
    fn what_tells_them_apart_is_found() {
        let mut cast = Cast::default();
        cast.own.add(Of::Credentials, "User own");
        for (values, mark) in [(&mut cast.foreign, "12"), (&mut cast.nobody, "7000")] {
            values.add(Of::Account, mark);
            values.add(Of::ETag, mark);
            values.add(Of::Credentials, mark);
        }
        cast.own.add(Of::Account, "2");
        let path = "/elements/api-v2/accounts/{account}";
        let routes = calls::routes(&json!({"paths": {path: {"delete": {}}}}));
        let call = calls::call(&routes, &cast, 1).unwrap();
        let replies = |theirs: &str, nobodys: &str| [theirs.to_owned(), nobodys.to_owned()];
        let differ = |theirs, nobodys| differ(&call, &cast, &replies(theirs, nobodys));
        assert!(!differ(
            "No account found with ID 12",
            "No account found with ID 7000"
        ));
        assert!(!differ("Unauthorized", "Unauthorized"));
        assert!(differ(
            "No account found with ID 13",
            "No account found with ID 7000"
        ));
        assert!(differ("HTTP/1.1 403", "HTTP/1.1 404"));
        assert!(leaks(&["hidden".to_owned()], "a hidden word"));
        assert!(!leaks(&["hidden".to_owned()], "a word"));
    }
}
