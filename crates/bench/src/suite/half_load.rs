//! Reads at half of what the server can serve: how long they take when it is not full.

use std::sync::{Arc, atomic::AtomicU64};

use anyhow::Result;

use crate::{
    load::{self, Load},
    machine::Steal,
    options::{Options, tell},
    request::{BASE, get},
    results::Row,
    seed::scatter,
    stats,
    subject::Subject,
    suite::world::World,
};

const CONNECTIONS: u64 = 64;

/// Beside `full`, the row that says how much the server can serve.
pub(crate) async fn row(
    options: &Options,
    world: &World,
    server: &Subject,
    full: f64,
) -> Result<Row> {
    let (users, first) = (world.users, world.plan.first);
    let steal = Steal::begin();
    let next = Arc::new(AtomicU64::new(0));
    let (mut rates, mut medians, mut tails, mut failures) = (vec![], vec![], vec![], 0);
    for _ in 0..options.rounds {
        let load = Load {
            addresses: vec![server.address.clone()],
            requests: get(&world.callers, move |number| {
                format!("{BASE}/users/{}", first + scatter(number, users))
            }),
            statuses: &[200],
            connections: CONNECTIONS,
            next: Arc::clone(&next),
            end: u64::MAX,
            pace: Some(full / 2.0),
        };
        let sample = load::run(&load, options.turn()).await?;
        rates.push(sample.rate());
        medians.push(sample.percentile(0.5));
        tails.push(sample.percentile(0.99));
        failures += sample.failures;
    }
    let row = Row {
        store: world.kind.name().to_owned(),
        scenario: "get user by id, half load".to_owned(),
        connections: CONNECTIONS,
        rate: stats::median(&rates),
        median: stats::median(&medians),
        p99: stats::median(&tails),
        spread: Some(stats::spread(&tails)),
        stolen_percent: steal.percent(),
        failures,
        note: Some("latencies count from when a request was due".to_owned()),
        ..Row::default()
    };
    tell(format!("  {row}"));
    Ok(row)
}
