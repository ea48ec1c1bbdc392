//! `cargo xtask ci`: every check and every test, cheap ones first. Each step is a command a developer can repeat alone.

use std::env;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::{arrows, fuzz_api, house, licences, process, test};

struct Step {
    title: &'static str,
    /// What to type to run this step alone.
    repeat: &'static str,
    run: fn() -> Result<()>,
}

const FUZZ_API: &str = "fuzz-api";

const STEPS: &[Step] = &[
    Step {
        title: "format",
        repeat: "cargo fmt --all --check",
        run: format,
    },
    Step {
        title: "house",
        repeat: "cargo xtask house",
        run: house::run,
    },
    Step {
        title: "arrows",
        repeat: "cargo xtask arrows",
        run: arrows::run,
    },
    Step {
        title: "lock file",
        repeat: "cargo metadata --locked --format-version 1",
        run: lock_file,
    },
    Step {
        title: "licences",
        repeat: "cargo xtask licences",
        run: licences::run,
    },
    Step {
        title: "lints",
        repeat: "cargo clippy --workspace --all-targets --all-features -- -D warnings",
        run: lints,
    },
    Step {
        title: "docs",
        repeat: "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items",
        run: docs,
    },
    Step {
        title: FUZZ_API,
        repeat: "cargo xtask fuzz-api --short",
        run: || fuzz_api::run(&fuzz_api::Options::CI),
    },
    Step {
        title: "tests",
        repeat: "cargo xtask test",
        run: || test::run(&[]),
    },
];

pub(crate) fn run(without_fuzz_api: bool) -> Result<()> {
    let start = now();
    if without_fuzz_api {
        if env::var_os("CI").is_some_and(|value| !value.is_empty()) {
            bail!("--without-fuzz-api is for a developer's machine, and the variable CI is set");
        }
    } else {
        // Now, and not after minutes of compiling.
        fuzz_api::check_possible().map_err(|error| {
            anyhow!("{error}; on a developer's machine, `cargo xtask ci --without-fuzz-api` leaves that step out")
        })?;
    }
    for (number, step) in (1..).zip(STEPS) {
        if without_fuzz_api && step.title == FUZZ_API {
            println!(
                "\n=== {number}/{} {} LEFT OUT, as --without-fuzz-api says ===",
                STEPS.len(),
                step.title
            );
            continue;
        }
        let began = now();
        println!("\n=== {number}/{} {} ===", STEPS.len(), step.title);
        (step.run)().with_context(|| {
            format!(
                "CI stops at step {number}, {}; to repeat it: {}",
                step.title, step.repeat
            )
        })?;
        println!(
            "--- {} passed in {:.1} s",
            step.title,
            began.elapsed().as_secs_f64()
        );
    }
    let left_out = if without_fuzz_api {
        ", without fuzz-api"
    } else {
        ""
    };
    println!(
        "\nCI passed in {:.1} s{left_out}",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn format() -> Result<()> {
    process::run(&mut process::cargo(["fmt", "--all", "--check"]))
}

fn lock_file() -> Result<()> {
    process::output(&mut process::cargo([
        "metadata",
        "--locked",
        "--format-version",
        "1",
    ]))
    .map(drop)
}

fn lints() -> Result<()> {
    process::run(&mut process::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs() -> Result<()> {
    let mut command = process::cargo([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "tells how long a step took; nothing depends on it"
)]
fn now() -> Instant {
    Instant::now()
}
