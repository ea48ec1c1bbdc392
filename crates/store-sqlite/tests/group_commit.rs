//! Writes that wait together are committed together, and answered each by itself.

use std::{
    pin::Pin,
    task::{Context, Waker},
};

use rusqlite::Connection;
use tenantry_domain::{
    AuditField, Entity, Scope, User,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::RepositoryError,
};
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::samples::{change, organization_draft, user_draft};

type Creation<'a> = Pin<Box<dyn Future<Output = Result<User, RepositoryError>> + Send + 'a>>;

#[tokio::test]
async fn users_created_at_the_same_moment_share_a_commit_and_a_refused_one_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tenantry.db");
    let store = SqliteStore::open(SqliteConfig::at(&path)).await.unwrap();
    store.migrate().await.unwrap();
    let repositories = store.repositories();
    let shire = repositories
        .organizations
        .create(&organization_draft("Shire"), &change())
        .await
        .unwrap();
    let organization = shire.organization.id;

    // Number 7 and number 13 want the same e-mail.
    let drafts: Vec<_> = (0..50)
        .map(|number| if number == 13 { 7 } else { number })
        .map(|number| user_draft(shire.account.id, &format!("hobbit{number}@shire.example")))
        .collect();
    let change = change();
    let before = store.commits();
    // While somebody else has the file, all of them come to wait.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut creations: Vec<Creation<'_>> = Vec::new();
    for draft in &drafts {
        let mut creation = repositories.users.create(organization, draft, &change);
        assert!(
            creation
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        creations.push(creation);
    }
    other.execute_batch("COMMIT").unwrap();

    let mut refused = Vec::new();
    for (number, creation) in creations.into_iter().enumerate() {
        match creation.await {
            Ok(user) => assert_eq!(user.email, drafts[number].email),
            Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "email",
            }) => refused.push(number),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(refused, [13]);
    assert_eq!(store.commits() - before, 1);

    let scope = Scope::organization(organization);
    let request = PageRequest::first(200);
    let users = repositories
        .users
        .list(&scope, &Filter::All, &Sort::by_id(), &request)
        .await
        .unwrap();
    assert_eq!(users.items.len(), 1 + 49);
    let log = Filter::<AuditField>::All;
    let records = repositories
        .audit
        .list(&scope, &log, &Sort::by_id(), &request)
        .await
        .unwrap();
    assert_eq!(records.items.len(), 3 + 49);
}
