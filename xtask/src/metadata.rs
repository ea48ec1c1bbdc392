//! What `cargo metadata` says, reduced to what the checks read. Judges nothing.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: Option<String>,
    pub(crate) manifest: PathBuf,
    /// Part of this workspace.
    pub(crate) member: bool,
    pub(crate) dependencies: Vec<Dependency>,
}

pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

/// The workspace's own packages with the dependencies they declare. Needs neither lock file nor network.
pub(crate) fn members() -> Result<Vec<Package>> {
    read(&["metadata", "--format-version", "1", "--no-deps"])
}

/// Every package of the resolved graph: all features, all platforms.
pub(crate) fn graph() -> Result<Vec<Package>> {
    read(&["metadata", "--format-version", "1", "--all-features"])
}

pub(crate) fn parse(text: &str) -> Result<Vec<Package>> {
    let metadata: Value =
        serde_json::from_str(text).context("cargo metadata did not answer JSON")?;
    let members = metadata["workspace_members"]
        .as_array()
        .context("cargo metadata names no workspace_members")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    packages
        .iter()
        .map(|package| parse_package(package, members.contains(&package["id"])))
        .collect()
}

fn read(args: &[&str]) -> Result<Vec<Package>> {
    parse(&process::output(&mut process::cargo(args))?)
}

fn parse_package(package: &Value, member: bool) -> Result<Package> {
    let dependencies = package["dependencies"]
        .as_array()
        .context("a package of cargo metadata names no dependencies")?;
    Ok(Package {
        name: text(package, "name")?,
        version: text(package, "version")?,
        licence: package["license"].as_str().map(str::to_owned),
        manifest: PathBuf::from(text(package, "manifest_path")?),
        member,
        dependencies: dependencies
            .iter()
            .map(parse_dependency)
            .collect::<Result<_>>()?,
    })
}

fn parse_dependency(dependency: &Value) -> Result<Dependency> {
    let kind = match dependency["kind"].as_str() {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    };
    Ok(Dependency {
        name: text(dependency, "name")?,
        kind,
        optional: dependency["optional"].as_bool().unwrap_or(false),
    })
}

fn text(value: &Value, key: &str) -> Result<String> {
    value[key]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("cargo metadata names no {key} of a package"))
}
