//! The configuration as its users meet it: files, variables, flags, and what is said about mistakes.

use std::{fs, process::Output};

use serde_json::{Value, json};

use crate::support::{Server, Store, store::bare_command};

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn mistakes_are_named_before_anything_is_done() {
    let store = Store::sqlite();
    let file = store.data_dir().with_file_name("mistakes.toml");
    fs::write(&file, "[limits]\nbody_byte = 1\nbody_timeout_seconds = 0\n").unwrap();
    let output = store
        .command(&["serve", "--config"])
        .arg(&file)
        .env("TENANTRY_LITSEN", "x")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = said(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let known = "error: the configuration is wrong: unknown environment variable TENANTRY_LITSEN; known are TENANTRY_DATA_DIR, ";
    assert!(lines[0].starts_with(known), "{text}");
    assert_eq!(
        lines[1],
        format!(
            "  and: unknown option 'limits.body_byte' in the file {}; the section [limits] knows body_bytes, \
             header_timeout_seconds, body_timeout_seconds, write_timeout_seconds, connections, shutdown_seconds, \
             failed_attempts, failed_attempts_seconds",
            file.display()
        )
    );
    assert_eq!(
        lines[2],
        format!(
            "  and: limits.body_timeout_seconds must be a whole number from 1 to 3600, not 0 (file {})",
            file.display()
        )
    );
    assert!(!store.data_dir().exists());
}

#[test]
fn flags_win_over_variables_and_those_over_the_file() {
    let store = Store::sqlite();
    fs::create_dir(store.data_dir()).unwrap();
    let file = store.data_dir().join("tenantry.toml");
    fs::write(
        &file,
        "listen = '127.0.0.1:1'\nlog = 'warn'\n[sqlite]\nreaders = 3\n",
    )
    .unwrap();
    let mut command = store.command(&["config", "print", "--json", "--log", "debug"]);
    let output = command
        .env("TENANTRY_LISTEN", "127.0.0.1:2")
        .env("TENANTRY_LOG", "error")
        .output()
        .unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (key, value, source) in [
        ("log", json!("debug"), "--log".to_owned()),
        (
            "listen",
            json!("127.0.0.1:2"),
            "environment TENANTRY_LISTEN".to_owned(),
        ),
        (
            "sqlite.readers",
            json!(3),
            format!("file {}", file.display()),
        ),
        ("limits.body_bytes", json!(1_048_576), "default".to_owned()),
    ] {
        assert_eq!(
            printed[key],
            json!({"value": value, "source": source}),
            "{key}"
        );
    }
}

#[test]
fn no_password_is_printed() {
    let url = "postgres://tenantry:pa55word@db.example.org:5432/tenantry?sslmode=require";
    let expected = "postgres://tenantry:********@db.example.org:5432/tenantry?sslmode=require";
    let key = "tenantry-master-key:v1:00112233-4455-4677-8899-aabbccddeeff:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let print = |arguments: &[&str]| {
        let output = bare_command(arguments)
            .env("TENANTRY_DATABASE_URL", url)
            .env("TENANTRY_MASTER_KEY", key)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let text =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(
            !text.contains("pa55word") && !text.contains("AAECAwQF"),
            "{text}"
        );
        text
    };
    let text = print(&["config", "print"]);
    let line = format!("database_url = \"{expected}\" # environment TENANTRY_DATABASE_URL");
    assert_eq!(text.lines().nth(1), Some(line.as_str()));
    let json: Value = serde_json::from_str(&print(&["config", "print", "--json"])).unwrap();
    assert_eq!(json["database_url"]["value"], expected);
}

#[test]
fn the_commented_file_is_one_to_start_from() {
    let store = Store::sqlite();
    let output = store.run(&["config", "print", "--defaults"]);
    assert_eq!(output.status.code(), Some(0));
    fs::create_dir(store.data_dir()).unwrap();
    fs::write(store.data_dir().join("tenantry.toml"), &output.stdout).unwrap();
    Server::start(&store).stop();
}

#[test]
fn the_command_line_is_refused_with_2() {
    for arguments in [
        &["serve", "--lissten", "x"][..],
        &["org"],
        &["nonsense"],
        &["--listen", "127.0.0.1:0", "migrate"],
    ] {
        let output = bare_command(arguments).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
    let output = bare_command(&["--listen", "127.0.0.1:0", "--json", "migrate"])
        .output()
        .unwrap();
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(
        error,
        json!({"error": "--listen belongs to the command serve: leave it out", "causes": []})
    );
}

#[test]
fn json_errors_name_the_argument() {
    for (arguments, expected) in [
        (
            &["org", "create", "--json", "--name", "A"][..],
            "the following required arguments were not provided: --admin-email <E-MAIL>, --admin-first-name <NAME>, \
             --admin-last-name <NAME>",
        ),
        (
            &["serve", "--json", "--lissten", "x"],
            "unexpected argument '--lissten' found; tip: a similar argument exists: '--listen'",
        ),
        (
            &["--json", "serve", "--listen"],
            "a value is required for '--listen <ADDRESS:PORT>' but none was supplied",
        ),
        (
            &["--json", "org"],
            "a command is missing; --help lists those there are",
        ),
    ] {
        let output = bare_command(arguments).output().unwrap();
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error, json!({"error": expected, "causes": []}));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_misspelt_path_creates_no_directories() {
    let store = Store::sqlite();
    let directory = store.data_dir().with_file_name("misspelt");
    for command in ["serve", "migrate"] {
        let url = format!("sqlite://{}", directory.join("deeper/t.db").display());
        let output = store
            .command(&[command, "--json"])
            .env("TENANTRY_DATABASE_URL", url)
            .output()
            .unwrap();
        let lines = said(&output);
        let error: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        let deeper = directory.join("deeper");
        assert_eq!(
            error["error"],
            format!(
                "database_url names the file {}, but there is no directory {}: create it for the server's user, or put the \
                 path right",
                deeper.join("t.db").display(),
                deeper.display()
            )
        );
        assert_eq!(output.status.code(), Some(2));
        assert!(!directory.exists() && !store.data_dir().exists());
    }
}

#[test]
fn every_help_shows_an_example_and_ends_with_0() {
    for command in [
        &["--help"][..],
        &["serve", "--help"],
        &["org", "create", "--help"],
        &["migrate", "--help"],
        &["config", "print", "--help"],
    ] {
        let output = bare_command(command).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("\nExample"),
            "{command:?}"
        );
    }
}
