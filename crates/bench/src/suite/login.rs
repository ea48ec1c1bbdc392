//! Logins beside the hash alone, on the same cores in turns. What this shows is what is lost around it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::{
    load::{self, Connection, Load, now},
    machine::{Steal, cores},
    options::{Options, tell},
    request::{self, BASE, Callers, send},
    results::Row,
    stats,
    subject::Subject,
    suite::world::World,
};

const USERS: u64 = 16;
const PASSWORD: &str = "Ring-bearer-1";
/// Enough that there is always one to hash, while the reply of another is written.
const CONNECTIONS: u64 = 8;

/// Logins a second, beside hashes a second.
pub(crate) async fn row(options: &Options, world: &World, server: &Subject) -> Result<Row> {
    create(world, server).await?;
    let steal = Steal::begin();
    let requests = send(&Callers::from([]), "POST", |number| {
        let body = format!(
            r#"{{"username":"login{}@load.example","password":"{PASSWORD}"}}"#,
            number % USERS
        );
        (format!("{BASE}/authentication"), Some(body))
    });
    // A hash takes some tens of milliseconds: a turn has to hold many.
    let turn = options.turn().max(Duration::from_millis(500)) * 2;
    let next = Arc::new(AtomicU64::new(0));
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    let (mut medians, mut tails) = (vec![], vec![]);
    let (mut failures, mut failed_with) = (0, None);
    for round in 0..=options.rounds {
        let load = Load {
            addresses: vec![server.address.clone()],
            requests: Arc::clone(&requests),
            statuses: &[200],
            connections: CONNECTIONS,
            next: Arc::clone(&next),
            end: u64::MAX,
            pace: None,
        };
        let sample = load::run(&load, turn).await?;
        let alone = tokio::task::block_in_place(|| hashes(turn))?;
        if round == 0 {
            continue;
        }
        ours.push(sample.rate());
        theirs.push(alone);
        ratios.push(sample.rate() / alone);
        medians.push(sample.percentile(0.5));
        tails.push(sample.percentile(0.99));
        failures += sample.failures;
        failed_with = failed_with.or(sample.failed_with);
    }
    let row = Row {
        store: world.kind.name().to_owned(),
        scenario: "login".to_owned(),
        connections: CONNECTIONS,
        unit: Some("logins".to_owned()),
        rate: stats::median(&ours),
        anchor: Some("the hash alone".to_owned()),
        anchor_rate: Some(stats::median(&theirs)),
        ratio: Some(stats::median(&ratios)),
        spread: Some(stats::spread(&ratios)),
        goal: Some(0.95),
        median: stats::median(&medians),
        p99: stats::median(&tails),
        stolen_percent: steal.percent(),
        failures,
        failed_with,
        ..Row::default()
    };
    tell(format!("  {row}"));
    Ok(row)
}

async fn create(world: &World, server: &Subject) -> Result<()> {
    let mut connection = Connection::open(&server.address).await?;
    let caller = world.callers.first().context("nobody calls")?;
    let path = format!("{BASE}/organizations/users");
    for number in 0..USERS {
        let body = format!(
            r#"{{"firstName":"U","lastName":"U","email":"login{number}@load.example","password":"{PASSWORD}"}}"#
        );
        let mut bytes = Vec::new();
        request::write(&mut bytes, ("POST", &path), caller, "", Some(&body));
        let status = connection.call(&bytes).await?;
        ensure!(
            status == 200,
            "a user with a password was answered {status}"
        );
    }
    Ok(())
}

/// Hashes a second on all cores, each core with memory of its own that is used again.
fn hashes(lasts: Duration) -> Result<f64> {
    let began = now();
    let over = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..cores())
        .map(|_| {
            let over = Arc::clone(&over);
            thread::spawn(move || hash_until(&over))
        })
        .collect();
    thread::sleep(lasts);
    over.store(true, Ordering::Relaxed);
    let mut count = 0;
    for thread in threads {
        count += thread.join().ok().context("a hash panicked")??;
    }
    Ok(f64::from(count) / now().duration_since(began).as_secs_f64())
}

fn hash_until(over: &AtomicBool) -> Result<u32> {
    let fault = |error: argon2::Error| anyhow::anyhow!("{error}");
    let params = Params::new(19_456, 2, 1, None).map_err(fault)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut memory = vec![Block::new(); 19_456];
    let (mut count, mut hash) = (0, [0; 32]);
    while !over.load(Ordering::Relaxed) {
        argon2
            .hash_password_into_with_memory(
                PASSWORD.as_bytes(),
                b"sixteen bytes ok",
                &mut hash,
                &mut memory,
            )
            .map_err(fault)?;
        count += 1;
    }
    Ok(count)
}
