//! `cargo xtask ci`: every check and every test, cheap ones first. Each step is a command a developer can repeat alone.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::{arrows, house, licences, process, test};

struct Step {
    title: &'static str,
    /// What to type to run this step alone.
    repeat: &'static str,
    run: fn() -> Result<()>,
}

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
        title: "tests",
        repeat: "cargo xtask test",
        run: || test::run(&[]),
    },
];

pub(crate) fn run() -> Result<()> {
    let start = now();
    for (number, step) in (1..).zip(STEPS) {
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
    println!("\nCI passed in {:.1} s", start.elapsed().as_secs_f64());
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
