//! What PostgreSQL adds to the contract of outages and of those who wait: limits, lost connections, locks.

use std::{collections::BTreeSet, time::Duration};

use sqlx::{AssertSqlSafe, Executor as _};
use tenantry_domain::{
    AccountPatch, Entity, RoleKey, Scope, UserDraft, UserPatch, ceql::Filter, page::Count,
    ports::RepositoryError,
};
use tenantry_store_postgres::PostgresConfig;
use tenantry_testkit::{run, samples};

use super::{Schema, raw, scope, shire, unavailable_because, until_blocked};

#[test]
fn a_statement_that_takes_too_long_is_given_up_by_the_server() {
    run(async {
        let schema = Schema::create().await;
        let limit = Some(Duration::from_millis(100));
        let store = schema
            .store(PostgresConfig {
                statement_timeout: limit,
                ..schema.config()
            })
            .await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        other
            .execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        let error = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap_err();
        assert_eq!(
            unavailable_because(&error),
            "PostgreSQL answers 57014: canceling statement due to statement timeout"
        );
        // Of what grows with the data the caller can do something about it.
        let all = scope(&shire);
        let counted = repositories.users.count(&all, &Filter::All, 10).await;
        assert!(matches!(counted, Err(RepositoryError::TooSlow { .. })));
        other.execute("ROLLBACK").await.unwrap();
        let found = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap();
        assert_eq!(found, Some(shire.admin.clone()));
    });
}

#[test]
fn an_operation_that_takes_too_long_is_given_up_and_its_connection_with_it() {
    run(async {
        let schema = Schema::create().await;
        let config = PostgresConfig {
            max_connections: 1,
            statement_timeout: None,
            operation_timeout: Duration::from_millis(500),
            ..schema.config()
        };
        let store = schema.store(config).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        other
            .execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        let error = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap_err();
        assert_eq!(
            unavailable_because(&error),
            "PostgreSQL did not answer in time"
        );
        other.execute("ROLLBACK").await.unwrap();
        let found = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap();
        assert_eq!(found, Some(shire.admin.clone()));
    });
}

#[test]
fn an_operation_that_nobody_waits_for_any_more_leaves_the_pool_usable() {
    run(async {
        let schema = Schema::create().await;
        let store = schema
            .store(PostgresConfig {
                max_connections: 1,
                ..schema.config()
            })
            .await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        other
            .execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        let (users, id, within) = (repositories.users.clone(), shire.admin.id, scope(&shire));
        let waiting = tokio::spawn(async move { users.find(&within, id).await });
        until_blocked(&mut observer, &schema).await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        other.execute("ROLLBACK").await.unwrap();
        let found = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap();
        assert_eq!(found, Some(shire.admin.clone()));
    });
}

#[test]
fn calls_succeed_after_the_server_has_ended_all_connections() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let within = scope(&shire);
        let id = shire.admin.id;
        let mut other = raw(&schema).await;
        for round in 0..3 {
            let reads = (0..20).map(|_| {
                let users = repositories.users.clone();
                tokio::spawn(async move { users.find(&within, id).await })
            });
            for read in reads.collect::<Vec<_>>() {
                assert!(read.await.unwrap().unwrap().is_some());
            }
            other
                .execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                     WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()",
                )
                .await
                .unwrap();
            match round {
                0 => assert!(
                    repositories
                        .users
                        .find(&within, id)
                        .await
                        .unwrap()
                        .is_some()
                ),
                // A transaction is repeated as long as its commit was not sent.
                1 => {
                    let patch = UserPatch {
                        first_name: Some(samples::name("Bilbo")),
                        ..UserPatch::default()
                    };
                    let patched = repositories
                        .users
                        .update(&within, id, &patch, None, &samples::change())
                        .await;
                    assert_eq!(patched.unwrap().unwrap().first_name, samples::name("Bilbo"));
                }
                // Of a single statement nobody knows whether it had effect: it fails at most once, and only so.
                _ => {
                    let draft = samples::user_draft(shire.account.id, "sam@shire.example");
                    let users = &repositories.users;
                    if let Err(error) = users
                        .create(shire.organization.id, &draft, &samples::change())
                        .await
                    {
                        unavailable_because(&error);
                        users
                            .create(shire.organization.id, &draft, &samples::change())
                            .await
                            .unwrap();
                    }
                }
            }
        }
    });
}

#[test]
fn a_transaction_that_deadlocks_is_repeated() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let second = UserDraft {
            roles: vec![RoleKey::OrgAdmin],
            ..samples::user_draft(shire.account.id, "sam@shire.example")
        };
        let sam = repositories
            .users
            .create(shire.organization.id, &second, &samples::change())
            .await
            .unwrap();
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        // The store's transaction is the one that notices, and so the one that is rolled back.
        other.execute("SET deadlock_timeout = '60s'").await.unwrap();
        other
            .execute("BEGIN; SELECT id FROM roles WHERE key = 'org-admin' FOR UPDATE")
            .await
            .unwrap();
        let (users, within, id) = (repositories.users.clone(), scope(&shire), sam.id);
        let update = tokio::spawn(async move {
            let patch = UserPatch {
                active: Some(false),
                ..UserPatch::default()
            };
            users
                .update(&within, id, &patch, None, &samples::change())
                .await
        });
        until_blocked(&mut observer, &schema).await;
        let lock_user = format!(
            "SELECT id FROM users WHERE id = {} FOR UPDATE; COMMIT",
            sam.id
        );
        other.execute(AssertSqlSafe(lock_user)).await.unwrap();
        assert!(!update.await.unwrap().unwrap().unwrap().active);
    });
}

