//! What a damaged file does not do: lose what it has left in silence.

use rusqlite::Connection;
use tenantry_domain::{AccountPatch, Entity, Scope, UserPatch, ports::RepositoryError};
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::samples;

#[tokio::test]
async fn an_instance_that_cannot_be_recorded_keeps_its_user() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tenantry.db");
    let store = SqliteStore::open(SqliteConfig::at(&path)).await.unwrap();
    store.migrate().await.unwrap();
    let repositories = store.repositories();
    let (users, change) = (&repositories.users, samples::change());
    let draft = samples::organization_draft("Shire");
    let shire = repositories.organizations.create(&draft, &change);
    let organization = shire.await.unwrap().organization.id;
    let draft = samples::account_draft("Buckland");
    let buckland = repositories.accounts.create(organization, &draft, &change);
    let buckland = buckland.await.unwrap().id;
    let draft = samples::user_draft(buckland, "merry@shire.example");
    let merry = users.create(organization, &draft, &change).await.unwrap();
    let draft = samples::instance_draft(merry.id, "sfdc", "of Merry");
    let created = repositories.instances.create(organization, &draft, &change);
    let of_merry = created.await.unwrap().id.get();
    let deleted = Connection::open(&path)
        .unwrap()
        .execute("DELETE FROM instance_secrets", []);
    assert_eq!(deleted.unwrap(), 1);

    let within = Scope::organization(organization);
    let deactivation = UserPatch {
        active: Some(false),
        discard_instances: true,
        ..UserPatch::default()
    };
    let emptying = AccountPatch {
        active: Some(false),
        erase_users: true,
        ..AccountPatch::default()
    };
    let erased = users.delete(&within, merry.id, None, &change).await;
    let changed = users.update(&within, merry.id, &deactivation, None, &change);
    let changed = changed.await;
    let accounts = &repositories.accounts;
    let emptied = accounts.update(&within, buckland, &emptying, None, &change);
    for failure in [erased.err(), changed.err(), emptied.await.err()] {
        assert!(
            matches!(&failure, Some(RepositoryError::Corrupt { entity: Entity::Instance, id, .. }) if *id == of_merry),
            "{failure:?}"
        );
    }
    let found = users.find(&within, merry.id).await;
    assert_eq!(found.unwrap(), Some(merry));
}
