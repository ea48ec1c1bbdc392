//! A running server: started, waited for by its own words, stopped by signals, killed when the test ends.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
};

use serde_json::Value;

use super::{Client, Secrets, Store};

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// What it said on standard output up to the line with its address.
    pub(crate) announced: Vec<String>,
    /// `127.0.0.1:<port>`
    pub(crate) address: String,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
    /// Kept open, or the server would lose its standard output.
    _stdout: BufReader<ChildStdout>,
}

#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grown: Condvar,
}

impl Server {
    /// Starts `serve --json` on a free port.
    pub(crate) fn start(store: &Store) -> Self {
        Self::start_with(store, &[])
    }

    /// As [`Server::start`], with these variables besides.
    pub(crate) fn start_with(store: &Store, variables: &[(&str, &str)]) -> Self {
        let mut command = store.command(&["serve", "--listen", "127.0.0.1:0", "--json"]);
        command.envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// Starts whatever `command` is, and waits until it says where it listens.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let reader = std::thread::spawn({
            let log = Arc::clone(&log);
            move || {
                for line in stderr.split(b'\n').map_while(Result::ok) {
                    let mut text = log.text.lock().unwrap();
                    text.push_str(&String::from_utf8_lossy(&line));
                    text.push('\n');
                    log.grown.notify_all();
                }
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut announced = Vec::new();
        let address = loop {
            let mut line = String::new();
            if stdout.read_line(&mut line).unwrap() == 0 {
                let status = child.wait().unwrap();
                reader.join().unwrap();
                panic!(
                    "the server ended ({status}) before it listened: {}",
                    log.text.lock().unwrap()
                );
            }
            let line = line.trim_end_matches('\n').to_owned();
            let address = address_in(&line);
            announced.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        Self {
            child,
            announced,
            address,
            log,
            reader: Some(reader),
            _stdout: stdout,
        }
    }

    /// The secrets of the first organization. Only on a first start with `--json`.
    pub(crate) fn first(&self) -> Secrets {
        let first = self.report()["firstOrganization"].clone();
        Secrets::of(&first)
    }

    /// The start message of `--json`.
    pub(crate) fn report(&self) -> Value {
        assert_eq!(self.announced.len(), 1, "one line of JSON");
        serde_json::from_str(&self.announced[0]).unwrap()
    }

    /// A client for it.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Sends a signal: `TERM`, `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Kills it like a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it gently; answers what it logged.
    pub(crate) fn stop(self) -> String {
        self.signal("TERM");
        let (status, log) = self.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }

    /// Waits for its end; answers how it ended and what it logged.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        let log = self.log.text.lock().unwrap().clone();
        (status, log)
    }

    /// Waits until it has logged `words`.
    pub(crate) fn wait_for_log(&self, words: &str) {
        let mut text = self.log.text.lock().unwrap();
        while !text.contains(words) {
            text = self.log.grown.wait(text).unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address_in(line: &str) -> Option<String> {
    if let Some(address) = line.strip_prefix("listening on http://") {
        return Some(address.to_owned());
    }
    let report: Value = serde_json::from_str(line).ok()?;
    Some(
        report["listening"]
            .as_str()?
            .strip_prefix("http://")?
            .to_owned(),
    )
}
