//! As much of HTTP/1.1 as load needs: keep-alive connections that each send a request, wait for the whole reply, and send the
//! next one. Written by hand, so that the load takes as little of the shared cores as it can.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::stats::Sample;

/// Makes the bytes of the request with this number. Numbers are unique over all connections of a stretch.
pub(crate) type Requests = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// One stretch of load.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) address: String,
    pub(crate) requests: Requests,
    pub(crate) status: u16,
    pub(crate) connections: u64,
    /// The first number.
    pub(crate) from: u64,
}

/// Loads for so long.
pub(crate) async fn run(load: &Load, lasts: Duration) -> Result<Sample> {
    let began = now();
    let until = began + lasts;
    let mut workers = JoinSet::new();
    for worker in 0..load.connections {
        let load = load.clone();
        workers.spawn(async move { work(&load, worker, until).await });
    }
    let (mut latencies, mut failures) = (Vec::new(), 0);
    while let Some(outcome) = workers.join_next().await {
        let (more, failed) = outcome??;
        latencies.extend(more);
        failures += failed;
    }
    let seconds = now().duration_since(began).as_secs_f64();
    Ok(Sample::new(latencies, seconds, failures))
}

/// One request, whose reply is wanted.
pub(crate) async fn once(address: &str, request: &[u8]) -> Result<(u16, Vec<u8>)> {
    let mut connection = Connection::open(address).await?;
    connection.call(request).await?;
    let body = connection.buffer[connection.body..connection.end].to_vec();
    Ok((connection.status, body))
}

async fn work(load: &Load, worker: u64, until: Instant) -> Result<(Vec<u32>, u64)> {
    let mut connection = Connection::open(&load.address).await?;
    let (mut latencies, mut failures) = (Vec::with_capacity(65_536), 0);
    let mut number = load.from + worker;
    loop {
        let request = (load.requests)(number);
        number += load.connections;
        let began = now();
        if began >= until {
            return Ok((latencies, failures));
        }
        connection.call(&request).await?;
        let took = now().duration_since(began).as_micros();
        latencies.push(u32::try_from(took).unwrap_or(u32::MAX));
        failures += u64::from(connection.status != load.status);
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    status: u16,
    /// Where the body of the last reply begins and ends in the buffer.
    body: usize,
    end: usize,
}

impl Connection {
    async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
            status: 0,
            body: 0,
            end: 0,
        })
    }

    async fn call(&mut self, request: &[u8]) -> Result<()> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(
                read > 0,
                "the server closed the connection before the end of a reply"
            );
            if let Some(head) = find(&self.buffer, b"\r\n\r\n") {
                let (status, length) = head_of(&self.buffer[..head])?;
                self.status = status;
                self.body = head + 4;
                self.end = self.body + length;
                break;
            }
        }
        while self.buffer.len() < self.end {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(
                read > 0,
                "the server closed the connection before the end of a reply"
            );
        }
        Ok(())
    }
}

/// Status and length of the body. Both programs always say how long a body is.
fn head_of(head: &[u8]) -> Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .context("a reply without a status")?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    Ok((status, length))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[expect(clippy::disallowed_methods, reason = "measures how long replies take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
