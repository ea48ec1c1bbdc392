//! Installs PostgreSQL and `PgBouncer` with the package manager of the system, saying so. The only place that changes the machine.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::server;
use crate::process;

pub(crate) const BY_HAND: &str = "install the PostgreSQL server and PgBouncer by hand, or set TENANTRY_TEST_POSTGRES_URL to a server whose user may create databases, \
     and TENANTRY_TEST_POOLED_URL to the same server behind a pooler of transactions";

struct Manager {
    program: &'static str,
    /// Run one after the other.
    commands: &'static [&'static [&'static str]],
    /// Whether it must run as root.
    as_root: bool,
}

const MANAGERS: &[Manager] = &[
    Manager {
        program: "apt-get",
        commands: &[
            &["apt-get", "update"],
            &["apt-get", "install", "-y", "postgresql", "pgbouncer"],
        ],
        as_root: true,
    },
    Manager {
        program: "dnf",
        commands: &[&["dnf", "install", "-y", "postgresql-server", "pgbouncer"]],
        as_root: true,
    },
    Manager {
        program: "apk",
        commands: &[&["apk", "add", "postgresql", "pgbouncer"]],
        as_root: true,
    },
    Manager {
        program: "pacman",
        commands: &[&["pacman", "-Sy", "--noconfirm", "postgresql", "pgbouncer"]],
        as_root: true,
    },
    Manager {
        program: "zypper",
        commands: &[&[
            "zypper",
            "--non-interactive",
            "install",
            "postgresql-server",
            "pgbouncer",
        ]],
        as_root: true,
    },
    Manager {
        program: "brew",
        commands: &[&["brew", "install", "postgresql", "pgbouncer"]],
        as_root: false,
    },
];

pub(crate) fn run() -> Result<()> {
    let is_root = server::is_root()?;
    let commands = plan(is_root, |program| process::find_in_path(program).is_some())?;
    for words in commands {
        println!("PostgreSQL: installing: {}", words.join(" "));
        let mut command = Command::new(words[0]);
        process::run(
            command
                .args(&words[1..])
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
        .with_context(|| format!("cannot install PostgreSQL: {BY_HAND}"))?;
    }
    Ok(())
}

/// The commands to run, none of them empty.
fn plan(is_root: bool, has: impl Fn(&str) -> bool) -> Result<Vec<Vec<&'static str>>> {
    let Some(manager) = MANAGERS.iter().find(|manager| has(manager.program)) else {
        bail!("no known package manager (apt-get, dnf, apk, pacman, zypper, brew): {BY_HAND}");
    };
    let needs_sudo = manager.as_root && !is_root;
    if needs_sudo && !has("sudo") {
        bail!(
            "installing PostgreSQL with {} needs root, and there is no sudo: {BY_HAND}",
            manager.program
        );
    }
    let prefix: &[&str] = if needs_sudo { &["sudo"] } else { &[] };
    Ok(manager
        .commands
        .iter()
        .map(|words| [prefix, *words].concat())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_uses_the_package_manager_itself() {
        assert_eq!(
            plan(true, |program| program == "apt-get").unwrap(),
            [
                vec!["apt-get", "update"],
                vec!["apt-get", "install", "-y", "postgresql", "pgbouncer"]
            ]
        );
    }

    #[test]
    fn others_go_through_sudo_where_root_is_needed() {
        assert_eq!(
            plan(false, |program| ["apk", "sudo"].contains(&program)).unwrap(),
            [["sudo", "apk", "add", "postgresql", "pgbouncer"]]
        );
        assert_eq!(
            plan(false, |program| ["brew", "sudo"].contains(&program)).unwrap(),
            [["brew", "install", "postgresql", "pgbouncer"]]
        );
    }

    #[test]
    fn what_cannot_be_installed_says_what_to_do() {
        let error = plan(false, |program| program == "dnf").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("installing PostgreSQL with dnf needs root, and there is no sudo: {BY_HAND}")
        );
        let error = plan(true, |_| false).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "no known package manager (apt-get, dnf, apk, pacman, zypper, brew): {BY_HAND}"
            )
        );
    }
}
