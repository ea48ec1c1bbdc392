//! `cargo xtask licences`: every package of the lock file against the lists of deny.toml, without a network; cargo-deny in addition where
//! it is installed.

use std::fs;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::metadata::{self, Package};
use crate::{process, spdx};

/// Crates that link a library under one symbol space: a second version would not link, or worse.
const ONE_VERSION_ONLY: &[&str] = &["libsqlite3-sys"];

pub(crate) fn run() -> Result<()> {
    let path = process::root().join("deny.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let rules = Rules::parse(&text)?;
    let packages = metadata::graph()?;
    let faults = check(&packages, &rules);
    if !faults.is_empty() {
        bail!(
            "{} fault(s) in the packages of the lock file:\n  {}",
            faults.len(),
            faults.join("\n  ")
        );
    }
    println!("licences: {} packages keep to deny.toml", packages.len());

    if process::succeeds(&mut process::cargo(["deny", "--version"])) {
        return process::run(&mut process::cargo([
            "deny", "check", "bans", "licenses", "sources",
        ]));
    }
    println!("licences: cargo-deny is not installed, so the built-in check stands alone");
    Ok(())
}

struct Rules {
    allowed: Vec<String>,
    /// Name and reason.
    banned: Vec<(String, String)>,
}

impl Rules {
    fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse().context("deny.toml is not TOML")?;
        let list = |section: &str, key: &str| {
            let value = table
                .get(section)
                .and_then(|section| section.get(key))
                .and_then(Value::as_array);
            value.with_context(|| format!("deny.toml has no {section}.{key}"))
        };
        let allowed = list("licenses", "allow")?
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let mut banned = Vec::new();
        for entry in list("bans", "deny")? {
            let name = entry
                .as_str()
                .or_else(|| entry.get("crate").and_then(Value::as_str))
                .context("an entry of bans.deny names no crate")?;
            let reason = entry
                .get("reason")
                .and_then(Value::as_str)
                .unwrap_or("banned in deny.toml");
            banned.push((name.to_owned(), reason.to_owned()));
        }
        Ok(Self { allowed, banned })
    }
}

fn check(packages: &[Package], rules: &Rules) -> Vec<String> {
    let mut faults: Vec<String> = packages
        .iter()
        .filter_map(|package| licence_fault(package, rules))
        .collect();
    for package in packages {
        if let Some((_, reason)) = rules.banned.iter().find(|(name, _)| *name == package.name) {
            faults.push(format!(
                "{} {} is banned: {reason} (see `cargo tree --all-features --target all -i {}`)",
                package.name, package.version, package.name
            ));
        }
    }
    for name in ONE_VERSION_ONLY {
        let versions: Vec<&str> = packages
            .iter()
            .filter(|package| package.name == *name)
            .map(|package| package.version.as_str())
            .collect();
        if versions.len() > 1 {
            faults.push(format!(
                "{name} is there in {} versions: {}",
                versions.len(),
                versions.join(", ")
            ));
        }
    }
    faults
}

fn licence_fault(package: &Package, rules: &Rules) -> Option<String> {
    let who = format!("{} {}", package.name, package.version);
    let Some(licence) = &package.licence else {
        return Some(format!("{who} states no licence"));
    };
    match spdx::is_satisfied(licence, &|licence| {
        rules.allowed.iter().any(|allowed| allowed == licence)
    }) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "{who} is under `{licence}`, which licenses.allow of deny.toml does not cover"
        )),
        Err(error) => Some(format!(
            "{who} states `{licence}`, which is no licence expression: {error}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const DENY: &str = "[licenses]\nallow = ['MIT', 'Zlib']\n[bans]\ndeny = ['old', { crate = 'native-tls', reason = 'TLS is rustls' }]\n";

    fn package(name: &str, version: &str, licence: Option<&str>) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: licence.map(str::to_owned),
            manifest: PathBuf::new(),
            member: false,
            dependencies: Vec::new(),
        }
    }

    fn faults(packages: &[Package]) -> Vec<String> {
        check(packages, &Rules::parse(DENY).unwrap())
    }

    #[test]
    fn allowed_packages_pass() {
        let packages = [
            package("a", "1.0.0", Some("GPL-3.0-only OR MIT")),
            package("libsqlite3-sys", "0.37.0", Some("Zlib")),
        ];
        assert_eq!(faults(&packages), Vec::<String>::new());
    }

    #[test]
    fn licences_outside_the_list_are_named() {
        let packages = [
            package("a", "1.0.0", Some("GPL-3.0-only")),
            package("b", "2.0.0", None),
            package("c", "3.0.0", Some("MIT OR")),
        ];
        assert_eq!(
            faults(&packages),
            [
                "a 1.0.0 is under `GPL-3.0-only`, which licenses.allow of deny.toml does not cover",
                "b 2.0.0 states no licence",
                "c 3.0.0 states `MIT OR`, which is no licence expression: a licence is missing at the end",
            ]
        );
    }

    #[test]
    fn banned_crates_and_second_versions_are_named() {
        let packages = [
            package("native-tls", "0.2.1", Some("MIT")),
            package("old", "0.1.0", Some("MIT")),
            package("libsqlite3-sys", "0.35.0", Some("MIT")),
            package("libsqlite3-sys", "0.37.0", Some("MIT")),
        ];
        assert_eq!(
            faults(&packages),
            [
                "native-tls 0.2.1 is banned: TLS is rustls (see `cargo tree --all-features --target all -i native-tls`)",
                "old 0.1.0 is banned: banned in deny.toml (see `cargo tree --all-features --target all -i old`)",
                "libsqlite3-sys is there in 2 versions: 0.35.0, 0.37.0",
            ]
        );
    }

    #[test]
    fn the_lists_of_this_repository_can_be_read() {
        let text = fs::read_to_string(process::root().join("deny.toml")).unwrap();
        let rules = Rules::parse(&text).unwrap();
        assert!(rules.allowed.iter().any(|licence| licence == "MIT"));
        let banned: Vec<&str> = rules.banned.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(banned, ["aws-lc-sys", "openssl-sys", "native-tls"]);
    }
}
