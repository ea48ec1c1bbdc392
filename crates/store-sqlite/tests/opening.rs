//! Opening, migrating, closing and reopening the database file, and what is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{error::Error as _, fs, path::Path};

use rusqlite::Connection;
use tenantry_domain::{
    UserField,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::RepositoryError,
};
use tenantry_store_sqlite::{OpenError, Schema, SqliteConfig, SqliteStore};
use tenantry_testkit::samples::{change, organization_draft, user_draft};

async fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(SqliteConfig::at(path)).await
}

async fn migrated(path: &Path) -> SqliteStore {
    let store = open(path).await.unwrap();
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn a_new_file_has_to_be_migrated_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("tenantry.db")).await.unwrap();
    assert_eq!(
        store.schema().await.unwrap(),
        Schema {
            applied: 0,
            known: 5
        }
    );
    assert!(store.needs_migration().await.unwrap());
    assert!(matches!(
        store.ping().await,
        Err(RepositoryError::Unavailable { .. })
    ));
    assert_eq!(store.migrate().await.unwrap(), 5);
    assert_eq!(
        store.schema().await.unwrap(),
        Schema {
            applied: 5,
            known: 5
        }
    );
    assert_eq!(store.migrate().await.unwrap(), 0);
    store.ping().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tenantry.db");
    let store = migrated(&path).await;
    let created = store
        .repositories()
        .organizations
        .create(&organization_draft("Shire"), &change())
        .await
        .unwrap();
    store.close().await;

    let store = open(&path).await.unwrap();
    assert!(!store.needs_migration().await.unwrap());
    let found = store
        .repositories()
        .organizations
        .find(created.organization.id)
        .await
        .unwrap();
    assert_eq!(found, Some(created.organization));
}

#[tokio::test]
async fn two_processes_work_on_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tenantry.db");
    let (server, command_line) = (migrated(&path).await, migrated(&path).await);
    let shire = command_line
        .repositories()
        .organizations
        .create(&organization_draft("Shire"), &change())
        .await
        .unwrap();
    let (users, id) = (server.repositories().users, shire.organization.id);
    let mut drafts = Vec::new();
    for number in 0..20 {
        drafts.push(user_draft(
            shire.account.id,
            &format!("hobbit{number}@shire.example"),
        ));
    }
    for (draft, store) in drafts
        .iter()
        .zip([&server, &command_line].into_iter().cycle())
    {
        store
            .repositories()
            .users
            .create(id, draft, &change())
            .await
            .unwrap();
    }
    let scope = tenantry_domain::Scope::organization(id);
    let page = users
        .list(
            &scope,
            &Filter::<UserField>::All,
            &Sort::by_id(),
            &PageRequest::first(200),
        )
        .await
        .unwrap();
    assert_eq!(page.items.len(), 21);
}

#[cfg(unix)]
#[tokio::test]
async fn files_and_a_new_directory_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/tenantry.db");
    let store = migrated(&path).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["tenantry.db", "tenantry.db-wal", "tenantry.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
    store.close().await;
}

#[tokio::test]
async fn what_is_no_store_of_ours_is_refused_with_the_path_and_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().display();
    let path = |name: &str| directory.path().join(name);

    fs::write(
        path("letter.txt"),
        "Dear Bilbo, this is a letter and no database, however long it gets.".repeat(20),
    )
    .unwrap();
    Connection::open(path("browser.db"))
        .unwrap()
        .execute_batch("CREATE TABLE cookies (id INTEGER)")
        .unwrap();
    migrated(&path("future.db")).await.close().await;
    Connection::open(path("future.db"))
        .unwrap()
        .execute_batch("PRAGMA user_version = 6")
        .unwrap();

    for (name, expected) in [
        (
            "",
            format!(
                "'{here}/' is a directory: name a file in it, for example '{here}/tenantry.db'"
            ),
        ),
        (
            "letter.txt",
            format!(
                "'{here}/letter.txt' is not a SQLite database: choose another path, or restore the file from a backup"
            ),
        ),
        (
            "letter.txt/tenantry.db",
            format!(
                "the directory '{here}/letter.txt' cannot be created: create it for the server's user, or choose \
                 another path"
            ),
        ),
        (
            "browser.db",
            format!(
                "'{here}/browser.db' is a SQLite database of another program: choose another path"
            ),
        ),
        (
            "future.db",
            format!(
                "'{here}/future.db' has schema version 6, this program knows 5 at most: run the release that wrote \
                 it, or a later one"
            ),
        ),
    ] {
        let error = open(&path(name)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert!(
        fs::read(path("letter.txt"))
            .unwrap()
            .starts_with(b"Dear Bilbo")
    );
}

#[tokio::test]
async fn a_corrupt_row_is_told_with_its_table_and_id() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tenantry.db");
    let store = migrated(&path).await;
    let created = store
        .repositories()
        .organizations
        .create(&organization_draft("Shire"), &change())
        .await
        .unwrap();
    let vandal = Connection::open(&path).unwrap();
    vandal
        .execute_batch("UPDATE users SET email = 'no address'")
        .unwrap();
    let scope = tenantry_domain::Scope::organization(created.organization.id);
    let error = store
        .repositories()
        .users
        .find(&scope, created.admin.id)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the stored user {} is corrupt", created.admin.id)
    );
    assert_eq!(
        error.source().unwrap().to_string(),
        "must not contain blanks or control characters"
    );
    assert!(!error.is_retryable());

    vandal
        .execute_batch("UPDATE audit_records SET request_id = 'x' WHERE target = 'user'")
        .unwrap();
    let error = store
        .repositories()
        .audit
        .list(&scope, &Filter::All, &Sort::by_id(), &PageRequest::first(9))
        .await
        .unwrap_err();
    assert_eq!(
        error.source().unwrap().to_string(),
        "the stored audit record 3 is corrupt"
    );
}
