//! Runs the tests through cargo-nextest, or `cargo test` where it is missing, shows what they say, and counts the PostgreSQL cases among
//! them. Does not know where PostgreSQL comes from.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

pub(crate) const POSTGRES_PACKAGE: &str = "tenantry-store-postgres";

pub(crate) enum Runner {
    Nextest,
    CargoTest,
}

impl Runner {
    pub(crate) fn installed() -> Self {
        if process::succeeds(&mut process::cargo(["nextest", "--version"])) {
            Self::Nextest
        } else {
            Self::CargoTest
        }
    }
}

/// Runs all tests but doc tests, and answers how many PostgreSQL cases were executed.
pub(crate) fn run(runner: &Runner, variables: &[(&str, String)], args: &[String]) -> Result<usize> {
    let (mut command, mut counter) = match runner {
        Runner::Nextest => (
            process::cargo(["nextest", "run", "--workspace", "--no-fail-fast"]),
            Counter::nextest(),
        ),
        Runner::CargoTest => {
            let build = [
                "test",
                "--workspace",
                "--tests",
                "--no-run",
                "--message-format",
                "json-render-diagnostics",
            ];
            let artifacts = process::output(&mut process::cargo(build))?;
            (
                process::cargo(["test", "--workspace", "--tests", "--no-fail-fast"]),
                Counter::cargo_test(&artifacts),
            )
        }
    };
    command
        .args(args)
        .envs(variables.iter().map(|(name, value)| (name, value)));
    show(command, |line| counter.read(line))?;
    Ok(counter.executed)
}

