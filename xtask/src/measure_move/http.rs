//! As much of HTTP/1.1 as filling a server needs: calls on one connection, and what they answer.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};
use serde_json::Value;

const BASE: &str = "/elements/api-v2";

pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Connection {
    pub(super) fn open(address: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
        })
    }

    /// The body of a reply that has to be 200.
    pub(super) fn call(
        &mut self,
        method: &str,
        path: &str,
        authorization: &str,
        body: &Value,
    ) -> Result<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut request = format!(
            "{method} {BASE}{path} HTTP/1.1\r\nHost: {}\r\n",
            self.address
        );
        write!(
            request,
            "Authorization: {authorization}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (status, body) = self.read_reply()?;
        if status != "200" {
            bail!(
                "{method} {path} was answered {status}: {}",
                String::from_utf8_lossy(&body)
            );
        }
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }

    fn read_reply(&mut self) -> Result<(String, Vec<u8>)> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).unwrap_or_default().to_owned();
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
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}
