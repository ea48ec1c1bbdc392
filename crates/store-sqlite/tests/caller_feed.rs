//! What a server learns of what others do to its file.
#![expect(clippy::unwrap_used, reason = "tests")]

use rusqlite::Connection;
use tenantry_domain::ports::FeedEvent;
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::samples::{change, organization_draft};

/// A store, and its file.
async fn store() -> (SqliteStore, tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tenantry.db");
    let store = SqliteStore::open(SqliteConfig::at(&path)).await.unwrap();
    store.migrate().await.unwrap();
    (store, directory, path)
}

#[tokio::test]
async fn a_change_by_another_program_is_told_and_a_change_of_its_own_is_not() {
    let (store, _directory, path) = store().await;
    let feed = store.caller_feed();
    // The first look has nothing to compare with.
    assert_eq!(feed.next().await, FeedEvent::Lost);
    assert_eq!(feed.next().await, FeedEvent::Current);
    let organizations = store.repositories().organizations;
    let (draft, change) = (organization_draft("Shire"), change());
    organizations.create(&draft, &change).await.unwrap();
    assert_eq!(feed.next().await, FeedEvent::Current);
    let other = Connection::open(&path).unwrap();
    other.execute("UPDATE users SET active = 0", []).unwrap();
    assert_eq!(feed.next().await, FeedEvent::Lost);
    assert_eq!(feed.next().await, FeedEvent::Current);
}

#[tokio::test]
async fn a_file_that_cannot_be_looked_at_is_not_current() {
    let (store, _directory, _path) = store().await;
    let feed = store.caller_feed();
    assert_eq!(feed.next().await, FeedEvent::Lost);
    assert_eq!(feed.next().await, FeedEvent::Current);
    store.close().await;
    assert_eq!(feed.next().await, FeedEvent::Lost);
    assert_eq!(feed.next().await, FeedEvent::Lost);
}
