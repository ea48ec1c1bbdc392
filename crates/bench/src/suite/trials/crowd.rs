//! Ten thousand idle connections, slow clients and huge headers: others are served as before.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    load::{self, Load, now},
    options::{Options, tell},
    request::{BASE, get},
    results::Crowd,
    seed::scatter,
    stats,
    suite::world::{Kind, World},
};

const USERS: u64 = 10_000;
/// One after the other each, as fast as they are answered.
const CONNECTIONS: u64 = 8;
/// Each has had a reply, and asks for nothing more until the server sends it away; then it comes again.
const IDLE: u64 = 12_000;
/// So many are there at each moment, while others come again.
const AT_LEAST: u64 = 10_000;
/// So many come at once.
const WAVE: u64 = 500;
/// Each sends a letter of its header every tenth of a second.
const SLOW: u64 = 100;
/// Each sends headers of 600 kB, one after the other, two a second: more than the server reads, which is about 400 kB.
const HUGE: u64 = 20;

pub(crate) async fn measure(options: &Options, kind: Kind) -> Result<Crowd> {
    let world = World::seed(options, kind, USERS, 0, 1).await?;
    let (server, _) = world.serve().await?;
    let (users, first) = (world.users, world.plan.first);
    let reads = get(&world.callers, move |number| {
        format!("{BASE}/users/{}", first + scatter(number, users))
    });
    let load = Load {
        addresses: vec![server.address.clone()],
        requests: reads,
        statuses: &[200],
        connections: CONNECTIONS,
        next: Arc::default(),
        end: u64::MAX,
        pace: None,
    };
    let lasts = options.turn() * 3;
    load::run(&load, lasts).await?;
    let (mut alone, mut beside, mut ratios, mut failures) = (vec![], vec![], vec![], 0);
    let (mut memory, mut least, mut refused) = (0.0_f64, IDLE, 0);
    for _ in 0..options.rounds {
        let quiet = load::run(&load, lasts).await?;
        let crowd = gather(&server.address).await?;
        let open = crowd.open.load(Ordering::Relaxed);
        let crowded = load::run(&load, lasts).await?;
        least = least.min(open).min(crowd.open.load(Ordering::Relaxed));
        memory = memory.max(server.memory()?.0);
        refused += crowd.refused.load(Ordering::Relaxed);
        drop(crowd);
        // Until the server has seen that they are gone.
        tokio::time::sleep(Duration::from_secs(1)).await;
        failures += quiet.failures + crowded.failures;
        let (one, other) = (quiet.percentile(0.99), crowded.percentile(0.99));
        alone.push(one);
        beside.push(other);
        ratios.push(other / one.max(f64::EPSILON));
    }
    server.stop().await?;
    ensure!(refused > 0, "no header was too large");
    let crowd = Crowd {
        store: kind.name().to_owned(),
        idle_connections: least,
        slow_clients: SLOW,
        huge_headers: refused,
        p99_alone: stats::median(&alone),
        p99_beside: stats::median(&beside),
        ratio: stats::median(&ratios),
        spread: stats::spread(&ratios),
        loaded_megabytes: memory,
        failures,
    };
    tell(format!(
        "  {}: p99 of reads {:.2} ms, beside the crowd {:.2} ms: {:.2} times; {:.0} MB, {} failures",
        crowd.store,
        crowd.p99_alone,
        crowd.p99_beside,
        crowd.ratio,
        crowd.loaded_megabytes,
        crowd.failures
    ));
    world.remove().await?;
    Ok(crowd)
}

/// It goes when it is dropped.
struct Everybody {
    _tasks: JoinSet<()>,
    /// Idle connections now.
    open: Arc<AtomicU64>,
    /// Huge headers that were answered with 431.
    refused: Arc<AtomicU64>,
}

async fn gather(address: &str) -> Result<Everybody> {
    let (open, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut crowd = JoinSet::new();
    for number in 0..IDLE {
        // What the system's queue of connections cannot take, it drops for a second or more.
        if number.is_multiple_of(WAVE) {
            // Some have been sent away by then.
            arrived(&open, number * AT_LEAST / IDLE).await?;
        }
        let (address, open) = (address.to_owned(), Arc::clone(&open));
        crowd.spawn(async move {
            loop {
                // Whoever is sent away comes again.
                if idle(&address, &open).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
    }
    for _ in 0..SLOW {
        let address = address.to_owned();
        crowd.spawn(async move {
            loop {
                let _ = slow(&address).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    for _ in 0..HUGE {
        let (address, refused) = (address.to_owned(), Arc::clone(&refused));
        crowd.spawn(async move {
            loop {
                if let Ok(true) = huge(&address).await {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
    }
    arrived(&open, AT_LEAST).await?;
    Ok(Everybody {
        _tasks: crowd,
        open,
        refused,
    })
}

/// Waits until so many idle connections are open.
async fn arrived(open: &AtomicU64, count: u64) -> Result<()> {
    let began = now();
    while open.load(Ordering::Relaxed) < count {
        let waited = now().duration_since(began);
        ensure!(
            waited < Duration::from_secs(20),
            "only {} connections are open; the limit on open files has to be above {}",
            open.load(Ordering::Relaxed),
            IDLE + 1000
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Is there until the server closes.
async fn idle(address: &str, open: &Arc<AtomicU64>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: load\r\n\r\n")
        .await?;
    let mut buffer = [0; 1024];
    if stream.read(&mut buffer).await? == 0 {
        return Ok(());
    }
    open.fetch_add(1, Ordering::Relaxed);
    let _gone = Gone(Arc::clone(open));
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// Counts a connection out.
struct Gone(Arc<AtomicU64>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn slow(address: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        .await?;
    loop {
        stream.write_all(b"s").await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Whether the server says that the header is too large.
async fn huge(address: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nX-Huge: ")
        .await?;
    // It need not read all of it.
    let _ = stream.write_all(&vec![b'h'; 600 * 1024]).await;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await?;
    Ok(reply.starts_with(b"HTTP/1.1 431"))
}
