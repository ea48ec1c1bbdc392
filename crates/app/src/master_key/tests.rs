//! What becomes of each combination of key and store.

use std::{ffi::OsString, fs};

use tenantry_crypto::Vault;
use tenantry_domain::{
    SecretText,
    ports::{MockKeyringRepository, MockOrganizationRepository, SecretKind},
};

use super::*;
use crate::config::{self, Flags};

fn config(data_dir: &Path, master_key: Option<&MasterKey>) -> Config {
    let flags = Flags {
        data_dir: Some(data_dir.display().to_string()),
        ..Flags::default()
    };
    let (mut config, _) = config::load(&flags, Vec::<(OsString, OsString)>::new()).unwrap();
    config.master_key = master_key.map(|key| SecretText::new(key.to_text().as_str()));
    config
}

/// A store that was initialized with `key`, or is new.
fn keyring(key: Option<&MasterKey>) -> MockKeyringRepository {
    let sentinel = key.map(|key| vault(copy(key)).sentinel());
    let mut keyring = MockKeyringRepository::new();
    keyring
        .expect_sentinel()
        .returning(move || Ok(sentinel.clone()));
    keyring
        .expect_record_sentinel()
        .returning(|sentinel| Ok(sentinel.clone()));
    keyring
}

fn organizations(customers: u64) -> MockOrganizationRepository {
    let mut organizations = MockOrganizationRepository::new();
    organizations.expect_find_system().returning(|| Ok(None));
    organizations
        .expect_count_customers()
        .returning(move |_| Ok(customers));
    organizations
}

fn vault(key: MasterKey) -> Vault {
    Vault::new(&Keyring::new(key))
}

fn copy(key: &MasterKey) -> MasterKey {
    MasterKey::parse(&key.to_text()).unwrap()
}

fn message(failure: &Failure) -> (bool, String) {
    (
        matches!(failure, Failure::Usage(_)),
        failure.error().to_string(),
    )
}

#[tokio::test]
async fn a_new_store_gets_a_new_key_and_later_starts_find_it() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), None);
    let first = unlock(&config, &keyring(None), &organizations(0))
        .await
        .unwrap();
    let made = Keyring::read_file(directory.path().join("master.key")).unwrap();
    let again = unlock(&config, &keyring(Some(made.current())), &organizations(1))
        .await
        .unwrap();
    let issued = first.vault.issue(SecretKind::User);
    assert_eq!(again.vault.reveal(&issued.stored), Ok(issued.clear));
}

#[tokio::test]
async fn a_new_store_takes_the_key_at_hand() {
    let directory = tempfile::tempdir().unwrap();
    let key = MasterKey::generate();
    let keys = unlock(
        &config(directory.path(), Some(&key)),
        &keyring(None),
        &organizations(0),
    )
    .await
    .unwrap();
    assert_eq!(keys.vault.sentinel().key_id, key.id());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_missing_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let key = MasterKey::generate();
    let failure = unlock(
        &config(directory.path(), None),
        &keyring(Some(&key)),
        &organizations(1),
    )
    .await
    .unwrap_err();
    let expected = format!(
        "the master key is missing: the store was initialized with the key {}; put that key into the file {} (mode 0600) \
         or into TENANTRY_MASTER_KEY. No new key is made for a store that was initialized before, because its secrets \
         could not be read with it",
        key.id(),
        directory.path().join("master.key").display()
    );
    assert_eq!(message(&failure), (true, expected));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (right, wrong) = (MasterKey::generate(), MasterKey::generate());
    let config = config(directory.path(), Some(&wrong));
    let failure = unlock(&config, &keyring(Some(&right)), &organizations(1))
        .await
        .unwrap_err();
    let (right, wrong) = (right.id(), wrong.id());
    let expected = format!(
        "the master key is wrong: the store was initialized with the key {right}, but the environment variable \
         TENANTRY_MASTER_KEY holds the key {wrong}; put the key {right} there, or name the store that the key {wrong} \
         belongs to"
    );
    assert_eq!(message(&failure), (true, expected));
}

#[tokio::test]
async fn another_key_of_the_same_id_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let right = MasterKey::generate();
    let text = right.to_text();
    let (head, tail) = text.rsplit_once(':').unwrap();
    let turned: String = tail
        .chars()
        .map(|c| if c == 'A' { 'B' } else { 'A' })
        .collect();
    let turned = MasterKey::parse(&format!("{head}:{turned}"))
        .unwrap_or_else(|_| MasterKey::parse(&format!("{head}:{}", "A".repeat(43))).unwrap());
    let config = config(directory.path(), Some(&turned));
    let failure = unlock(&config, &keyring(Some(&right)), &organizations(1))
        .await
        .unwrap_err();
    let id = right.id();
    let expected = format!(
        "the master key is wrong: the environment variable TENANTRY_MASTER_KEY holds a key with the id of the store's key, \
         {id}, but it is another key, or the store is damaged; bring the key {id} back from a backup"
    );
    assert_eq!(message(&failure), (true, expected));
}

#[tokio::test]
async fn a_store_with_data_that_forgot_its_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let failure = unlock(
        &config(directory.path(), None),
        &keyring(None),
        &organizations(1),
    )
    .await
    .unwrap_err();
    let expected =
        "the store has organizations, but no record of its master key: it is damaged; restore it from a backup".to_owned();
    assert_eq!(message(&failure), (false, expected));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_second_of_two_nodes_that_initialize_one_store_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let theirs = MasterKey::generate();
    let sentinel = vault(copy(&theirs)).sentinel();
    let mut keyring = MockKeyringRepository::new();
    keyring.expect_sentinel().returning(|| Ok(None));
    keyring
        .expect_record_sentinel()
        .returning(move |_| Ok(sentinel.clone()));
    let failure = unlock(&config(directory.path(), None), &keyring, &organizations(0))
        .await
        .unwrap_err();
    let expected = format!(
        "another node initialized the store at the same moment, with the master key {}; put that node's key into the file \
         {} (mode 0600) or into TENANTRY_MASTER_KEY, and start again",
        theirs.id(),
        directory.path().join("master.key").display()
    );
    assert_eq!(message(&failure), (true, expected));
    // The key that was made for nothing is gone.
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn two_processes_that_share_a_directory_share_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("master.key");
    let (first, created) = create(&file).await.unwrap();
    assert!(created);
    let (second, created) = create(&file).await.unwrap();
    assert!(!created);
    assert_eq!(first.current().id(), second.current().id());
}

#[tokio::test]
async fn a_former_key_opens_a_store_whose_rotation_was_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (MasterKey::generate(), MasterKey::generate());
    let mut config = config(directory.path(), None);
    let text = format!("{},{}", *new.to_text(), *old.to_text());
    config.master_key = Some(SecretText::new(text));
    let keys = unlock(&config, &keyring(Some(&old)), &organizations(1))
        .await
        .unwrap();
    assert_eq!(keys.vault.current_key(), new.id());
    let issued = vault(copy(&old)).issue(SecretKind::User);
    assert_eq!(keys.vault.reveal(&issued.stored), Ok(issued.clear));
}

#[tokio::test]
async fn commands_that_look_after_a_store_initialize_none() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), None);
    let failure = unlock_initialized(&config, &keyring(None))
        .await
        .unwrap_err();
    let expected =
        "the store is new: nothing was sealed in it yet. `tenantry serve` initializes it"
            .to_owned();
    assert_eq!(message(&failure), (true, expected));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
