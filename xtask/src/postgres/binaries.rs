//! Where the programs of a PostgreSQL server are. Starts nothing but `pg_config`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::install;
use crate::process;

/// What a directory must have. Some systems leave one of them alone in another place, as a link to a package that is gone.
const PROGRAMS: &[&str] = &["initdb", "pg_ctl", "postgres"];

/// Parents of directories such as `15/bin`, `postgresql@17/bin` or `postgresql16`, one for each installed version.
const VERSIONED: &[&str] = &[
    "/usr/lib/postgresql",
    "/usr/libexec",
    "/usr/lib",
    "/usr",
    "/opt/homebrew/opt",
    "/usr/local/opt",
    "/Library/PostgreSQL",
];

const PLAIN: &[&str] = &[
    "/usr/local/pgsql/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
];

/// Where packages put `PgBouncer`, which is not always on the path of those who are not root.
const POOLERS: &[&str] = &[
    "/usr/sbin/pgbouncer",
    "/usr/local/sbin/pgbouncer",
    "/opt/homebrew/bin/pgbouncer",
];

/// What a throwaway server is made of.
pub(crate) struct Programs {
    /// The directory of PostgreSQL's own.
    pub(crate) bin: PathBuf,
    /// The pooler that stands before it.
    pub(crate) pgbouncer: PathBuf,
}

/// The programs; installs PostgreSQL and `PgBouncer` where one of them is missing.
pub(crate) fn find_or_install() -> Result<Programs> {
    if let Some(found) = find_both() {
        return Ok(found);
    }
    println!("PostgreSQL: not all programs found (initdb, pg_ctl, postgres, pgbouncer)");
    install::run()?;
    match find_both() {
        Some(found) => Ok(found),
        None => bail!(
            "PostgreSQL and PgBouncer were installed, but their programs are in no known place: put their directories on PATH, or {}",
            install::BY_HAND
        ),
    }
}

fn find_both() -> Option<Programs> {
    let on_path = process::find_in_path("pgbouncer");
    let elsewhere = || {
        POOLERS
            .iter()
            .map(PathBuf::from)
            .find(|path| path.is_file())
    };
    Some(Programs {
        bin: find()?,
        pgbouncer: on_path.or_else(elsewhere)?,
    })
}

fn find() -> Option<PathBuf> {
    let from_path = process::find_in_path("initdb").and_then(|path| complete_directory_of(&path));
    let from_config = || {
        let directory = process::output(Command::new("pg_config").arg("--bindir")).ok()?;
        complete_directory_of(&Path::new(directory.trim()).join("initdb"))
    };
    let versioned = || {
        newest(
            VERSIONED
                .iter()
                .flat_map(|parent| versions_below(Path::new(parent)))
                .collect(),
        )
    };
    let plain = || {
        PLAIN
            .iter()
            .find_map(|directory| complete_directory_of(&Path::new(directory).join("initdb")))
    };
    from_path
        .or_else(from_config)
        .or_else(versioned)
        .or_else(plain)
}

/// The directory the program really is in, if the others are there too.
fn complete_directory_of(initdb: &Path) -> Option<PathBuf> {
    let directory = fs::canonicalize(initdb).ok()?.parent()?.to_path_buf();
    PROGRAMS
        .iter()
        .all(|program| directory.join(program).is_file())
        .then_some(directory)
}

/// Complete directories right below `parent`, each with its version.
fn versions_below(parent: &Path) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(version) = version_of(&entry.file_name().to_string_lossy()) else {
            continue;
        };
        let inside = [entry.path().join("bin/initdb"), entry.path().join("initdb")];
        found.extend(
            inside
                .iter()
                .find_map(|initdb| complete_directory_of(initdb))
                .map(|directory| (version, directory)),
        );
    }
    found
}

/// `15`, `pgsql-16`, `postgresql@17`, `postgresql17`; a bare `postgresql` counts as older than any number.
fn version_of(name: &str) -> Option<u32> {
    let digits = name
        .trim_start_matches("postgresql")
        .trim_start_matches("pgsql")
        .trim_start_matches(['@', '-']);
    if digits.is_empty() {
        (name == "postgresql").then_some(0)
    } else {
        digits.split('.').next()?.parse().ok()
    }
}

fn newest(mut found: Vec<(u32, PathBuf)>) -> Option<PathBuf> {
    found.sort();
    found.pop().map(|(_, directory)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn programs(directory: &Path, names: &[&str]) {
        fs::create_dir_all(directory).unwrap();
        for name in names {
            fs::write(directory.join(name), "").unwrap();
        }
    }

    #[test]
    fn versions_are_read_from_names() {
        for (name, version) in [
            ("15", Some(15)),
            ("9.6", Some(9)),
            ("pgsql-16", Some(16)),
            ("postgresql@17", Some(17)),
            ("postgresql18", Some(18)),
            ("postgresql", Some(0)),
            ("python3", None),
            ("bin", None),
        ] {
            assert_eq!(version_of(name), version, "{name}");
        }
    }

    #[test]
    fn the_newest_complete_version_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(dir.path()).unwrap();
        programs(&top.join("9.6/bin"), PROGRAMS);
        programs(&top.join("15/bin"), PROGRAMS);
        programs(&top.join("17/bin"), &["initdb", "pg_ctl"]);
        assert_eq!(newest(versions_below(&top)), Some(top.join("15/bin")));
        assert_eq!(newest(versions_below(&top.join("absent"))), None);
    }

    #[test]
    fn a_stray_link_leads_to_its_siblings_or_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(dir.path()).unwrap();
        programs(&top.join("real"), PROGRAMS);
        programs(&top.join("stray"), &["initdb"]);
        symlink(top.join("real/initdb"), top.join("initdb")).unwrap();
        assert_eq!(
            complete_directory_of(&top.join("initdb")),
            Some(top.join("real"))
        );
        assert_eq!(complete_directory_of(&top.join("stray/initdb")), None);
    }
}
