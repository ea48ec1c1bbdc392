//! `tenantry migrate`, stores of later releases, and stores that are not there.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
};

use serde_json::{Value, json};

use crate::support::{Server, Store, store::bare_command};

on_both_stores! {
    migrating_is_done_once => once;
    the_store_of_a_later_release_is_refused => later_release;
}

async fn once(store: Store) {
    let migrate = |expected: bool| {
        let output = store.run(&["migrate", "--json"]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["migrated"], json!(expected));
    };
    migrate(true);
    migrate(false);
    // It makes no key and no organization.
    assert!(!store.key_file().exists());
    let server = Server::start(&store);
    assert_eq!(server.report()["firstOrganization"]["organizationId"], 2);
}

async fn later_release(store: Store) {
    Server::start(&store).stop();
    let expected = if let Some(database) = store.database() {
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                         VALUES (99, 'later', true, '\\x00', 0)";
        database.execute(later).await;
        "error: the schema of the database is newer than this binary: it has the migration 99, "
            .to_owned()
    } else {
        // The schema version is the user_version of the file's header.
        let mut file = File::options()
            .write(true)
            .open(store.sqlite_file())
            .unwrap();
        file.seek(SeekFrom::Start(60)).unwrap();
        file.write_all(&99_u32.to_be_bytes()).unwrap();
        format!(
            "error: '{}' has schema version 99, ",
            store.sqlite_file().display()
        )
    };
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
        let output = store.run(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.lines().any(|line| line.starts_with(&expected)),
            "{said}"
        );
        assert_eq!(output.stdout, b"");
    }
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let url = "postgres://u:pa55word@127.0.0.1:1/nowhere";
    let output = bare_command(&["migrate", "--database-url", url, "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("error: cannot connect to PostgreSQL at 127.0.0.1:1, database nowhere\n"),
        "{said}"
    );
    assert!(!said.contains("pa55word"), "{said}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "remember the milk\n".repeat(100)).unwrap();
    let url = format!("sqlite://{}", path.display());
    let output = bare_command(&["serve", "--database-url", &url, "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected = format!(
        "error: '{}' is not a SQLite database: choose another path, or restore the file from a backup",
        path.display()
    );
    assert_eq!(said.lines().last(), Some(expected.as_str()));

    let url = format!("sqlite://{}", directory.path().display());
    let output = bare_command(&["serve", "--database-url", &url, "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("is a directory: name a file in it"), "{said}");
}
