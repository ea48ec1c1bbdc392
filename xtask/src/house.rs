//! `cargo xtask house`: rules about source files that no lint of the compiler covers. Reads text line by line; it does not parse Rust, so
//! a forbidden word is forbidden in comments and strings too.

use std::path::Path;

use anyhow::{Result, bail};

use crate::sources::{self, Source};

/// Lines of non-test code that no file passes, and from which on a file needs a reason.
const MOST_LINES: usize = 600;
const MANY_LINES: usize = 400;

/// Written in two halves, because this file is checked as well.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("FIX", "ME"),
];
const ALLOW: &str = concat!("[al", "low(");
const IGNORE: &str = concat!("#[ig", "nore");
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// Words of SQL, HTTP and JSON, which `domain` does not speak.
const NOT_IN_DOMAIN: &[&str] = &[
    "sqlx",
    "rusqlite",
    "axum",
    "reqwest",
    "serde_json",
    "SELECT ",
];

pub(crate) fn run() -> Result<()> {
    let sources = sources::read_all()?;
    let faults: Vec<String> = sources.iter().flat_map(check).collect();
    for source in sources.iter().filter(|source| is_code(&source.path)) {
        let lines = code_lines(&source.text);
        if (MANY_LINES + 1..=MOST_LINES).contains(&lines) {
            println!(
                "house: note: {} has {lines} lines of code; past {MANY_LINES} a file needs a reason",
                source.path
            );
        }
    }
    if !faults.is_empty() {
        bail!(
            "{} fault(s) against the rules of the house:\n  {}",
            faults.len(),
            faults.join("\n  ")
        );
    }
    println!("house: {} files keep the rules", sources.len());
    Ok(())
}

fn check(source: &Source) -> Vec<String> {
    let mut faults = forbidden(
        source,
        MACHINE_PATHS,
        starts_a_path,
        "is a path of one machine",
    );
    if !is_rust(&source.path) {
        return faults;
    }
    faults.extend(forbidden(
        source,
        UNFINISHED,
        starts_a_word,
        "says that something is unfinished",
    ));
    faults.extend(forbidden(
        source,
        &[ALLOW],
        |before| before.is_some_and(|c| c == '#' || c == '!'),
        "hides a lint: write #[expect(…, reason = \"…\")]",
    ));
    faults.extend(forbidden(source, &[IGNORE], |_| true, "skips a test"));
    if is_code(&source.path) {
        if !opens_with_docs(&source.text) {
            faults.push(format!(
                "{}:1: does not start with `//!` lines that say what the file is for",
                source.path
            ));
        }
        let lines = code_lines(&source.text);
        if !is_test_module(&source.path) && lines > MOST_LINES {
            faults.push(format!(
                "{}: has {lines} lines of code, {MOST_LINES} at most",
                source.path
            ));
        }
    }
    if source.path.starts_with("crates/domain/src/") {
        faults.extend(forbidden(
            source,
            NOT_IN_DOMAIN,
            starts_a_word,
            "is a word the domain does not know",
        ));
    }
    if source.path.starts_with("crates/domain/src/ceql") {
        faults.extend(foreign_imports(source));
    }
    faults
}

/// One fault for each line that has one of the words, where the character before the word lets it count.
fn forbidden(
    source: &Source,
    words: &[&str],
    counts_after: fn(Option<char>) -> bool,
    why: &str,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        for word in words {
            if line
                .match_indices(word)
                .any(|(at, _)| counts_after(line[..at].chars().next_back()))
            {
                faults.push(format!(
                    "{}:{number}: `{}` {why}",
                    source.path,
                    word.trim_end()
                ));
            }
        }
    }
    faults
}

fn starts_a_word(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

/// `crates/x/` or `$DIR/x/` go through a directory of that name; they do not start at the top of the machine.
fn starts_a_path(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric() && !"_-.})]*".contains(c))
}

/// `ceql` could leave the domain crate as it is: it imports nothing else from there.
fn foreign_imports(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        let leaves = line.match_indices("crate::").any(|(at, word)| {
            let is_path =
                starts_a_word(line[..at].chars().next_back()) && !line[..at].ends_with('$');
            is_path && !line[at + word.len()..].starts_with("ceql")
        });
        if leaves {
            faults.push(format!(
                "{}:{number}: `ceql` imports nothing else from `domain`",
                source.path
            ));
        }
    }
    faults
}

