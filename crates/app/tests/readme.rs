//! Every command of the README, run as it stands there: only the port and the database are this test's own.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Stands in for cargo where cargo would build what this test has built already. Everything else goes to the real one.
const CARGO: &str = r#"#!/bin/sh
case "$*" in
  "run") exec "$TENANTRY" ;;
  "run -- "*) shift 2; exec "$TENANTRY" "$@" ;;
  "build --release") exit 0 ;;
  "xtask "*) cd "$REPOSITORY" && exec "$REAL_CARGO" xtask "$2" --help ;;
  *) cd "$REPOSITORY" && exec "$REAL_CARGO" "$@" ;;
esac
"#;

struct Place {
    directory: tempfile::TempDir,
    port: u16,
    secrets: Vec<(String, String)>,
}

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The commands of all `sh` blocks, continued lines joined.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let mut commands = Vec::new();
    let mut inside = false;
    let mut open = String::new();
    for line in readme.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => {
                open.push_str(line.trim_end_matches('\\'));
                if !line.ends_with('\\') {
                    commands.push(std::mem::take(&mut open));
                }
            }
            _ => {}
        }
    }
    commands
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(directory.path().join("target/release")).unwrap();
        fs::write(bin.join("cargo"), CARGO).unwrap();
        fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink(
            env!("CARGO_BIN_EXE_tenantry"),
            directory.path().join("target/release/tenantry"),
        )
        .unwrap();
        symlink(repository().join("docs"), directory.path().join("docs")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self {
            directory,
            port,
            secrets: Vec::new(),
        }
    }

    fn shell(&self, command: &str) -> Command {
        let path = format!(
            "{}:{}",
            self.directory.path().join("bin").display(),
            env::var("PATH").unwrap()
        );
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .current_dir(self.directory.path())
            .env("PATH", path)
            .env("TENANTRY", env!("CARGO_BIN_EXE_tenantry"))
            .env("TENANTRY_LISTEN", format!("127.0.0.1:{}", self.port))
            .env(
                "REAL_CARGO",
                env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()),
            )
            .env("REPOSITORY", repository())
            .env("CARGO_TARGET_DIR", repository().join("target/readme"))
            .env_remove("TENANTRY_TEST_POSTGRES_URL")
            .envs(self.secrets.iter().map(|(name, value)| (name, value)));
        shell
    }

    /// Starts a server, and takes from what it prints the secrets, if it prints any.
    fn start(&mut self, command: &str) -> Server {
        let mut child = self
            .shell(&format!("exec {command}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let server = Server(child);
        for line in output.lines().map(Result::unwrap) {
            for (label, name) in [
                ("user secret", "USER_SECRET"),
                ("organization secret", "ORGANIZATION_SECRET"),
            ] {
                if let Some(secret) = line.trim().strip_prefix(label) {
                    self.secrets
                        .push((name.to_owned(), secret.trim().to_owned()));
                }
            }
            if line.starts_with("listening on") {
                return server;
            }
        }
        panic!("the server ended: {command}");
    }

    fn run(&self, command: &str) -> String {
        let output = self.shell(command).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{command}: {}\n{text}\n{errors}",
            output.status
        );
        assert!(
            !text.contains("\"requestId\""),
            "{command} was answered with an error: {text}"
        );
        text
    }
}

/// Does something when it goes out of scope.
struct Dropped<F: Fn()>(F);

impl<F: Fn()> Drop for Dropped<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A database of this test's own, for the command that names one.
fn database() -> (String, impl Drop) {
    let url = env::var("TENANTRY_TEST_POSTGRES_URL")
        .expect("TENANTRY_TEST_POSTGRES_URL is not set: run the tests with `cargo xtask test`");
    let name = format!("readme_{}", std::process::id());
    let psql = |sql: String, url: &str| {
        let done = Command::new("psql")
            .args(["-q", "-d", url, "-c", &sql])
            .status()
            .unwrap();
        assert!(done.success(), "{sql}");
    };
    psql(format!("CREATE DATABASE {name}"), &url);
    let (start, query) = url
        .split_once('?')
        .map_or((url.as_str(), ""), |(start, query)| (start, query));
    let (server, _) = start.rsplit_once('/').unwrap();
    let own = format!("{server}/{name}?{query}");
    let dropped = Dropped(move || psql(format!("DROP DATABASE {name} WITH (FORCE)"), &url));
    (own, dropped)
}

#[test]
fn every_command_of_the_readme_works_as_it_stands() {
    let (url, _database) = database();
    let mut place = Place::new();
    let mut server: Option<Server> = None;
    let mut exports = String::new();
    let mut ran = 0;
    for command in commands() {
        let command = command
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", place.port))
            .replace("0.0.0.0:8080", &format!("127.0.0.1:{}", place.port))
            .replace(
                "postgres://tenantry@localhost/tenantry",
                &format!("'{url}'"),
            );
        if command == "cargo run" || command.contains("tenantry serve") {
            drop(server.take());
            server = Some(place.start(&command));
        } else if command.starts_with("export ") {
            exports = format!("{exports}{command}\n");
        } else {
            let printed = place.run(&format!("{exports}{command}"));
            if command.contains("where=") {
                assert!(printed.contains("frodo@shire.example"), "{printed}");
            }
            if command.contains("--manifest-path") {
                assert_eq!(printed, "3 Bilbo Baggins\n");
            }
        }
        ran += 1;
    }
    assert!(
        ran >= 12,
        "the README has fewer commands than it should: {ran}"
    );
}
