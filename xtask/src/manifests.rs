//! How every `Cargo.toml` of the workspace is written: the workspace's lints, and dependencies that inherit from the workspace's list.
//! Knows no crate by name.

use std::fs;

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::metadata::Package;

const DEPENDENCY_TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

pub(crate) fn check_all(packages: &[Package]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| package.member) {
        let text = fs::read_to_string(&package.manifest)
            .with_context(|| format!("cannot read {}", package.manifest.display()))?;
        let manifest: Table = text
            .parse()
            .with_context(|| format!("{} is not TOML", package.manifest.display()))?;
        faults.extend(check(&package.name, &manifest));
    }
    Ok(faults)
}

fn check(name: &str, manifest: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    if !is_true(
        manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace")),
    ) {
        faults.push(format!(
            "{name} does not inherit the lints: add `[lints] workspace = true`"
        ));
    }
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    for scope in std::iter::once(manifest).chain(targets) {
        for table in DEPENDENCY_TABLES {
            let dependencies = scope.get(*table).and_then(Value::as_table);
            for (dependency, value) in dependencies.into_iter().flatten() {
                if !is_true(value.get("workspace")) {
                    faults.push(format!("{name} declares {dependency} by itself: name it in workspace.dependencies, with the reason, and inherit it"));
                }
            }
        }
    }
    faults
}

fn is_true(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        check("it", &text.parse().unwrap())
    }

    #[test]
    fn inherited_dependencies_and_lints_pass() {
        assert_eq!(
            faults(
                "[dependencies]\na.workspace = true\nb = { workspace = true, optional = true }\n[lints]\nworkspace = true\n"
            ),
            Vec::<String>::new()
        );
    }

    #[test]
    fn missing_lints_are_named() {
        assert_eq!(
            faults("[package]\nname = 'it'\n"),
            ["it does not inherit the lints: add `[lints] workspace = true`"]
        );
    }

    #[test]
    fn dependencies_declared_in_place_are_named_wherever_they_stand() {
        let said = |dependency: &str| {
            format!(
                "it declares {dependency} by itself: name it in workspace.dependencies, with the reason, and inherit it"
            )
        };
        assert_eq!(
            faults(
                "[dependencies]\na = '1'\n[dev-dependencies]\nb = { path = '../b' }\n[target.'cfg(unix)'.build-dependencies]\nc = '1'\n[lints]\nworkspace = true\n"
            ),
            [said("a"), said("b"), said("c")]
        );
    }
}