#[test]
fn a_user_does_not_come_into_an_account_that_is_deactivated_meanwhile() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        other
            .execute("BEGIN; UPDATE accounts SET active = FALSE")
            .await
            .unwrap();
        let draft = samples::user_draft(shire.account.id, "sam@shire.example");
        let (users, organization) = (repositories.users.clone(), shire.organization.id);
        let create =
            tokio::spawn(
                async move { users.create(organization, &draft, &samples::change()).await },
            );
        until_blocked(&mut observer, &schema).await;
        other.execute("COMMIT").await.unwrap();
        let error = create.await.unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                RepositoryError::Conflict {
                    entity: Entity::Account,
                    field: "active"
                }
            ),
            "{error:?}"
        );
    });
}

#[test]
fn an_erasure_erases_nobody_before_everybody_is_locked() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let draft = samples::account_draft("Bree");
        let bree = repositories
            .accounts
            .create(shire.organization.id, &draft, &samples::change())
            .await
            .unwrap();
        let mut users = Vec::new();
        for number in 0..501 {
            let draft = samples::user_draft(bree.id, &format!("u{number}@bree.example"));
            let created = repositories
                .users
                .create(bree.organization_id, &draft, &samples::change())
                .await;
            users.push(created.unwrap());
        }
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        // The other transaction is the one that would notice a deadlock.
        let last = format!(
            "SET deadlock_timeout = '10ms'; BEGIN; SELECT id FROM users WHERE id = {} FOR UPDATE",
            users[500].id
        );
        other.execute(AssertSqlSafe(last)).await.unwrap();
        let (accounts, within, id) = (repositories.accounts.clone(), scope(&shire), bree.id);
        let erasure = tokio::spawn(async move {
            let patch = AccountPatch {
                active: Some(false),
                erase_users: true,
                ..AccountPatch::default()
            };
            accounts
                .update(&within, id, &patch, None, &samples::change())
                .await
        });
        until_blocked(&mut observer, &schema).await;
        let takes_the_email_of_the_first = format!(
            "UPDATE users SET email_folded = 'u0@bree.example' WHERE id = {}",
            users[500].id
        );
        let refused = other
            .execute(AssertSqlSafe(takes_the_email_of_the_first))
            .await
            .unwrap_err();
        let code = refused.as_database_error().unwrap().code().unwrap();
        assert_eq!(code, "23505", "the first is still there");
        other.execute("ROLLBACK").await.unwrap();
        assert!(!erasure.await.unwrap().unwrap().unwrap().active);
        let left = repositories
            .users
            .count(&scope(&shire), &Filter::All, 1_000)
            .await
            .unwrap();
        assert_eq!(left, Count::Exact(1));
    });
}

#[test]
fn many_creations_at_once_get_different_ids() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let creations: Vec<_> = (0..40)
            .map(|number| {
                let draft =
                    samples::user_draft(shire.account.id, &format!("user{number}@shire.example"));
                let (users, organization) = (repositories.users.clone(), shire.organization.id);
                tokio::spawn(
                    async move { users.create(organization, &draft, &samples::change()).await },
                )
            })
            .collect();
        let mut ids = BTreeSet::new();
        for creation in creations {
            ids.insert(creation.await.unwrap().unwrap().id.get());
        }
        assert_eq!(ids.len(), 40);
    });
}

/// Somebody whose filter takes long, on every connection that he gets, while another organization asks for something.
#[test]
fn what_one_organization_lists_holds_up_no_other() {
    run(async {
        let schema = Schema::create().await;
        let store = schema
            .store(PostgresConfig {
                max_connections: 2,
                ..schema.config()
            })
            .await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let draft = samples::organization_draft("Gondor");
        let organizations = &repositories.organizations;
        let gondor = organizations.create(&draft, &samples::change()).await;
        let gondor = Scope::organization(gondor.unwrap().organization.id);
        let mut observer = raw(&schema).await;
        let mut lock = raw(&schema).await;
        lock.execute("BEGIN; LOCK TABLE instances IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        let slow: Vec<_> = (0..4)
            .map(|_| {
                let (instances, scope) = (repositories.instances.clone(), scope(&shire));
                tokio::spawn(async move { instances.count(&scope, &Filter::All, 10).await })
            })
            .collect();
        until_blocked(&mut observer, &schema).await;
        let counted = repositories.users.count(&gondor, &Filter::All, 10).await;
        assert_eq!(counted.unwrap(), Count::Exact(1));
        lock.execute("COMMIT").await.unwrap();
        for count in slow {
            assert_eq!(count.await.unwrap().unwrap(), Count::Exact(0));
        }
    });
}
