//! The contract of the ports, on a database file of its own for each case.
#![expect(clippy::unwrap_used, reason = "tests")]

use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::Fresh;

async fn fresh() -> Fresh {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(SqliteConfig::at(directory.path().join("tenantry.db")))
        .await
        .unwrap();
    assert_eq!(store.migrate().await.unwrap(), 5);
    Fresh::new(store.repositories(), (store, directory))
}

tenantry_testkit::repository_suite!(fresh);
