//! The Python that runs schemathesis: a virtual environment under `target/`, with the packages of `requirements.txt` and no others.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// What schemathesis needs, and what makes a virtual environment with pip.
const PROBE: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

pub(super) const MISSING: &str = "fuzz-api needs Python 3.10 or later with venv and pip, and there is none: install it (on Debian \
                                  and Ubuntu the packages python3 and python3-venv)";

pub(super) struct Python {
    /// Directory of the programs of the virtual environment.
    programs: PathBuf,
}

impl Python {
    /// The virtual environment as it was left, or a new one if the requirements are not those it was made with.
    pub(super) fn find_or_install() -> Result<Self> {
        let directory = process::root().join("target/fuzz-api/python");
        let stamp = directory.join("requirements.txt");
        let programs = directory.join("bin");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS)
            && process::succeeds(Command::new(programs.join("schemathesis")).arg("--version"))
        {
            return Ok(Self { programs });
        }
        let Some(python) = find() else {
            bail!("{MISSING}");
        };
        println!("fuzz-api: installing schemathesis into target/fuzz-api/python");
        process::run(
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(&directory),
        )?;
        let mut pip = Command::new(programs.join("python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg("xtask/src/fuzz_api/requirements.txt")
        .current_dir(process::root());
        process::run(&mut pip).context("pip cannot install what fuzz-api needs")?;
        // Last: what was left half done is done again.
        fs::write(&stamp, REQUIREMENTS)
            .with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(Self { programs })
    }

    /// A program of the environment. Whatever proxy the machine has, it talks to a server on the same machine.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            // Next to the scripts, which are in the repository.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// A Python that can make a virtual environment.
pub(super) fn find() -> Option<&'static str> {
    ["python3", "python"]
        .into_iter()
        .find(|python| process::succeeds(Command::new(python).args(["-c", PROBE])))
}

#[cfg(test)]
mod tests {
    use super::REQUIREMENTS;

    #[test]
    fn every_package_is_pinned() {
        let packages = REQUIREMENTS
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut count = 0;
        for package in packages {
            let (name, version) = package.split_once("==").unwrap();
            assert!(
                !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()),
                "{package}"
            );
            count += 1;
        }
        assert!(count > 20, "{count}");
        assert!(REQUIREMENTS.contains("\nschemathesis=="));
    }
}
