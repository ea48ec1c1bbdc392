//! Load on one or more programs: keep-alive connections that each send a request, wait for the whole reply, and send the next one.

mod connection;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::task::JoinSet;

pub(crate) use connection::Connection;

use crate::stats::Sample;

/// Writes the bytes of the request with this number into a buffer.
pub(crate) type Requests = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// One stretch of load.
#[derive(Clone)]
pub(crate) struct Load {
    /// Connections are spread evenly over these.
    pub(crate) addresses: Vec<String>,
    pub(crate) requests: Requests,
    /// What counts as a success.
    pub(crate) statuses: &'static [u16],
    pub(crate) connections: u64,
    /// The next number; every request has its own.
    pub(crate) next: Arc<AtomicU64>,
    /// Where numbers end, for what can be done only once.
    pub(crate) end: u64,
    /// Requests a second, all connections together; a latency then counts from the moment when the request was due.
    /// `None`: as many as there can be.
    pub(crate) pace: Option<f64>,
}

/// Loads for so long.
pub(crate) async fn run(load: &Load, lasts: Duration) -> Result<Sample> {
    let began = now();
    let mut workers = JoinSet::new();
    for worker in 0..load.connections {
        let load = load.clone();
        workers.spawn(async move { work(&load, worker, began, lasts).await });
    }
    let mut sample = Sample::default();
    while let Some(outcome) = workers.join_next().await {
        sample.absorb(outcome??);
    }
    // Who ran out of numbers has not been working all the time.
    let seconds = now().duration_since(began).min(lasts * 2);
    sample.finish(seconds.as_secs_f64());
    Ok(sample)
}

async fn work(load: &Load, worker: u64, began: Instant, lasts: Duration) -> Result<Sample> {
    let address = &load.addresses[usize::try_from(worker)? % load.addresses.len()];
    let mut connection = Connection::open(address).await?;
    let mut sample = Sample::with_capacity(16_384);
    let mut request = Vec::with_capacity(1024);
    let mut pace = load
        .pace
        .map(|rate| Pace::new(rate, load.connections, worker));
    loop {
        let mut due = now();
        if let Some(pace) = &mut pace {
            due = pace.wait(began).await;
        }
        if due.duration_since(began) >= lasts {
            return Ok(sample);
        }
        let number = load.next.fetch_add(1, Ordering::Relaxed);
        if number >= load.end {
            return Ok(sample);
        }
        request.clear();
        (load.requests)(number, &mut request);
        if pace.is_none() {
            due = now();
        }
        if let Ok(status) = connection.call(&request).await {
            sample.add(now().duration_since(due));
            if !load.statuses.contains(&status) {
                sample.fail(status);
            }
        } else {
            sample.fail(0);
            connection = Connection::open(address).await?;
        }
    }
}

/// When a connection's next request is due.
struct Pace {
    gap: Duration,
    next: Duration,
}

impl Pace {
    #[expect(clippy::cast_precision_loss, reason = "some dozens of connections")]
    fn new(rate: f64, connections: u64, worker: u64) -> Self {
        let gap = Duration::from_secs_f64(connections as f64 / rate.max(1.0));
        Self {
            gap,
            next: gap.mul_f64(worker as f64 / connections as f64),
        }
    }

    async fn wait(&mut self, began: Instant) -> Instant {
        let due = began + self.next;
        self.next += self.gap;
        tokio::time::sleep_until(due.into()).await;
        due
    }
}

/// The moment, for measuring how long replies take.
#[expect(clippy::disallowed_methods, reason = "measures how long replies take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
