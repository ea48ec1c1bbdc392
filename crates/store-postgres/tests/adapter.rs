//! What PostgreSQL adds to the contract: outages, limits, foreign schemas, plans.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "adapter/platform.rs"]
mod platform;
mod support;
#[path = "adapter/upgrade.rs"]
mod upgrade;

use std::{collections::BTreeSet, error::Error, net::TcpListener, time::Duration};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use support::Schema;
use tenantry_domain::{
    AccountPatch, ConfigurationText, ConfigurationValue, Entity, RoleKey, Scope, User, UserDraft,
    UserField, UserPatch,
    ceql::{Comparison, Filter, Value},
    page::{Count, PageRequest, Sort},
    ports::{CreatedOrganization, Repositories, RepositoryError},
};
use tenantry_store_postgres::{OpenError, PostgresConfig, PostgresStore, SchemaState};
use tenantry_testkit::{run, samples};

async fn raw(schema: &Schema) -> PgConnection {
    PgConnection::connect(&schema.config().url).await.unwrap()
}

/// The Shire; its first user has the password `s3cret`.
async fn shire(repositories: &Repositories) -> CreatedOrganization {
    let mut draft = samples::organization_draft("Shire");
    draft.admin.password = Some(samples::password_hash("s3cret"));
    repositories
        .organizations
        .create(&draft, &samples::change())
        .await
        .unwrap()
}

/// A user with the password `s3cret`.
async fn user(repositories: &Repositories, of: &CreatedOrganization, email: &str) -> User {
    let draft = UserDraft {
        password: Some(samples::password_hash("s3cret")),
        ..samples::user_draft(of.account.id, email)
    };
    repositories
        .users
        .create(of.organization.id, &draft, &samples::change())
        .await
        .unwrap()
}

fn scope(of: &CreatedOrganization) -> Scope {
    Scope::organization(of.organization.id)
}

fn unavailable_because(error: &RepositoryError) -> String {
    match error {
        RepositoryError::Unavailable { source } => source.to_string(),
        other => panic!("expected Unavailable, got {other:?}"),
    }
}

/// The whole chain, as logs show it, in both forms.
fn shown(error: &dyn Error) -> String {
    let mut lines = vec![format!("{error:?}")];
    let mut next = Some(error);
    while let Some(error) = next {
        lines.push(error.to_string());
        next = error.source();
    }
    lines.join("\n")
}

/// Waits until some statement of the schema's stores waits for a lock.
async fn until_blocked(observer: &mut PgConnection, schema: &Schema) {
    let name = schema.config().url.rsplit('=').next().unwrap().to_owned();
    loop {
        let blocked: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'",
        )
        .bind(&name)
        .fetch_one(&mut *observer)
        .await
        .unwrap();
        if blocked > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until no other connection has anything to do with the schema.
async fn until_alone(observer: &mut PgConnection, schema: &Schema) {
    let name = schema.config().url.rsplit('=').next().unwrap().to_owned();
    loop {
        let others: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()",
        )
        .bind(&name)
        .fetch_one(&mut *observer)
        .await
        .unwrap();
        if others == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

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
fn errors_name_the_place_and_never_the_password() {
    run(async {
        // Accepts connections and says nothing; and, once dropped, nobody listens there.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let config = PostgresConfig {
            operation_timeout: Duration::from_millis(300),
            ..PostgresConfig::new(format!(
                "postgres://tenantry:pa55word@127.0.0.1:{port}/directory"
            ))
        };
        let hanging = PostgresStore::connect(config.clone()).await.unwrap_err();
        drop(silent);
        let refused = PostgresStore::connect(config.clone()).await.unwrap_err();
        for error in [&hanging, &refused] {
            assert_eq!(
                error.to_string(),
                format!("cannot connect to PostgreSQL at 127.0.0.1:{port}, database directory")
            );
            assert!(!shown(error).contains("pa55word"));
        }
        assert_eq!(hanging.source().unwrap().to_string(), "it does not answer");
        assert!(!format!("{config:?}").contains("pa55word"));
    });
}

#[test]
fn errors_do_not_quote_values() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        other
            .execute("ALTER TABLE users ADD CONSTRAINT unknown_key UNIQUE (first_name)")
            .await
            .unwrap();
        let draft = UserDraft {
            first_name: shire.admin.first_name.clone(),
            ..samples::user_draft(shire.account.id, "x@y.z")
        };
        let error = repositories
            .users
            .create(shire.organization.id, &draft, &samples::change())
            .await
            .unwrap_err();
        assert!(
            matches!(error, RepositoryError::Backend { .. }),
            "{error:?}"
        );
        let shown = shown(&error);
        assert!(shown.contains("unknown_key"), "{shown}");
        assert!(!shown.contains("Ada"), "{shown}");
    });
}