/// Runs the command and prints what it says on either stream, in order, handing each line to `read` first.
fn show(mut command: Command, mut read: impl FnMut(&str)) -> Result<()> {
    let described = process::describe(&command);
    println!("$ {described}");
    let (reader, writer) = io::pipe().context("cannot make a pipe")?;
    let mut child = command
        .stdout(writer.try_clone().context("cannot share a pipe")?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("cannot start `{described}`"))?;
    // The command holds the writing ends; as long as one is open here the reader never sees the end.
    drop(command);
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.context("cannot read what the tests say")?;
        let line = String::from_utf8_lossy(&line);
        read(&line);
        println!("{line}");
    }
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{described}`"))?;
    if !status.success() {
        bail!("`{described}` failed: {status}");
    }
    Ok(())
}

/// Counts executed cases of the integration tests of the PostgreSQL store; its unit tests need no server and prove nothing about one.
struct Counter {
    format: Format,
    executed: usize,
}

enum Format {
    Nextest {
        /// After the summary failures are listed once more.
        summarized: bool,
    },
    CargoTest {
        /// File names of the test programs that count.
        binaries: HashSet<String>,
        /// Whether the program that is running counts.
        counts: bool,
    },
}

impl Counter {
    fn nextest() -> Self {
        Self {
            format: Format::Nextest { summarized: false },
            executed: 0,
        }
    }

    /// `artifacts` is what `cargo test --no-run --message-format json` says: it alone tells which program belongs to which package.
    fn cargo_test(artifacts: &str) -> Self {
        let binaries = artifacts.lines().filter_map(postgres_binary).collect();
        Self {
            format: Format::CargoTest {
                binaries,
                counts: false,
            },
            executed: 0,
        }
    }

    fn read(&mut self, line: &str) {
        let line = without_colours(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        let executed = match &mut self.format {
            Format::Nextest { summarized } => {
                *summarized |= words.first() == Some(&"Summary");
                !*summarized && is_postgres_result(&words)
            }
            Format::CargoTest { binaries, counts } => {
                if words.first() == Some(&"Running") {
                    let program = words
                        .last()
                        .map_or("", |word| word.trim_matches(['(', ')']));
                    *counts = binaries.contains(file_name(program));
                }
                *counts && matches!(words.as_slice(), ["test", .., "...", "ok" | "FAILED"])
            }
        };
        self.executed += usize::from(executed);
    }
}

/// `PASS [   0.005s] (3/9) tenantry-store-postgres::conformance users::create`
fn is_postgres_result(words: &[&str]) -> bool {
    let finished = words.first().is_some_and(|word| {
        ["PASS", "FAIL", "LEAK", "FLAKY", "TIMEOUT", "ABORT"].contains(word)
            || word.starts_with("SIG")
    });
    let in_package = |word: &&str| {
        word.strip_prefix(POSTGRES_PACKAGE)
            .is_some_and(|rest| rest.starts_with("::"))
    };
    finished && words.iter().any(in_package)
}

/// The program of an integration test of the PostgreSQL store, if the line is about one.
fn postgres_binary(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    let manifest = message["manifest_path"].as_str()?.replace('\\', "/");
    let is_integration_test = message["target"]["kind"]
        .as_array()?
        .iter()
        .any(|kind| kind == "test");
    let executable = message["executable"].as_str()?;
    (is_integration_test && manifest.ends_with("/crates/store-postgres/Cargo.toml"))
        .then(|| file_name(executable).to_owned())
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Drops `ESC [ … m`.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(mut counter: Counter, output: &str) -> usize {
        output.lines().for_each(|line| counter.read(line));
        counter.executed
    }

    #[test]
    fn results_of_nextest_are_counted_once() {
        let output = "\
    Starting 5 tests across 3 binaries
        PASS [   0.005s] (1/5) tenantry-store-postgres::conformance users::create
\u{1b}[32;1m        PASS\u{1b}[0m [   0.005s] (2/5) \u{1b}[35;1mtenantry-store-postgres::conformance\u{1b}[0m users::find
        PASS [   0.005s] (3/5) tenantry-store-postgres filter::renders
        PASS [   0.005s] (3/5) tenantry-store-sqlite::conformance users::create
        SLOW [> 60.000s] (4/5) tenantry-store-postgres::conformance users::list
        FAIL [   1.105s] (4/5) tenantry-store-postgres::conformance users::list
     Summary [   1.200s] 5 tests run: 4 passed, 1 failed, 0 skipped
        FAIL [   1.105s] (4/5) tenantry-store-postgres::conformance users::list
";
        assert_eq!(count(Counter::nextest(), output), 3);
    }

    #[test]
    fn results_of_cargo_test_are_counted_in_the_programs_of_the_package() {
        let artifacts = r#"
{"reason":"compiler-artifact","manifest_path":"/src/crates/store-postgres/Cargo.toml","target":{"kind":["test"]},"executable":"/src/target/debug/deps/conformance-11aa"}
{"reason":"compiler-artifact","manifest_path":"/src/crates/store-postgres/Cargo.toml","target":{"kind":["lib"]},"executable":"/src/target/debug/deps/tenantry_store_postgres-22bb"}
{"reason":"compiler-artifact","manifest_path":"/src/crates/store-sqlite/Cargo.toml","target":{"kind":["test"]},"executable":"/src/target/debug/deps/conformance-33cc"}
{"reason":"build-finished","success":true}
"#;
        let output = "\
     Running unittests src/lib.rs (target/debug/deps/tenantry_store_postgres-22bb)
test filter::renders ... ok
     Running tests/conformance.rs (target/debug/deps/conformance-11aa)
running 2 tests
test users::create ... ok
test users::list - should panic ... ok
test users::find ... FAILED
test result: FAILED. 2 passed; 1 failed; 0 ignored
     Running tests/conformance.rs (target/debug/deps/conformance-33cc)
test users::create ... ok
";
        assert_eq!(count(Counter::cargo_test(artifacts), output), 3);
    }

    #[test]
    fn both_streams_are_read_to_the_end_and_failure_is_told() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 4"]);
        let error = show(command, |line| lines.push(line.to_owned())).unwrap_err();
        assert_eq!(lines, ["out", "err"]);
        assert_eq!(
            error.to_string(),
            "`sh -c 'echo out; echo err >&2; exit 4'` failed: exit status: 4"
        );
    }
}
