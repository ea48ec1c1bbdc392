//! `cargo xtask arrows`: which crate of the workspace may depend on which, and what `domain` may take from outside. The table is that of
//! the design; an arrow that is not in it is an error until somebody changes the table and says why.

use anyhow::{Result, bail};

use crate::manifests;
use crate::metadata::{self, Kind, Package};

/// One line of the table. A crate that does not exist yet may have one.
struct Row {
    name: &'static str,
    /// Normal and build dependencies inside the workspace.
    may_use: &'static [&'static str],
    /// Dev-dependencies beyond those and the two that every crate may have.
    tests_may_use: &'static [&'static str],
}

const DOMAIN: &str = "tenantry-domain";
const TESTKIT: &str = "tenantry-testkit";
const WIRE: &str = "tenantry-wire";
const HTTP_SERVER: &str = "tenantry-http-server";
const API_CLIENT: &str = "tenantry-api-client";
const ARCHIVE: &str = "tenantry-archive";
const CRYPTO: &str = "tenantry-crypto";
const CALLER_CACHE: &str = "tenantry-caller-cache";
const STORE_POSTGRES: &str = "tenantry-store-postgres";
const STORE_SQLITE: &str = "tenantry-store-sqlite";

const TABLE: &[Row] = &[
    Row {
        name: DOMAIN,
        may_use: &[],
        tests_may_use: &[],
    },
    Row {
        name: WIRE,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    Row {
        name: STORE_POSTGRES,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    Row {
        name: STORE_SQLITE,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    Row {
        name: CRYPTO,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    Row {
        name: ARCHIVE,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    Row {
        name: CALLER_CACHE,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    // How often the store is asked for a call is seen where calls come in.
    Row {
        name: HTTP_SERVER,
        may_use: &[DOMAIN, WIRE],
        tests_may_use: &[CALLER_CACHE],
    },
    // The one adapter that needs another side to talk to: the server over the memory store.
    Row {
        name: API_CLIENT,
        may_use: &[DOMAIN, WIRE],
        tests_may_use: &[HTTP_SERVER],
    },
    Row {
        name: "tenantry-app",
        may_use: &[
            DOMAIN,
            WIRE,
            STORE_POSTGRES,
            STORE_SQLITE,
            CRYPTO,
            ARCHIVE,
            CALLER_CACHE,
            HTTP_SERVER,
            API_CLIENT,
        ],
        tests_may_use: &[],
    },
    Row {
        name: "tenantry-bench",
        may_use: &[WIRE, API_CLIENT],
        tests_may_use: &[],
    },
    Row {
        name: TESTKIT,
        may_use: &[DOMAIN],
        tests_may_use: &[],
    },
    Row {
        name: "xtask",
        may_use: &[],
        tests_may_use: &[],
    },
];

/// Tests of any crate may use the test kit, and the domain with its mocks.
const TESTS_OF_ALL_MAY_USE: &[&str] = &[DOMAIN, TESTKIT];

/// What a consumer of the domain crate pays for. `optional` ones stay behind a feature.
const DOMAIN_MAY_TAKE: &[&str] = &["async-trait", "base64", "thiserror", "time", "uuid"];
const DOMAIN_MAY_OFFER: &[&str] = &["mockall"];
/// Not even the domain's tests speak to these.
const DOMAIN_NEVER_TAKES: &[&str] = &["axum", "reqwest", "rusqlite", "serde_json", "sqlx"];

/// Names under which a crate becomes the place for everything.
const REFUSED_NAMES: &[&str] = &["common", "core", "helpers", "shared", "util", "utils"];

pub(crate) fn run() -> Result<()> {
    let packages = metadata::members()?;
    let mut faults = check(&packages);
    faults.extend(manifests::check_all(&packages)?);
    if !faults.is_empty() {
        bail!(
            "{} fault(s) in the dependencies of the workspace:\n  {}",
            faults.len(),
            faults.join("\n  ")
        );
    }
    println!(
        "arrows: {} packages depend on each other as the table allows",
        packages.len()
    );
    Ok(())
}

fn check(packages: &[Package]) -> Vec<String> {
    let members: Vec<&Package> = packages.iter().filter(|package| package.member).collect();
    members
        .iter()
        .flat_map(|package| check_package(package, &members))
        .collect()
}

fn check_package(package: &Package, members: &[&Package]) -> Vec<String> {
    let name = package.name.as_str();
    let mut faults = check_name(package);
    let Some(row) = TABLE.iter().find(|row| row.name == name) else {
        faults.push(format!("{name} is not in the table of xtask/src/arrows.rs: add a row and say in docs/decisions why it exists"));
        return faults;
    };
    for dependency in &package.dependencies {
        let target = dependency.name.as_str();
        if members.iter().any(|member| member.name == target) {
            let allowed = row.may_use.contains(&target)
                || dependency.kind == Kind::Dev
                    && (row.tests_may_use.contains(&target)
                        || TESTS_OF_ALL_MAY_USE.contains(&target));
            if !allowed {
                faults.push(format!(
                    "{name} must not depend on {target} ({})",
                    describe(dependency.kind)
                ));
            }
        } else if name == DOMAIN && !domain_may_take(target, dependency.kind, dependency.optional) {
            faults.push(format!("{name} must not take {target} ({}): the domain has no I/O and a short dependency tree", describe(dependency.kind)));
        }
    }
    faults
}

fn check_name(package: &Package) -> Vec<String> {
    let mut faults = Vec::new();
    let short = package
        .name
        .strip_prefix("tenantry-")
        .unwrap_or(&package.name);
    if REFUSED_NAMES.contains(&short) {
        faults.push(format!(
            "no crate is called {short}: name it after what it is for"
        ));
    }
    let directory = package
        .manifest
        .parent()
        .and_then(|dir| dir.file_name())
        .map(|dir| dir.to_string_lossy().into_owned());
    if directory.as_deref() != Some(short) {
        faults.push(format!(
            "{} lives in a directory called {}, expected {short}",
            package.name,
            directory.unwrap_or_default()
        ));
    }
    faults
}

fn domain_may_take(name: &str, kind: Kind, optional: bool) -> bool {
    match kind {
        Kind::Normal => {
            DOMAIN_MAY_TAKE.contains(&name) || optional && DOMAIN_MAY_OFFER.contains(&name)
        }
        Kind::Build => false,
        Kind::Dev => !DOMAIN_NEVER_TAKES.contains(&name),
    }
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Normal => "normal dependency",
        Kind::Build => "build dependency",
        Kind::Dev => "dev-dependency",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Name, kind, and whether it is optional.
    type Declared<'a> = (&'a str, Option<&'a str>, bool);

    /// What is wrong with a workspace of packages and their dependencies.
    fn faults(packages: &[(&str, &[Declared<'_>])]) -> Vec<String> {
        let ids: Vec<&str> = packages.iter().map(|(name, _)| *name).collect();
        let packages: Vec<Value> = packages
            .iter()
            .map(|(name, dependencies)| {
                let directory = name.strip_prefix("tenantry-").unwrap_or(name);
                let dependencies: Vec<Value> = dependencies
                    .iter()
                    .map(|(name, kind, optional)| json!({ "name": name, "kind": kind, "optional": optional }))
                    .collect();
                json!({
                    "id": name, "name": name, "version": "0.1.0", "license": "MIT",
                    "manifest_path": format!("/src/crates/{directory}/Cargo.toml"), "dependencies": dependencies,
                })
            })
            .collect();
        let text = json!({ "packages": packages, "workspace_members": ids }).to_string();
        check(&metadata::parse(&text).unwrap())
    }

    #[test]
    fn arrows_of_the_table_pass() {
        assert_eq!(
            faults(&[
                (
                    "tenantry-domain",
                    &[
                        ("time", None, false),
                        ("mockall", None, true),
                        ("tenantry-testkit", Some("dev"), false)
                    ]
                ),
                (
                    "tenantry-testkit",
                    &[("tenantry-domain", None, false), ("proptest", None, false)]
                ),
                (
                    "tenantry-wire",
                    &[
                        ("tenantry-domain", None, false),
                        ("serde_json", None, false)
                    ]
                ),
                (
                    "tenantry-http-server",
                    &[
                        ("tenantry-wire", None, false),
                        ("tenantry-testkit", Some("dev"), false)
                    ]
                ),
                (
                    "tenantry-api-client",
                    &[
                        ("tenantry-wire", None, false),
                        ("tenantry-http-server", Some("dev"), false)
                    ]
                ),
                ("xtask", &[("toml", None, false)]),
            ]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn adapters_never_see_each_other() {
        assert_eq!(
            faults(&[
                (
                    "tenantry-store-sqlite",
                    &[("tenantry-store-postgres", Some("dev"), false)]
                ),
                (
                    "tenantry-store-postgres",
                    &[
                        ("tenantry-wire", None, false),
                        ("tenantry-domain", Some("build"), false)
                    ]
                ),
                ("tenantry-wire", &[]),
                ("tenantry-domain", &[]),
            ]),
            [
                "tenantry-store-sqlite must not depend on tenantry-store-postgres (dev-dependency)",
                "tenantry-store-postgres must not depend on tenantry-wire (normal dependency)",
            ]
        );
    }

    #[test]
    fn the_test_kit_is_for_tests_only() {
        assert_eq!(
            faults(&[
                ("tenantry-app", &[("tenantry-testkit", None, false)]),
                ("tenantry-testkit", &[])
            ]),
            ["tenantry-app must not depend on tenantry-testkit (normal dependency)"]
        );
    }

    #[test]
    fn the_domain_takes_only_what_is_listed() {
        let why = "the domain has no I/O and a short dependency tree";
        assert_eq!(
            faults(&[(
                "tenantry-domain",
                &[
                    ("serde", None, false),
                    ("mockall", None, false),
                    ("cc", Some("build"), false),
                    ("sqlx", Some("dev"), false),
                    ("tokio", Some("dev"), false),
                ],
            )]),
            [
                format!("tenantry-domain must not take serde (normal dependency): {why}"),
                format!("tenantry-domain must not take mockall (normal dependency): {why}"),
                format!("tenantry-domain must not take cc (build dependency): {why}"),
                format!("tenantry-domain must not take sqlx (dev-dependency): {why}"),
            ]
        );
    }

    #[test]
    fn a_crate_outside_the_table_is_refused() {
        assert_eq!(
            faults(&[("tenantry-utils", &[])]),
            [
                "no crate is called utils: name it after what it is for",
                "tenantry-utils is not in the table of xtask/src/arrows.rs: add a row and say in docs/decisions why it exists",
            ]
        );
    }
}