/// PostgreSQL would write the e-mail into its own log.
#[test]
fn an_email_in_use_is_noticed_without_an_error_of_the_server() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        // What a violated constraint of this name means, the store does not know.
        let mut other = raw(&schema).await;
        other
            .execute("ALTER TABLE users RENAME CONSTRAINT users_email_key TO unknown_key")
            .await
            .unwrap();
        let (users, change) = (&repositories.users, samples::change());
        let draft = samples::user_draft(shire.account.id, "SAM@shire.example");
        let created = users.create(shire.organization.id, &draft, &change).await;
        let patch = UserPatch {
            email: Some(samples::email("Sam@Shire.example")),
            ..UserPatch::default()
        };
        let admin = shire.admin.id;
        let updated = users
            .update(&scope(&shire), admin, &patch, None, &change)
            .await;
        let mut organization = samples::organization_draft("Bree");
        organization.admin.email = sam.email.clone();
        let organizations = &repositories.organizations;
        let founded = organizations.create(&organization, &change).await;
        for error in [
            created.unwrap_err(),
            updated.unwrap_err(),
            founded.unwrap_err(),
        ] {
            let entity = Entity::User;
            assert!(
                matches!(error, RepositoryError::Conflict { entity: of, field: "email" } if of == entity),
                "{error:?}"
            );
        }
    });
}

#[test]
fn a_row_that_cannot_be_is_reported_with_its_id() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        other
            .execute("UPDATE users SET first_name = ''; UPDATE roles SET privileges = '{fly}'")
            .await
            .unwrap();
        let corrupt = |error: RepositoryError| match error {
            RepositoryError::Corrupt { entity, id, source } => (entity, id, source.to_string()),
            other => panic!("expected Corrupt, got {other:?}"),
        };
        let user = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap_err();
        assert_eq!(
            corrupt(user),
            (
                Entity::User,
                shire.admin.id.get(),
                "must not be empty".to_owned()
            )
        );
        let (entity, _, reason) = corrupt(
            repositories
                .roles
                .list(shire.organization.id)
                .await
                .unwrap_err(),
        );
        assert_eq!(
            (entity, reason.as_str()),
            (Entity::Role, "there is no privilege with this key")
        );
    });
}

#[test]
fn schemas_are_migrated_once_and_newer_ones_refused() {
    run(async {
        let schema = Schema::create().await;
        let store = PostgresStore::connect(schema.config()).await.unwrap();
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind(2));
        assert!(store.needs_migration().await.unwrap());
        let (one, two) = tokio::join!(store.migrate(), store.migrate());
        one.and(two).unwrap();
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
        store.migrate().await.unwrap();
        store.ping().await.unwrap();

        let mut other = raw(&schema).await;
        other
            .execute("UPDATE _sqlx_migrations SET checksum = '\\x00'")
            .await
            .unwrap();
        let altered = PostgresStore::connect(schema.config()).await.unwrap_err();
        assert!(
            matches!(altered, OpenError::AlteredMigration { version: 1 }),
            "{altered:?}"
        );
        other
            .execute(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'of tomorrow', TRUE, '', 0)",
            )
            .await
            .unwrap();
        for error in [
            PostgresStore::connect(schema.config()).await.unwrap_err(),
            store.migrate().await.unwrap_err(),
        ] {
            assert_eq!(
                error.to_string(),
                "the schema of the database is newer than this binary: it has the migration 9999, this binary knows \
                 those up to 2"
            );
        }

        store.close().await;
        unavailable_because(&store.ping().await.unwrap_err());
    });
}

