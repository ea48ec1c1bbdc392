//! Schemas, statements and plans: what PostgreSQL makes of what the adapter asks.

use sqlx::Executor as _;
use tenantry_domain::{
    ConfigurationText, ConfigurationValue, RoleKey, Scope, UserField, UserPatch,
    ceql::{Comparison, Filter, Value},
    page::{PageRequest, Sort},
};
use tenantry_store_postgres::{OpenError, PostgresConfig, PostgresStore, SchemaState};
use tenantry_testkit::{run, samples};

use super::{Schema, plan_of_last_statement, raw, scope, shire, unavailable_because, user};

#[test]
fn schemas_are_migrated_once_and_newer_ones_refused() {
    run(async {
        let schema = Schema::create().await;
        let store = PostgresStore::connect(schema.config()).await.unwrap();
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind(8));
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
                 those up to 8"
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
            plan_of_last_statement(&mut other, &format!("{organization}, NULL, NULL, '17@x.y'"))
                .await;
        assert!(plan.contains("Index Scan using users_email_"), "{plan}");

        let equal = Filter::parse("email = '17@X.y'").unwrap();
        repositories
            .users
            .list(&within, &equal, &Sort::by_id(), &PageRequest::first(200))
            .await
            .unwrap();
        let plan =
            plan_of_last_statement(&mut other, &format!("{organization}, '17@x.y', 201")).await;
        assert!(plan.contains("Index Scan using users_email_"), "{plan}");

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
