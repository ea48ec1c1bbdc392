//! Create, read, patch, deactivate, delete: the whole life of a user, over and over.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::{
    load::{Connection, now},
    machine::Steal,
    options::{Options, tell},
    request::{self, BASE, Callers, new_user},
    results::{Minute, Row},
    stats::{self, Sample},
    subject::Subject,
    suite::world::{Kind, World},
};

const CONNECTIONS: u64 = 64;

/// As many as there can be, in several rounds.
pub(crate) async fn row(options: &Options, world: &World, server: &Subject) -> Result<Row> {
    let steal = Steal::begin();
    let next = Arc::new(AtomicU64::new(0));
    let (mut rates, mut medians, mut tails, mut failures) = (vec![], vec![], vec![], 0);
    let mut failed_with = None;
    for round in 0..=options.rounds {
        let lasts = options.turn() * 2;
        let sample = run(&world.callers, &server.address, &next, lasts).await?;
        if round == 0 {
            continue;
        }
        rates.push(sample.rate());
        medians.push(sample.percentile(0.5));
        tails.push(sample.percentile(0.99));
        failures += sample.failures;
        failed_with = failed_with.or(sample.failed_with);
    }
    let row = Row {
        store: world.kind.name().to_owned(),
        scenario: "lifecycle".to_owned(),
        connections: CONNECTIONS,
        unit: Some("lifecycles".to_owned()),
        rate: stats::median(&rates),
        median: stats::median(&medians),
        p99: stats::median(&tails),
        spread: Some(stats::spread(&rates)),
        stolen_percent: steal.percent(),
        failures,
        failed_with,
        note: (world.kind == Kind::Postgres).then(|| "five calls each".to_owned()),
        ..Row::default()
    };
    tell(format!("  {row}"));
    Ok(row)
}

/// Minute by minute.
pub(crate) async fn soak(
    options: &Options,
    world: &World,
    server: &Subject,
) -> Result<Vec<Minute>> {
    let next = Arc::new(AtomicU64::new(1_000_000_000));
    let mut minutes = Vec::new();
    for minute in 1..=options.soak {
        let lasts = Duration::from_mins(1);
        let sample = run(&world.callers, &server.address, &next, lasts).await?;
        let one = Minute {
            rate: sample.rate(),
            p99: sample.percentile(0.99),
            failures: sample.failures,
        };
        tell(format!(
            "  lifecycles, minute {minute}: {:.0}/s, p99 {:.1} ms, {} failures",
            one.rate, one.p99, one.failures
        ));
        minutes.push(one);
    }
    Ok(minutes)
}

async fn run(
    callers: &Callers,
    address: &str,
    next: &Arc<AtomicU64>,
    lasts: Duration,
) -> Result<Sample> {
    let began = now();
    let until = began + lasts;
    let mut workers = JoinSet::new();
    for worker in 0..CONNECTIONS {
        let place = usize::try_from(worker)? % callers.len();
        let caller = callers.get(place).cloned().unwrap_or_default();
        let (address, next) = (address.to_owned(), Arc::clone(next));
        workers.spawn(async move { live(&address, &caller, &next, until).await });
    }
    let mut sample = Sample::default();
    while let Some(outcome) = workers.join_next().await {
        sample.absorb(outcome??);
    }
    sample.finish(now().duration_since(began).as_secs_f64());
    Ok(sample)
}

/// One life after the other.
async fn live(address: &str, caller: &str, next: &AtomicU64, until: Instant) -> Result<Sample> {
    let mut connection = Connection::open(address).await?;
    let mut sample = Sample::with_capacity(1024);
    loop {
        let began = now();
        if began >= until {
            return Ok(sample);
        }
        let number = next.fetch_add(1, Ordering::Relaxed);
        match one(&mut connection, caller, number).await? {
            None => sample.add(now().duration_since(began)),
            Some(status) => {
                sample.add(now().duration_since(began));
                sample.fail(status);
            }
        }
    }
}

/// The status of a call that failed, if one did.
async fn one(connection: &mut Connection, caller: &str, number: u64) -> Result<Option<u16>> {
    let mut bytes = Vec::with_capacity(1024);
    let path = format!("{BASE}/organizations/users");
    let user = new_user("life", number);
    request::write(&mut bytes, ("POST", &path), caller, "", Some(&user));
    let status = connection.call(&bytes).await?;
    if status != 200 {
        return Ok(Some(status));
    }
    let id = connection.id().context("a created user has no id")?;
    let path = format!("{BASE}/users/{id}");
    for (method, body) in [
        ("GET", None),
        ("PATCH", Some(r#"{"phone":"+1 555 4711"}"#)),
        ("PATCH", Some(r#"{"active":false}"#)),
        ("DELETE", None),
    ] {
        bytes.clear();
        request::write(&mut bytes, (method, &path), caller, "", body);
        let status = connection.call(&bytes).await?;
        if status != 200 {
            return Ok(Some(status));
        }
    }
    Ok(None)
}