#[test]
fn everything_works_without_prepared_statements() {
    run(async {
        let schema = Schema::create().await;
        let config = PostgresConfig {
            prepared_statements: false,
            statement_timeout: None,
            ..schema.config()
        };
        let store = schema.store(config).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        let patch = UserPatch {
            roles: Some(vec![RoleKey::Admin]),
            ..UserPatch::default()
        };
        let patched = repositories
            .users
            .update(&scope(&shire), sam.id, &patch, None, &samples::change())
            .await;
        let patched = patched.unwrap().unwrap();
        let page = repositories
            .users
            .list(
                &scope(&shire),
                &Filter::All,
                &Sort::by_id(),
                &PageRequest::first(10),
            )
            .await
            .unwrap();
        assert_eq!(page.items, [shire.admin.clone(), patched]);
        let identity = repositories
            .credentials
            .authenticate(
                &samples::caller("sam@shire.example", "Shire"),
                samples::START,
            )
            .await
            .unwrap();
        assert_eq!(identity.unwrap().identity.user_id, sam.id);
        let token = samples::login_token("tl_sam", 60);
        let logged_in = repositories
            .credentials
            .log_in(
                &scope(&shire),
                sam.id,
                &token,
                &samples::verified_and_upgraded("s3cret"),
                &samples::change(),
            )
            .await;
        assert_eq!(logged_in.unwrap().unwrap().id, sam.id);
        let mut draft = samples::instance_draft(sam.id, "hubspot", "Ours");
        let value = ConfigurationText::parse("a.example").unwrap();
        draft
            .configuration
            .push((samples::text("site"), ConfigurationValue::Clear(value)));
        let instance = repositories
            .instances
            .create(shire.organization.id, &draft, &samples::change())
            .await
            .unwrap();
        let found = repositories
            .instances
            .find(&scope(&shire), instance.id)
            .await;
        assert_eq!(found.unwrap(), Some(instance));
        assert!(
            repositories
                .users
                .delete(&scope(&shire), sam.id, None, &samples::change())
                .await
                .unwrap()
        );
    });
}

/// CEQL values can hold what PostgreSQL cannot: a NUL in a text, fractions of a microsecond, years before 4713 BC.
#[test]
fn values_that_postgresql_cannot_hold_select_what_matches_selects() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        for (number, city) in [
            Some(""),
            Some("a"),
            Some("a\t"),
            Some("ab"),
            Some("b"),
            None,
        ]
        .into_iter()
        .enumerate()
        {
            let mut draft =
                samples::user_draft(shire.account.id, &format!("user{number}@shire.example"));
            draft.profile.city = city.map(samples::text);
            let change = samples::change_at(u32::try_from(number).unwrap());
            repositories
                .users
                .create(shire.organization.id, &draft, &change)
                .await
                .unwrap();
        }
        let list = |filter: Filter<UserField>| {
            let (users, within) = (repositories.users.clone(), scope(&shire));
            async move {
                users
                    .list(&within, &filter, &Sort::by_id(), &PageRequest::first(100))
                    .await
                    .unwrap()
                    .items
            }
        };
        let all = list(Filter::All).await;
        assert_eq!(all.len(), 7);

        let mut filters: Vec<Filter<UserField>> = Vec::new();
        for text in ["\0", "a\0", "a\0b", "a\t\0", "ab\0", "\0a"] {
            for op in ["=", "!=", "<", "<=", ">", ">="] {
                filters.push(Filter::parse(&format!("city {op} '{text}'")).unwrap());
            }
            for condition in [
                "LIKE '%$%'",
                "NOT LIKE '$%'",
                "IN ('$')",
                "IN ('$', 'b')",
                "NOT IN ('$')",
                "NOT IN ('$', 'b')",
            ] {
                filters.push(
                    Filter::parse(&format!("city {}", condition.replace('$', text))).unwrap(),
                );
            }
            filters.push(Filter::parse(&format!("email > 'user1\0{text}'")).unwrap());
        }
        let created = samples::START + time::Duration::seconds(2);
        let instants = [
            created,
            created + time::Duration::nanoseconds(1),
            created - time::Duration::nanoseconds(1),
            time::PrimitiveDateTime::MIN.assume_utc(),
            time::PrimitiveDateTime::MAX.assume_utc(),
        ];
        for instant in instants {
            for op in Comparison::ALL {
                filters.push(Filter::compare(
                    UserField::CreatedDate,
                    op,
                    Value::Instant(instant),
                ));
            }
            let values = vec![Value::Instant(instant), Value::Instant(samples::START)];
            filters.push(Filter::In {
                field: UserField::CreatedDate,
                values,
                negated: true,
            });
        }
        for number in [i64::MIN, i64::MAX] {
            filters.push(Filter::compare(
                UserField::Id,
                Comparison::Greater,
                Value::Integer(number),
            ));
        }
        for filter in filters.iter().cloned().chain(
            filters
                .iter()
                .map(|filter| Filter::Not(Box::new(filter.clone()))),
        ) {
            let expected: Vec<_> = all
                .iter()
                .filter(|user| filter.matches(*user))
                .cloned()
                .collect();
            assert_eq!(list(filter.clone()).await, expected, "{filter:?}");
        }
    });
}

