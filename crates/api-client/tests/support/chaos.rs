//! Something that stands before a server and misbehaves: it answers errors in its place, loses connections and replies, and
//! forgets page tokens. What it lets through is the server's.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Which of its requests go wrong, by their numbers.
pub(crate) type Mood = fn(seed: u64, number: u64) -> bool;

/// About every third.
pub(crate) fn bad(seed: u64, number: u64) -> bool {
    mixed(seed, number).is_multiple_of(3)
}

/// All from the one with the number `seed` on.
pub(crate) fn gone(seed: u64, number: u64) -> bool {
    number >= seed
}

/// It stands before a server, on a port of this machine.
#[derive(Clone)]
pub(crate) struct Chaos {
    pub(crate) address: String,
    server: String,
    mood: Mood,
    seed: Arc<AtomicU64>,
    requests: Arc<AtomicU64>,
}

impl Chaos {
    pub(crate) async fn before(server: &str, mood: Mood, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chaos = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            server: server.replace("http://", ""),
            mood,
            seed: Arc::new(AtomicU64::new(seed)),
            requests: Arc::default(),
        };
        let accepting = chaos.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let chaos = accepting.clone();
                tokio::spawn(async move { chaos.serve(connection).await });
            }
        });
        chaos
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// From now on it has this seed, and counts anew.
    pub(crate) fn begin_anew(&self, seed: u64) {
        self.seed.store(seed, Ordering::SeqCst);
        self.requests.store(0, Ordering::SeqCst);
    }

    async fn serve(&self, mut connection: TcpStream) -> Option<()> {
        let head = head(&mut connection).await?;
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let seed = self.seed.load(Ordering::SeqCst);
        if (self.mood)(seed, number) {
            let fault = fault(mixed(seed, number) / 3, head.contains("nextPage="));
            return connection.write_all(fault.as_bytes()).await.ok();
        }
        let mut server = TcpStream::connect(&self.server).await.ok()?;
        let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        server.write_all(head.as_bytes()).await.ok()?;
        let mut reply = Vec::new();
        server.read_to_end(&mut reply).await.ok()?;
        connection.write_all(&reply).await.ok()
    }
}

/// What is answered instead; nothing is a connection that is lost.
fn fault(kind: u64, with_token: bool) -> String {
    let reply = |status: &str, header: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} Whatever\r\nconnection: close\r\n{header}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let json = "content-type: application/json";
    match kind % 7 {
        0 => reply("500", json, r#"{"message": "Bad luck"}"#),
        1 => reply("503", "content-type: text/html", "<html>Away</html>"),
        2 => reply("429", "retry-after: 0", ""),
        3 => reply("200", "content-type: text/html", "<html>Hello</html>"),
        4 => "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4096\r\n\r\n[{"
            .to_owned(),
        5 if with_token => reply(
            "400",
            json,
            r#"{"message": "The nextPage token has expired"}"#,
        ),
        _ => String::new(),
    }
}

async fn head(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut chunk = [0; 4096];
        let read = connection.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8(bytes).ok()
}

/// Scattered, and the same in every run.
fn mixed(seed: u64, number: u64) -> u64 {
    let bytes = seed.to_be_bytes().into_iter().chain(number.to_be_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 16
}