/// Code of a crate, of this program or of the fuzzer: what has size and head rules.
fn is_code(path: &str) -> bool {
    let in_crate = path
        .strip_prefix("crates/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, rest)| rest.starts_with("src/"));
    let beside_them = ["xtask/src/", "fuzz/src/"]
        .iter()
        .any(|directory| path.starts_with(directory));
    is_rust(path) && (in_crate || beside_them)
}

fn is_rust(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// A file that exists for tests only: `foo/tests.rs`, or anything below `foo/tests/`.
fn is_test_module(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/src/") && path.contains("/tests/")
}

/// `//!` first, save inner attributes.
fn opens_with_docs(text: &str) -> bool {
    let mut in_attribute = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("//!") || line.starts_with("#![doc") {
            return true;
        }
        if line.is_empty() || in_attribute || line.starts_with("#![") {
            in_attribute =
                !line.is_empty() && !line.ends_with(']') || in_attribute && line.is_empty();
            continue;
        }
        return false;
    }
    false
}

/// Lines before the test module, which is the last thing in a file.
fn code_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |at: usize| {
        lines[at] == "#[cfg(test)]"
            && lines[at + 1..]
                .iter()
                .find(|line| !line.starts_with("#["))
                .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    (0..lines.len())
        .find(|at| opens_tests(*at))
        .unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        check(&Source {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn files_open_with_their_purpose() {
        for text in [
            "//! It.\n",
            "#![expect(x, reason = \"y\")]\n//! It.\n",
            "#![cfg_attr(\n    x,\n    y\n)]\n\n//! It.\n",
            "#![doc = include_str!(\"x\")]\n",
        ] {
            assert_eq!(
                faults("crates/x/src/lib.rs", text),
                Vec::<String>::new(),
                "{text}"
            );
        }
        for text in ["", "use x;\n//! It.\n", "// It.\n"] {
            assert_eq!(
                faults("crates/x/src/lib.rs", text),
                [
                    "crates/x/src/lib.rs:1: does not start with `//!` lines that say what the file is for"
                ],
                "{text}"
            );
        }
        assert_eq!(
            faults("crates/x/tests/it.rs", "use x;\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn long_files_are_refused_and_tests_do_not_count() {
        let code = format!("//! It.\n{}", "x\n".repeat(600));
        assert_eq!(
            faults("xtask/src/x.rs", &code),
            ["xtask/src/x.rs: has 601 lines of code, 600 at most"]
        );
        assert_eq!(faults("xtask/src/x/tests.rs", &code), Vec::<String>::new());
        let tests = format!(
            "//! It.\n#[cfg(test)]\n#[expect(x)]\nmod tests {{\n{}}}\n",
            "x\n".repeat(600)
        );
        assert_eq!(faults("xtask/src/x.rs", &tests), Vec::<String>::new());
        assert_eq!(code_lines(&tests), 1);
        assert_eq!(
            code_lines("//! It.\n#[cfg(test)]\nmod tests;\nfn x() {}\n"),
            4
        );
    }

    #[test]
    fn unfinished_work_hidden_lints_and_skipped_tests_are_named() {
        let text = format!(
            "//! It.\n// {}\n{}()\n#{}dead_code)]\n#!{}dead_code)]\n{}]\n",
            UNFINISHED[2], UNFINISHED[0], ALLOW, ALLOW, IGNORE
        );
        assert_eq!(
            faults("crates/x/src/a.rs", &text),
            [
                format!(
                    "crates/x/src/a.rs:2: `{}` says that something is unfinished",
                    UNFINISHED[2]
                ),
                format!(
                    "crates/x/src/a.rs:3: `{}` says that something is unfinished",
                    UNFINISHED[0]
                ),
                format!(
                    "crates/x/src/a.rs:4: `{ALLOW}` hides a lint: write #[expect(…, reason = \"…\")]"
                ),
                format!(
                    "crates/x/src/a.rs:5: `{ALLOW}` hides a lint: write #[expect(…, reason = \"…\")]"
                ),
                format!("crates/x/src/a.rs:6: `{IGNORE}` skips a test"),
            ]
        );
    }

    #[test]
    fn the_domain_speaks_no_sql_http_or_json() {
        let text = "//! It.\nuse serde_json::Value;\nlet my_axum = 1;\n// SELECTED\n// SELECT 1\n";
        let why = "is a word the domain does not know";
        assert_eq!(
            faults("crates/domain/src/a.rs", text),
            [
                format!("crates/domain/src/a.rs:2: `serde_json` {why}"),
                format!("crates/domain/src/a.rs:5: `SELECT` {why}")
            ]
        );
        assert_eq!(faults("crates/wire/src/a.rs", text), Vec::<String>::new());
    }

    #[test]
    fn ceql_stands_alone() {
        let text = "//! It.\nuse crate::ceql::Expr;\nuse crate::user::User;\nx!($crate::y);\npub(crate) use self::z;\n";
        assert_eq!(
            faults("crates/domain/src/ceql/a.rs", text),
            ["crates/domain/src/ceql/a.rs:3: `ceql` imports nothing else from `domain`"]
        );
        assert_eq!(
            faults("crates/domain/src/user.rs", text),
            Vec::<String>::new()
        );
    }

    #[test]
    fn paths_of_one_machine_are_named_in_any_file() {
        let path = MACHINE_PATHS[0];
        assert_eq!(
            faults("README.md", &format!("cd {path}main\n")),
            [format!("README.md:1: `{path}` is a path of one machine")]
        );
        assert_eq!(
            faults("README.md", &format!("`crates{path}x` and $DIR{path}\n")),
            Vec::<String>::new()
        );
    }
}
