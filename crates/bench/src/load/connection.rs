//! One keep-alive connection: as much of HTTP/1.1 as load needs. Written by hand, so that the load takes as little of the shared
//! cores as it can.

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const ENDED: &str = "the server closed the connection before the end of a reply";

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    status: u16,
    /// Where the head of the last reply ends, its body begins, and that ends.
    head: usize,
    end: usize,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
            status: 0,
            head: 0,
            end: 0,
        })
    }

    /// Sends a request and reads the whole reply; answers its status.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<u16> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, ENDED);
            if let Some(head) = find(&self.buffer, b"\r\n\r\n") {
                let (status, length) = head_of(&self.buffer[..head])?;
                self.status = status;
                self.head = head;
                self.end = head + 4 + length;
                break;
            }
        }
        while self.buffer.len() < self.end {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, ENDED);
        }
        Ok(self.status)
    }

    /// The body of the last reply.
    pub(crate) fn body(&self) -> &[u8] {
        &self.buffer[self.head + 4..self.end]
    }

    /// The head of the last reply: its status and its headers.
    pub(crate) fn head(&self) -> Result<&str> {
        Ok(std::str::from_utf8(&self.buffer[..self.head])?)
    }

    /// A header of the last reply.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = self.head().ok()?;
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The number behind `"id":`, which stands first in a body.
    pub(crate) fn id(&self) -> Option<u64> {
        let body = std::str::from_utf8(self.body()).ok()?;
        let rest = body.split_once("\"id\":")?.1.trim_start();
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    }
}

/// Status and length of the body. Both programs always say how long a body is; a 304 has none, whatever it says.
fn head_of(head: &[u8]) -> Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .context("a reply without a status")?;
    if status == 304 {
        return Ok((status, 0));
    }
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    Ok((status, length))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_status_and_length() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: 17";
        assert_eq!(head_of(head).unwrap(), (200, 17));
        let unmodified = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 17";
        assert_eq!(head_of(unmodified).unwrap(), (304, 0));
        assert!(head_of(b"nothing").is_err());
    }
}
