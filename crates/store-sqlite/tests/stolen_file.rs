//! What a thief of the database file finds: no secret in clear, and nothing of what was erased.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use tenantry_domain::{Scope, UserDraft, ports::SecretVault as _};
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::{
    PlainVault,
    samples::{change, organization_draft, password_hash, user_draft},
};

/// The bytes of the database file and of what stands beside it.
fn bytes(directory: &Path) -> Vec<u8> {
    let files = directory
        .read_dir()
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.flatten().collect()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn secrets_are_not_there_in_clear_and_erased_hashes_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let config = SqliteConfig::at(directory.path().join("tenantry.db"));
    let store = SqliteStore::open(config.clone()).await.unwrap();
    store.migrate().await.unwrap();
    let shire = store
        .repositories()
        .organizations
        .create(&organization_draft("Shire"), &change())
        .await
        .unwrap();
    let vault = PlainVault::new();
    let issued = vault.issue(tenantry_domain::ports::SecretKind::User);
    let draft = UserDraft {
        password: Some(password_hash("one-ring-to-rule")),
        secret: issued.stored.clone(),
        ..user_draft(shire.account.id, "frodo@shire.example")
    };
    let (organization, users) = (shire.organization.id, store.repositories().users);
    let frodo = users.create(organization, &draft, &change()).await.unwrap();
    let found = bytes(directory.path());
    assert!(contains(&found, b"frodo@shire.example"));
    assert!(contains(&found, &issued.stored.sealed.bytes));
    for clear in [issued.clear.expose(), "to_Shire", "tu_admin@shire.example"] {
        assert!(!contains(&found, clear.as_bytes()), "{clear}");
    }

    assert!(
        users
            .delete(
                &Scope::organization(organization),
                frodo.id,
                None,
                &change()
            )
            .await
            .unwrap()
    );
    store.close().await;
    let found = bytes(directory.path());
    assert!(
        contains(&found, b"frodo@shire.example"),
        "the audit record stays"
    );
    assert!(!contains(&found, b"one-ring-to-rule"));
    assert!(!contains(&found, &issued.stored.sealed.bytes));
}
