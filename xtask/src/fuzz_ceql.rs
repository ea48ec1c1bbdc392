//! `cargo xtask fuzz-ceql`: libFuzzer over CEQL and the other readers of hostile text. It builds the package `fuzz/`, which is no member of
//! the workspace, and shows what the fuzzer says. What is checked it does not know.
//!
//! The pinned stable toolchain is enough: the compiler's coverage instrumentation is an ordinary pass of LLVM, and without unsafe code
//! there is nothing for a sanitizer, which would need a nightly one, to find.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

/// What makes the compiler count how often each edge is taken, and tell libFuzzer what is compared with what.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0";

/// Longer than the longest expression, so that the limit is passed now and then.
const LONGEST_INPUT: u32 = 5000;
/// No input may take so long; the bound of CEQL itself is measured by `refusal_times`, an example of `domain`.
const SLOWEST_INPUT_SECONDS: u32 = 5;

pub(crate) struct Options {
    pub(crate) seconds: u32,
    pub(crate) seed: Option<u32>,
    /// Run this input alone.
    pub(crate) replay: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = build()?;
    let mut fuzzer = Command::new(program);
    fuzzer.arg(format!("-timeout={SLOWEST_INPUT_SECONDS}"));
    if let Some(input) = &options.replay {
        // Relative to where the command was typed: the fuzzer is started there.
        if !input.is_file() {
            bail!("{} is no file", input.display());
        }
        process::run(fuzzer.arg(input))?;
        println!("fuzz-ceql: {} breaks no promise", input.display());
        return Ok(());
    }
    let found = process::root().join("target/fuzz/corpus");
    let crashes = process::root().join("target/fuzz/crashes");
    for directory in [&found, &crashes] {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
    }
    let before = files(&crashes)?;
    fuzzer
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-max_len={LONGEST_INPUT}"))
        .arg("-dict=fuzz/ceql.dict")
        // A prefix, not a directory: the slash matters.
        .arg("-artifact_prefix=target/fuzz/crashes/")
        .arg("-print_final_stats=1")
        // Addresses of functions: nobody reads them.
        .arg("-print_funcs=0")
        .args(options.seed.map(|seed| format!("-seed={seed}")))
        // What is found goes into the first one; the second is in the repository.
        .args(["target/fuzz/corpus", "fuzz/corpus"])
        .current_dir(process::root());
    let outcome = show(&mut fuzzer);
    let kept: Vec<String> = files(&crashes)?.difference(&before).cloned().collect();
    match (outcome, kept.as_slice()) {
        (Ok(()), _) => Ok(()),
        (Err(error), []) => Err(error),
        (Err(_), kept) => bail!("the fuzzer broke a promise:\n{}", told(&crashes, kept)?),
    }
}

/// Builds the fuzzer and answers where it is.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let mut cargo = process::cargo([
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--target-dir",
        "target/fuzz",
        // Named although it is the host: then build scripts and macros are compiled without the counters, which only libFuzzer defines.
        "--target",
        &host,
    ]);
    cargo
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", COVERAGE);
    process::run(&mut cargo).context(
        "the fuzzer does not build; libFuzzer comes as source and needs a C++ compiler (c++)",
    )?;
    Ok(process::root()
        .join("target/fuzz")
        .join(host)
        .join("release/tenantry-fuzz"))
}

/// What the compiler calls this machine.
fn host() -> Result<String> {
    let version = process::output(
        Command::new("rustc")
            .arg("-vV")
            .current_dir(process::root()),
    )?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .with_context(|| format!("rustc names no host: {version}"))?;
    Ok(host.to_owned())
}

/// Runs the fuzzer and prints what it says, save one line for each new input: there are thousands.
fn show(fuzzer: &mut Command) -> Result<()> {
    let described = process::describe(fuzzer);
    println!("$ {described}");
    let mut child = fuzzer
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{described}`"))?;
    let said = child
        .stderr
        .take()
        .with_context(|| format!("`{described}` has no output"))?;
    for line in BufReader::new(said).split(b'\n') {
        let line = line.context("cannot read what the fuzzer says")?;
        let line = String::from_utf8_lossy(&line);
        if worth_showing(&line) {
            println!("{line}");
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{described}`"))?;
    if !status.success() {
        bail!("`{described}` failed: {status}");
    }
    Ok(())
}

/// Not: new and reduced inputs, and words for a dictionary, which are bytes of this run.
fn worth_showing(line: &str) -> bool {
    let noise = line.starts_with('#')
        && (line.contains("\tNEW ") || line.contains("\tREDUCE "))
        || line.starts_with('"')
        || line.starts_with("######")
        // Functions of the sanitizers, which are not here.
        || line.starts_with("WARNING: Failed to find function");
    !noise
}

fn files(directory: &Path) -> Result<BTreeSet<String>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Each input that was kept, its text, and how to run it again.
fn told(crashes: &Path, kept: &[String]) -> Result<String> {
    let mut lines = Vec::new();
    for name in kept {
        let input = fs::read(crashes.join(name)).with_context(|| format!("cannot read {name}"))?;
        lines.push(format!("  {:?}", String::from_utf8_lossy(&input)));
        lines.push(format!(
            "  to repeat it: cargo xtask fuzz-ceql --replay target/fuzz/crashes/{name}"
        ));
    }
    lines.push(
        "  once it is mended, move it to fuzz/corpus/ under a name that says what it was"
            .to_owned(),
    );
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_shown_and_every_new_input_is_not() {
        for line in [
            "INFO: Seed: 1",
            "#1048576\tpulse  cov: 2262 ft: 12222 corp: 3094/265Kb",
            "#1897623\tDONE   cov: 2262 ft: 12222 corp: 3094/265Kb",
            "stat::average_exec_per_sec:     41252",
            "thread '<unnamed>' panicked at src/properties.rs:1:1:",
        ] {
            assert!(worth_showing(line), "{line}");
        }
        for line in [
            "#1897\tNEW    cov: 2262 ft: 12222 corp: 3094/265Kb",
            "#1897\tREDUCE cov: 2262 ft: 12222 corp: 3094/265Kb",
            "\"\\001\\000\" # Uses: 50",
            "###### End of recommended dictionary. ######",
        ] {
            assert!(!worth_showing(line), "{line}");
        }
    }

    #[test]
    fn a_crash_is_told_with_the_command_that_repeats_it() {
        let crashes = tempfile::tempdir().unwrap();
        fs::write(crashes.path().join("crash-1"), "wid = 1").unwrap();
        assert_eq!(
            told(crashes.path(), &["crash-1".to_owned()]).unwrap(),
            "  \"wid = 1\"\n  to repeat it: cargo xtask fuzz-ceql --replay target/fuzz/crashes/crash-1\n  \
             once it is mended, move it to fuzz/corpus/ under a name that says what it was"
        );
    }
}
