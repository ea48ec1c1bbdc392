//! The server as clients meet it that speak TCP: replies that come before the body, and clients that do not read.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
};

use serde_json::Value;
use tenantry_http_server::{HttpConfig, serve};
use tokio::sync::oneshot;

use crate::support::{BASE, Caller, World};

/// A server on a port of its own. It ends with the test.
struct Server {
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
    _stop: oneshot::Sender<()>,
}

impl Server {
    fn start(config: HttpConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let router = runtime.block_on(World::with(&config)).router;
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(async move {
            serve(listener, router, &config, async move {
                let _ = stopped.await;
            })
            .await
        });
        Self {
            address,
            _runtime: runtime,
            _stop: stop,
        }
    }

    fn connect(&self) -> Client {
        Client(BufReader::new(TcpStream::connect(self.address).unwrap()))
    }
}

/// A client that sends and reads what it is told to.
struct Client(BufReader<TcpStream>);

impl Client {
    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// The header of a POST with a body of `length` bytes.
    fn begin_post(&mut self, caller: Caller, length: usize, more: &str) {
        let authorization = caller
            .authorization()
            .map_or(String::new(), |value| format!("Authorization: {value}\r\n"));
        let head = format!(
            "POST {BASE}/organizations/users HTTP/1.1\r\nHost: t\r\n{authorization}Content-Type: application/json\r\n\
             Content-Length: {length}\r\n{more}\r\n"
        );
        self.send(head.as_bytes());
    }

    /// A whole reply: its status, its header, its body of JSON.
    fn reply(&mut self) -> (u16, String, Value) {
        let (status, head, body) = self.reply_of_bytes();
        (status, head, serde_json::from_slice(&body).unwrap())
    }

    fn reply_of_bytes(&mut self) -> (u16, String, Vec<u8>) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "closed: {head}");
        }
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, body)
    }

    fn is_alive(&mut self) {
        self.send(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_eq!(self.reply().0, 200);
    }

    fn is_closed(&mut self) {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

const LARGE: usize = 900 * 1024;

#[test]
fn a_reply_before_the_body_arrives_and_the_connection_goes_on() {
    let server = Server::start(HttpConfig::default());
    for (caller, status) in [(Caller::Nobody, 401), (Caller::DefaultUser, 403)] {
        let mut client = server.connect();
        for _ in 0..3 {
            // All is sent before anything is read, as simple clients do.
            client.begin_post(caller, LARGE, "");
            client.send(&vec![b'x'; LARGE]);
            let (found, head, _) = client.reply();
            assert_eq!(found, status);
            assert!(!head.contains("\nconnection:"), "{head}");
            client.is_alive();
        }
        // The reply is there before the body, and the body is no request.
        client.begin_post(caller, LARGE, "");
        assert_eq!(client.reply().0, status);
        client.send(&vec![b'x'; LARGE]);
        client.is_alive();
        // The same in chunks.
        client.send(
            format!("POST {BASE}/users HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(client.reply().0, 401);
        for _ in 0..100 {
            client.send(b"5\r\nbytes\r\n");
        }
        client.send(b"0\r\n\r\n");
        client.is_alive();
    }
}

#[test]
fn who_waits_for_a_word_gets_the_reply_for_one() {
    let server = Server::start(HttpConfig::default());
    let expects = "Expect: 100-continue\r\n";
    let mut client = server.connect();
    client.begin_post(Caller::Nobody, LARGE, expects);
    let (status, head, _) = client.reply();
    assert_eq!(status, 401);
    assert!(head.contains("connection: close\r\n"), "{head}");
    client.is_closed();

    // Who does not wait, although it said so, gets it too.
    let mut client = server.connect();
    client.begin_post(Caller::Nobody, LARGE, expects);
    client.send(&vec![b'x'; LARGE]);
    assert_eq!(client.reply().0, 401);
    client.is_closed();

    // Who may call is asked for the body.
    let mut client = server.connect();
    client.begin_post(Caller::OrgAdmin, 2, expects);
    let mut word = String::new();
    client.0.read_line(&mut word).unwrap();
    client.0.read_line(&mut word).unwrap();
    assert_eq!(word, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"{}");
    assert_eq!(client.reply().0, 400);
    client.is_alive();
}

#[test]
fn a_body_that_is_too_large_is_told_so() {
    let server = Server::start(HttpConfig::default());
    for caller in [Caller::OrgAdmin, Caller::Nobody] {
        let mut client = server.connect();
        let length = 8 * 1024 * 1024;
        client.begin_post(caller, length, "");
        client.send(&vec![b'x'; length]);
        let (status, head, _) = client.reply();
        assert_eq!(status, if caller == Caller::Nobody { 401 } else { 413 });
        assert!(head.contains("connection: close\r\n"), "{head}");
        client.is_closed();
    }
}

#[test]
fn a_client_that_never_reads_is_dropped() {
    let server = Server::start(HttpConfig {
        write_timeout: std::time::Duration::from_millis(50),
        ..HttpConfig::default()
    });
    let mut client = server.connect();
    let request = "GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n".repeat(1000);
    // Replies fill every buffer on the way; then the server waits, and gives up.
    while client.0.get_mut().write_all(request.as_bytes()).is_ok() {}
    server.connect().is_alive();
}

#[test]
fn further_connections_wait_for_one_to_end() {
    let server = Server::start(HttpConfig {
        connections: 2,
        ..HttpConfig::default()
    });
    let (mut first, mut second) = (server.connect(), server.connect());
    first.is_alive();
    second.is_alive();
    let mut third = server.connect();
    third.send(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    second.is_alive();
    drop(first);
    assert_eq!(third.reply().0, 200);
    second.is_alive();
}

#[test]
fn metrics_count_the_connections() {
    let server = Server::start(HttpConfig::default());
    let mut others: Vec<_> = (0..4).map(|_| server.connect()).collect();
    others.iter_mut().for_each(Client::is_alive);
    let mut client = server.connect();
    client.send(b"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    let (status, _, body) = client.reply_of_bytes();
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    assert!(text.contains("\ntenantry_http_connections 5\n"), "{text}");
}
