//! The end of the server, and clients that would keep it from working.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Command,
};

use serde_json::{Value, json};

use crate::support::{Secrets, Server, Store};

on_both_stores! {
    sigterm_finishes_the_request_that_runs => finishes;
    more_clients_than_files_wait_their_turn => few_files;
}

/// A request whose body is sent in two parts.
struct SlowRequest {
    stream: BufReader<TcpStream>,
    rest: String,
}

impl SlowRequest {
    /// Sends the header and half of the body, and knows from the server's `100 Continue` that the request runs.
    fn start(server: &Server, secrets: &Secrets) -> Self {
        let body =
            json!({"firstName": "Slow", "lastName": "Client", "email": "slow@client.example"})
                .to_string();
        let mut stream = TcpStream::connect(&server.address).unwrap();
        write!(
            stream,
            "POST /elements/api-v2/organizations/users HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            server.address,
            secrets.header(),
            body.len()
        )
        .unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
        stream.read_line(&mut line).unwrap();
        let (begin, rest) = body.split_at(body.len() / 2);
        stream.get_mut().write_all(begin.as_bytes()).unwrap();
        Self {
            stream,
            rest: rest.to_owned(),
        }
    }

    /// Sends the rest and reads the reply: status line and body.
    fn finish(mut self) -> (String, Value) {
        self.stream
            .get_mut()
            .write_all(self.rest.as_bytes())
            .unwrap();
        let mut reply = String::new();
        self.stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (
            head.lines().next().unwrap().to_owned(),
            serde_json::from_str(body).unwrap(),
        )
    }
}

async fn finishes(store: Store) {
    // So long that the test could not pass by the limit.
    let server = Server::start_with(
        &store,
        &[
            ("TENANTRY_LIMITS_SHUTDOWN_SECONDS", "3600"),
            ("TENANTRY_LIMITS_BODY_TIMEOUT_SECONDS", "3600"),
        ],
    );
    let secrets = server.first();
    // A connection that is kept alive and idle holds nothing up.
    let client = server.client();
    client.get("/users", &secrets).await.ok();
    let slow = SlowRequest::start(&server, &secrets);
    server.signal("TERM");
    server.wait_for_log("stopping");
    let (status, user) = slow.finish();
    assert_eq!(
        (status.as_str(), &user["email"]),
        ("HTTP/1.1 200 OK", &json!("slow@client.example"))
    );
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    drop(client);

    let server = Server::start(&store);
    assert_eq!(
        server
            .client()
            .get("/users/slow@client.example", &secrets)
            .await
            .ok()["id"],
        user["id"]
    );
    server.signal("INT");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_request_that_never_ends_is_not_waited_for() {
    let store = Store::sqlite();
    let server = Server::start_with(&store, &[("TENANTRY_LIMITS_SHUTDOWN_SECONDS", "1")]);
    let slow = SlowRequest::start(&server, &server.first());
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    drop(slow);
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let store = Store::sqlite();
    let server = Server::start_with(
        &store,
        &[
            ("TENANTRY_LIMITS_SHUTDOWN_SECONDS", "3600"),
            ("TENANTRY_LIMITS_BODY_TIMEOUT_SECONDS", "3600"),
        ],
    );
    let slow = SlowRequest::start(&server, &server.first());
    server.signal("TERM");
    server.wait_for_log("stopping: requests");
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(1), "{log}");
    drop(slow);
}

#[test]
fn clients_that_send_too_slowly_are_dropped() {
    let store = Store::sqlite();
    let limits = [
        ("TENANTRY_LIMITS_HEADER_TIMEOUT_SECONDS", "1"),
        ("TENANTRY_LIMITS_BODY_TIMEOUT_SECONDS", "1"),
    ];
    let server = Server::start_with(&store, &limits);
    let mut never_a_header = TcpStream::connect(&server.address).unwrap();
    never_a_header
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: ")
        .unwrap();
    let slow = SlowRequest::start(&server, &server.first());

    let mut reply = String::new();
    // Ends because the server hangs up, whether with a word or without.
    let _ = never_a_header.read_to_string(&mut reply);
    assert!(!reply.contains("200 OK"), "{reply}");

    let mut stream = slow.stream;
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 408 Request Timeout\r\n");
}

async fn few_files(store: Store) {
    let inner = store.command(&["serve", "--listen", "127.0.0.1:0", "--json"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 300 && exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    // Whoever waits gets the place of one who never said anything.
    command.env("TENANTRY_LIMITS_HEADER_TIMEOUT_SECONDS", "1");
    let server = Server::spawn(command);
    let silent: Vec<_> = (0..400)
        .map(|_| TcpStream::connect(&server.address).unwrap())
        .collect();
    let (client, admin) = (server.client(), server.first());
    client.get("/organizations/me", &admin).await.ok();
    drop(silent);
    server.wait_for_log(
        "the system lets this process open fewer files than limits.connections needs",
    );
    let log = server.stop();
    assert!(!log.contains("Too many open files"), "{log}");
}
