//! The text files of the repository, as the rules of the house see them. Judges nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

pub(crate) struct Source {
    /// Relative to the top of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file that is in the repository or would be added to it.
pub(crate) fn read_all() -> Result<Vec<Source>> {
    let root = process::root();
    let mut sources = Vec::new();
    for path in paths(&root)? {
        // Files that git knows but somebody deleted, and files that are not text, have nothing to check.
        let Ok(bytes) = fs::read(root.join(&path)) else {
            continue;
        };
        if let Ok(text) = String::from_utf8(bytes) {
            sources.push(Source { path, text });
        }
    }
    Ok(sources)
}

fn paths(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ])
    .current_dir(root);
    if let Ok(listed) = process::output(&mut git) {
        let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
        paths.sort();
        // A path in conflict is listed once for each side.
        paths.dedup();
        return Ok(paths);
    }
    // Sources unpacked from an archive, or a machine without git.
    let mut paths = Vec::new();
    walk(root, root, &mut paths)?;
    paths.sort();
    Ok(paths)
}

fn walk(root: &Path, directory: &Path, paths: &mut Vec<String>) -> Result<()> {
    for entry in
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?
    {
        let path: PathBuf = entry?.path();
        if path.is_symlink() {
            continue;
        }
        let ignored = path
            .file_name()
            .is_some_and(|name| name == ".git" || name == "target" || name == "tenantry-data");
        if path.is_dir() && !ignored {
            walk(root, &path, paths)?;
        } else if path.is_file() {
            paths.push(
                path.strip_prefix(root)?
                    .to_string_lossy()
                    .replace('\\', "/"),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_without_git_is_walked() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "a.rs",
            "crates/x/src/lib.rs",
            "target/debug/out.rs",
            ".git/HEAD",
        ] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut paths = Vec::new();
        walk(dir.path(), dir.path(), &mut paths).unwrap();
        paths.sort();
        assert_eq!(paths, ["a.rs", "crates/x/src/lib.rs"]);
    }

    #[test]
    fn this_file_is_among_the_sources() {
        assert!(
            read_all()
                .unwrap()
                .iter()
                .any(|source| source.path == "xtask/src/sources.rs")
        );
    }
}
