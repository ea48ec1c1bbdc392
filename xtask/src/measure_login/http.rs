//! As much of HTTP/1.1 as measuring needs, on one connection, and the time that each reply took.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

pub(super) const BASE: &str = "/elements/api-v2";
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

pub(super) struct Reply {
    pub(super) status: u16,
    /// From the first byte sent to the last one received.
    pub(super) took: Duration,
}

impl Connection {
    pub(super) fn open(address: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
        })
    }

    pub(super) fn call(
        &mut self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!(
            "{method} {BASE}{path} HTTP/1.1\r\nHost: {}\r\n",
            self.address
        );
        if let Some(authorization) = authorization {
            write!(request, "Authorization: {authorization}\r\n")?;
        }
        write!(
            request,
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let began = now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.read_reply()?;
        Ok(Reply {
            status,
            took: began.elapsed(),
        })
    }

    fn read_reply(&mut self) -> Result<u16> {
        let status = self.line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|number| number.parse().ok())
            .with_context(|| format!("'{status}' is no status line"))?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("the length is no number")?;
            }
        }
        self.stream.read_exact(&mut vec![0; length])?;
        Ok(status)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

#[expect(clippy::disallowed_methods, reason = "measures how long a reply takes")]
fn now() -> Instant {
    Instant::now()
}
