//! Look-ups that wait at the same moment share statements, and nothing else.

use std::{sync::Arc, time::Duration};

use sqlx::Connection as _;
use tenantry_domain::{
    Scope, UserId,
    ports::{RepositoryError, UserRepository},
};
use tenantry_store_postgres::PostgresConfig;
use tenantry_testkit::{run, samples};
use tokio::task::JoinHandle;

use super::{
    Schema, blocked, raw, scene, scope, settle, shire, unavailable_because, until_blocked, user,
};

type Looked = JoinHandle<Result<Option<UserId>, RepositoryError>>;

fn look_up(users: &Arc<dyn UserRepository>, within: Scope, id: UserId) -> Looked {
    let users = Arc::clone(users);
    tokio::spawn(async move {
        let found = users.find(&within, id).await?;
        Ok(found.map(|user| user.id))
    })
}

#[test]
fn those_who_wait_share_statements_and_each_is_told_what_it_asked_for() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let (rohan, change) = (samples::organization_draft("Rohan"), samples::change());
        let rohan = repositories.organizations.create(&rohan, &change).await;
        let rohan = rohan.unwrap();
        let mut expected = Vec::new();
        for number in 0..150 {
            let created = user(
                &repositories,
                &shire,
                &format!("user{number}@shire.example"),
            )
            .await;
            expected.push(created);
        }
        let mut held = other.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();

        let users = &repositories.users;
        let mut looked = Vec::new();
        for found in &expected {
            let (id, elsewhere) = (found.id, scope(&rohan));
            let (account, another) = (shire.account.id, rohan.account.id);
            let organization = shire.organization.id;
            looked.extend([
                (look_up(users, scope(&shire), id), Some(id)),
                (look_up(users, elsewhere, id), None),
                (
                    look_up(users, Scope::account(organization, account), id),
                    Some(id),
                ),
                (
                    look_up(users, Scope::account(organization, another), id),
                    None,
                ),
                (look_up(users, Scope::user(organization, id), id), Some(id)),
                (
                    look_up(users, Scope::user(organization, shire.admin.id), id),
                    None,
                ),
                (
                    look_up(users, scope(&shire), UserId::new(id.get() + 1_000_000)),
                    None,
                ),
            ]);
        }
        until_blocked(&mut observer, &schema).await;
        settle().await;
        // Two, and one more for each tenth of a second in which none of them came to an end, up to six.
        assert!(blocked(&mut observer, &schema).await <= 6);
        held.commit().await.unwrap();
        for (answer, expected) in looked {
            assert_eq!(answer.await.unwrap().unwrap(), expected);
        }

        let mails: Vec<_> = expected
            .iter()
            .map(|found| {
                let (users, within, found) = (Arc::clone(users), scope(&shire), found.clone());
                tokio::spawn(async move {
                    let by_email = users.find_by_email(&within, &found.email).await.unwrap();
                    assert_eq!(by_email, Some(found));
                })
            })
            .collect();
        for mail in mails {
            mail.await.unwrap();
        }
    });
}

#[test]
fn who_hangs_up_leaves_the_others_their_answers() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let mut held = other.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();
        let id = shire.admin.id;
        let mut looked: Vec<_> = (0..20)
            .map(|_| look_up(&repositories.users, scope(&shire), id))
            .collect();
        until_blocked(&mut observer, &schema).await;
        settle().await;
        // The first ones are those whose statements are under way.
        for gone in looked.drain(..7) {
            gone.abort();
        }
        settle().await;
        held.commit().await.unwrap();
        for answer in looked {
            assert_eq!(answer.await.unwrap().unwrap(), Some(id));
        }
        let again = repositories.users.find(&scope(&shire), id).await;
        assert_eq!(again.unwrap().unwrap().id, id);
    });
}

#[test]
fn what_makes_a_shared_statement_fail_is_told_to_all_who_share_it() {
    run(async {
        let schema = Schema::create().await;
        let config = PostgresConfig {
            statement_timeout: Some(Duration::from_millis(300)),
            ..schema.config()
        };
        let store = schema.store(config).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        let mut held = other.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();
        let id = shire.admin.id;
        let looked: Vec<_> = (0..20)
            .map(|_| look_up(&repositories.users, scope(&shire), id))
            .collect();
        for answer in looked {
            let error = answer.await.unwrap().unwrap_err();
            let because = unavailable_because(&error);
            assert!(because.contains("57014"), "{because}");
        }
        held.commit().await.unwrap();
        let again = repositories.users.find(&scope(&shire), id).await;
        assert_eq!(again.unwrap().unwrap().id, id);
    });
}

#[test]
fn a_corrupt_row_is_the_misfortune_of_whoever_looks_it_up() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let corrupt = user(&repositories, &shire, "corrupt@shire.example")
            .await
            .id;
        let mut held = other.begin().await.unwrap();
        sqlx::query("UPDATE users SET first_name = '' WHERE id = $1")
            .bind(corrupt.get())
            .execute(&mut *held)
            .await
            .unwrap();
        sqlx::raw_sql("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();
        let looked: Vec<_> = (0..20)
            .map(|number| {
                let id = if number % 2 == 0 {
                    corrupt
                } else {
                    shire.admin.id
                };
                (id, look_up(&repositories.users, scope(&shire), id))
            })
            .collect();
        until_blocked(&mut observer, &schema).await;
        held.commit().await.unwrap();
        for (id, answer) in looked {
            match answer.await.unwrap() {
                Ok(found) => assert_eq!((found, id), (Some(shire.admin.id), shire.admin.id)),
                Err(RepositoryError::Corrupt { id: named, .. }) => {
                    assert_eq!((named, id), (corrupt.get(), corrupt));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    });
}

/// Whoever comes at the moment at which the last statement ends would wait in vain, and be refused after seconds.
#[test]
fn nobody_is_forgotten_when_the_last_statement_ends() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let id = shire.admin.id;
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
                tokio::spawn(async move {
                    for _ in 0..3_000 {
                        let found = users.find(&within, id).await.unwrap();
                        assert_eq!(found.map(|user| user.id), Some(id));
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    });
}

/// What waits when the runtime ends is dropped with it, and begins nothing any more.
#[test]
fn a_runtime_may_end_while_somebody_waits() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut silent = None;
    runtime.block_on(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut other)
            .await
            .unwrap();
        for _ in 0..300 {
            look_up(&repositories.users, scope(&shire), shire.admin.id);
        }
        until_blocked(&mut observer, &schema).await;
        settle().await;
        silent = Some((other, observer, schema));
    });
    drop(runtime);
}
