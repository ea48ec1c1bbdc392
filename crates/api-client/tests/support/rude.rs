//! A server that misbehaves as it is told, on a port of this machine: it answers each request with the next step of a script,
//! and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What is done with one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A reply: the status, header lines, the body.
    Reply(u16, Vec<String>, String),
    /// The connection is closed without a word.
    Drop,
    /// Nothing, for ever.
    Silence,
    /// A body of so many bytes.
    Huge(usize),
}

/// A reply of JSON.
pub(crate) fn json(status: u16, body: &str) -> Step {
    with(status, &[], body)
}

/// A reply of JSON with more header lines.
pub(crate) fn with(status: u16, headers: &[&str], body: &str) -> Step {
    let mut lines = vec!["content-type: application/json;charset=UTF-8".to_owned()];
    lines.extend(headers.iter().map(|line| (*line).to_owned()));
    Step::Reply(status, lines, body.to_owned())
}

/// A reply of HTML, as proxies give it.
pub(crate) fn html(status: u16) -> Step {
    let lines = vec!["content-type: text/html".to_owned()];
    Step::Reply(status, lines, "<html>Bad luck</html>".to_owned())
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /users?pageSize=2`, below the base path.
    pub(crate) line: String,
    head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A server with a script.
#[derive(Clone)]
pub(crate) struct Rude {
    pub(crate) address: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    script: VecDeque<Step>,
    asked: Vec<Asked>,
    running: usize,
    most_running: usize,
}

impl Rude {
    pub(crate) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rude = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            shared: Arc::default(),
        };
        rude.shared().script.extend(script);
        let server = rude.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(connection).await });
            }
        });
        rude
    }

    /// What it was asked, in order.
    pub(crate) fn heard(&self) -> Vec<Asked> {
        self.shared().asked.clone()
    }

    /// The same, without the first question of every store.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.heard().split_off(1)
    }

    /// The request lines of that.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// How many requests it had at once, at most.
    pub(crate) fn most_running(&self) -> usize {
        self.shared().most_running
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step, for this request.
    fn next(&self, head: String, body: String) -> Step {
        let mut shared = self.shared();
        let line = head.lines().next().unwrap_or_default();
        let line = line.trim_end_matches(" HTTP/1.1");
        let line = line.replace("/elements/api-v2", "");
        shared.asked.push(Asked { line, head, body });
        shared.running += 1;
        shared.most_running = shared.most_running.max(shared.running);
        let step = shared.script.pop_front();
        step.expect("the script is over, and somebody asks on")
    }

    async fn serve(&self, mut connection: TcpStream) {
        let Some((head, body)) = read(&mut connection).await else {
            return;
        };
        let step = self.next(head, body);
        // Others who come at the same time are met.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        self.shared().running -= 1;
        match step {
            Step::Drop => {}
            Step::Silence => std::future::pending().await,
            Step::Huge(size) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n"
                );
                let _ = connection.write_all(head.as_bytes()).await;
                let _ = connection.write_all(&vec![b' '; size]).await;
            }
            Step::Reply(status, headers, body) => {
                let length = format!("content-length: {}", body.len());
                let lines = [
                    &["connection: close".to_owned(), length],
                    headers.as_slice(),
                ];
                let head = lines.concat().join("\r\n");
                let reply = format!("HTTP/1.1 {status} Whatever\r\n{head}\r\n\r\n{body}");
                let _ = connection.write_all(reply.as_bytes()).await;
            }
        }
    }
}

/// The head and the body of a request.
async fn read(connection: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = connection.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let named = name.eq_ignore_ascii_case("content-length");
            named.then(|| value.trim().parse().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}
