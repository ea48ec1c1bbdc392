//! The commands that speak the API, over the local store and over a running server.

mod compare;
mod local;
mod remote;
mod wrong;

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::Store;

/// A SQLite store with one organization, `Acme`, whose administrator is user 2 in account 2. Answers what was printed.
fn acme() -> (Store, Value) {
    let store = Store::sqlite();
    let created = ok_json(&mut store.command(&[
        "org",
        "create",
        "--name",
        "Acme",
        "--admin-email",
        "ada@acme.example",
        "--admin-first-name",
        "Ada",
        "--admin-last-name",
        "Lovelace",
        "--admin-password",
        "Correct-horse-1",
        "--json",
    ]));
    (store, created)
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// Standard output of a command that has to succeed.
#[track_caller]
fn ok(command: &mut Command) -> String {
    succeeded(output(command))
}

#[track_caller]
fn succeeded(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn ok_json(command: &mut Command) -> Value {
    serde_json::from_str(&ok(command)).unwrap()
}

/// Exit code and standard error of a command that prints no result.
#[track_caller]
fn failed(command: &mut Command) -> (i32, String) {
    let output = output(command);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said.trim_end().to_owned())
}

/// What a command says that is given this on standard input.
fn fed(command: &mut Command, text: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// `words` as arguments.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