/// The plan of the last statement that the schema's stores have sent.
async fn plan_of_last_statement(connection: &mut PgConnection, arguments: &str) -> String {
    let statement: String = sqlx::query_scalar(
        "SELECT query FROM pg_stat_activity WHERE application_name = current_setting('application_name') \
         AND pid <> pg_backend_pid() ORDER BY query_start DESC NULLS LAST LIMIT 1",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    let prepare = format!("PREPARE probe AS {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = format!("EXPLAIN EXECUTE probe({arguments})");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    connection.execute("DEALLOCATE probe").await.unwrap();
    rows.iter()
        .map(|row| row.get::<String, _>(0))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn frequent_queries_use_an_index() {
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
        let mut other = raw(&schema).await;
        other
            .execute(
                "INSERT INTO users (organization_id, account_id, email, email_folded, first_name, first_name_folded, \
                 last_name, last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, \
                 updated_at, revision) \
                 SELECT organization_id, account_id, n || '@x.y', n || '@x.y', 'F', 'f', 'B', 'b', 'F B', 'f b', TRUE, \
                 FALSE, created_at, updated_at, 1 FROM users, generate_series(1, 5000) AS n; \
                 INSERT INTO audit_records (organization_id, account_id, at, author, author_user_id, request_id, \
                 action, target, target_id, old, new) \
                 SELECT organization_id, account_id, created_at, 'user', id, repeat('0', 24), 'updated', 'user', id, '{}', '{}' \
                 FROM users; ANALYZE",
            )
            .await
            .unwrap();
        let within = scope(&shire);
        let organization = shire.organization.id;

        let active = Filter::equals(UserField::Active, true);
        let page = repositories
            .users
            .list(&within, &active, &Sort::by_id(), &PageRequest::first(200))
            .await
            .unwrap();
        let plan = plan_of_last_statement(&mut other, &format!("{organization}, TRUE, 201")).await;
        assert!(
            plan.contains("Index Scan using users_pkey") && !plan.contains("Sort"),
            "{plan}"
        );

        let next = PageRequest::after(page.next.unwrap(), 200);
        repositories
            .users
            .list(&within, &active, &Sort::by_id(), &next)
            .await
            .unwrap();
        let plan =
            plan_of_last_statement(&mut other, &format!("{organization}, TRUE, 200, 201")).await;
        assert!(
            plan.contains("Index Scan using users_pkey") && plan.contains("(id > "),
            "{plan}"
        );

        repositories
            .users
            .find_by_email(&within, &samples::email("17@x.y"))
            .await
            .unwrap()
            .unwrap();
        let plan =
            plan_of_last_statement(&mut other, &format!("{organization}, '17@x.y', NULL, NULL"))
                .await;
        assert!(plan.contains("Index Scan using users_email_key"), "{plan}");

        let equal = Filter::parse("email = '17@X.y'").unwrap();
        repositories
            .users
            .list(&within, &equal, &Sort::by_id(), &PageRequest::first(200))
            .await
            .unwrap();
        let plan =
            plan_of_last_statement(&mut other, &format!("{organization}, '17@x.y', 201")).await;
        assert!(plan.contains("Index Scan using users_email_key"), "{plan}");

        let user = shire.admin.id;
        let own = Scope::user(organization, user);
        repositories
            .audit
            .list(&own, &Filter::All, &Sort::by_id(), &PageRequest::first(200))
            .await
            .unwrap();
        let plan =
            plan_of_last_statement(&mut other, &format!("{organization}, {user}, {user}, 201"))
                .await;
        assert!(
            plan.contains("audit_records_author_idx")
                && plan.contains("audit_records_target_user_idx"),
            "{plan}"
        );
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
