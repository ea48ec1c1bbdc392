//! Users that are changed or erased while others change them, or where something of theirs is damaged.

use std::sync::Arc;

use sqlx::{Connection as _, Executor as _};
use tenantry_domain::{AccountPatch, Entity, Name, UserPatch, ports::RepositoryError};
use tenantry_store_postgres::PostgresConfig;
use tenantry_testkit::{run, samples};

use super::{Schema, blocked, raw, scene, scope, settle, shire, until_alone, until_blocked, user};

#[test]
fn a_change_that_another_one_comes_before_is_made_to_what_that_one_left() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        // The store reads the user before it writes, and sees nothing of this.
        let mut marrying = other.begin().await.unwrap();
        let statement = "UPDATE users SET last_name = 'Cotton', last_name_folded = 'cotton', revision = revision + 1 WHERE id = $1";
        let married = sqlx::query(statement).bind(sam.id.get());
        married.execute(&mut *marrying).await.unwrap();
        let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
        let changing = tokio::spawn(async move {
            let patch = UserPatch {
                first_name: Some(Name::parse("Samwise").unwrap()),
                ..UserPatch::default()
            };
            let change = samples::change();
            users.update(&within, sam.id, &patch, None, &change).await
        });
        until_blocked(&mut observer, &schema).await;
        marrying.commit().await.unwrap();

        let changed = changing.await.unwrap().unwrap().unwrap();
        assert_eq!(changed.full_name(), "Samwise Cotton");
        let found = repositories.users.find(&scope(&shire), sam.id).await;
        assert_eq!(found.unwrap(), Some(changed));
        let recorded: Vec<(String, String)> = sqlx::query_as(
            "SELECT old::text, new::text FROM audit_records WHERE target = 'user' AND action = 'updated'",
        )
        .fetch_all(&mut observer)
        .await
        .unwrap();
        assert_eq!(
            recorded,
            [(
                format!(r#"{{"firstName": "{}"}}"#, sam.first_name),
                r#"{"firstName": "Samwise"}"#.to_owned()
            )]
        );
    });
}

#[test]
fn who_has_an_instance_that_cannot_be_recorded_is_not_erased_in_silence() {
    run(async {
        let (_schema, repositories, shire, mut other, _observer) = scene().await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        let draft = samples::instance_draft(sam.id, "sfdc", "of Sam");
        let (users, within, change) = (&repositories.users, scope(&shire), samples::change());
        let instances = &repositories.instances;
        let created = instances.create(shire.organization.id, &draft, &change);
        let of_sam = created.await.unwrap().id.get();
        other.execute("DELETE FROM instance_secrets").await.unwrap();

        let deactivation = UserPatch {
            active: Some(false),
            discard_instances: true,
            ..UserPatch::default()
        };
        let outcomes = [
            users.delete(&within, sam.id, None, &change).await.err(),
            users
                .update(&within, sam.id, &deactivation, None, &change)
                .await
                .err(),
        ];
        for failure in outcomes {
            assert!(
                matches!(&failure, Some(RepositoryError::Corrupt { entity: Entity::Instance, id, .. }) if *id == of_sam),
                "{failure:?}"
            );
        }
        let found = users.find(&within, sam.id).await;
        assert_eq!(found.unwrap(), Some(sam));
    });
}

#[test]
fn a_login_that_comes_before_a_deactivation_leaves_no_token() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        // As a second login of the same day, which is no new revision.
        let mut logging_in = other.begin().await.unwrap();
        for statement in [
            "UPDATE users SET last_login_at = '2026-01-01 00:00Z' WHERE id = $1",
            "INSERT INTO login_tokens (digest, organization_id, user_id, created_at, expires_at) \
             SELECT 'x', organization_id, id, created_at, '2999-01-01' FROM users WHERE id = $1",
        ] {
            let statement = sqlx::query(statement).bind(sam.id.get());
            statement.execute(&mut *logging_in).await.unwrap();
        }
        let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
        let deactivating = tokio::spawn(async move {
            let patch = UserPatch {
                active: Some(false),
                ..UserPatch::default()
            };
            let change = samples::change();
            users.update(&within, sam.id, &patch, None, &change).await
        });
        until_blocked(&mut observer, &schema).await;
        logging_in.commit().await.unwrap();

        let deactivated = deactivating.await.unwrap().unwrap().unwrap();
        assert!(!deactivated.active);
        assert!(deactivated.last_login_at.is_some());
        let tokens: i64 = sqlx::query_scalar("SELECT count(*) FROM login_tokens")
            .fetch_one(&mut observer)
            .await
            .unwrap();
        assert_eq!(tokens, 0);
    });
}

#[test]
fn an_instance_that_comes_before_its_user_is_erased_leaves_its_record() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        let draft = samples::instance_draft(shire.admin.id, "sfdc", "of the admin");
        repositories
            .instances
            .create(shire.organization.id, &draft, &samples::change())
            .await
            .unwrap();
        let mut creating = other.begin().await.unwrap();
        for statement in [
            "INSERT INTO instances (organization_id, id, account_id, user_id, name, name_folded, element_id, valid, disabled, \
             created_at, updated_at, revision) SELECT organization_id, id + 1000, account_id, $1, 'of Sam', 'of sam', element_id, \
             valid, disabled, created_at, updated_at, revision FROM instances",
            "INSERT INTO instance_secrets (digest, organization_id, instance_id, sealed, key_id, created_at) \
             SELECT sha256(digest), organization_id, instance_id + 1000, sealed, key_id, created_at FROM instance_secrets \
             WHERE $1::bigint IS NOT NULL",
        ] {
            let statement = sqlx::query(statement).bind(sam.id.get());
            statement.execute(&mut *creating).await.unwrap();
        }
        let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
        let erasing = tokio::spawn(async move {
            let change = samples::change();
            users.delete(&within, sam.id, None, &change).await
        });
        until_blocked(&mut observer, &schema).await;
        creating.commit().await.unwrap();

        assert!(erasing.await.unwrap().unwrap());
        let found = repositories.users.find(&scope(&shire), sam.id).await;
        assert_eq!(found.unwrap(), None);
        let recorded: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT target, old ->> 'name' FROM audit_records WHERE action = 'deleted' ORDER BY id",
        )
        .fetch_all(&mut observer)
        .await
        .unwrap();
        assert_eq!(
            recorded,
            [
                ("instance".to_owned(), Some("of Sam".to_owned())),
                ("user".to_owned(), None)
            ]
        );
    });
}

#[test]
fn an_account_with_an_instance_that_cannot_be_recorded_is_not_emptied_in_silence() {
    run(async {
        let (_schema, repositories, shire, mut other, _observer) = scene().await;
        let (accounts, change) = (&repositories.accounts, samples::change());
        let draft = samples::account_draft("Buckland");
        let organization = shire.organization.id;
        let buckland = accounts.create(organization, &draft, &change).await;
        let buckland = buckland.unwrap();
        let draft = samples::user_draft(buckland.id, "merry@shire.example");
        let merry = repositories.users.create(organization, &draft, &change);
        let merry = merry.await.unwrap();
        let draft = samples::instance_draft(merry.id, "sfdc", "of Merry");
        let created = repositories.instances.create(organization, &draft, &change);
        let of_merry = created.await.unwrap().id.get();
        other.execute("DELETE FROM instance_secrets").await.unwrap();

        let patch = AccountPatch {
            active: Some(false),
            erase_users: true,
            ..AccountPatch::default()
        };
        let within = scope(&shire);
        let emptied = accounts.update(&within, buckland.id, &patch, None, &change);
        let emptied = emptied.await;
        assert!(
            matches!(&emptied, Err(RepositoryError::Corrupt { entity: Entity::Instance, id, .. }) if *id == of_merry),
            "{emptied:?}"
        );
        let found = repositories.users.find(&scope(&shire), merry.id).await;
        assert_eq!(found.unwrap(), Some(merry));
    });
}

#[test]
fn who_is_locked_while_a_change_waits_stays_locked() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        let mut held = other.begin().await.unwrap();
        // The change has read the user, and is about to write it.
        held.execute("LOCK TABLE users IN SHARE MODE")
            .await
            .unwrap();
        let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
        let changing = tokio::spawn(async move {
            let patch = UserPatch {
                first_name: Some(Name::parse("Samwise").unwrap()),
                ..UserPatch::default()
            };
            let change = samples::change();
            users.update(&within, sam.id, &patch, None, &change).await
        });
        until_blocked(&mut observer, &schema).await;
        // As wrong passwords do, which count as no write.
        sqlx::query("UPDATE users SET locked_until = '2999-01-01 00:00Z' WHERE id = $1")
            .bind(sam.id.get())
            .execute(&mut *held)
            .await
            .unwrap();
        held.commit().await.unwrap();

        let changed = changing.await.unwrap().unwrap().unwrap();
        assert_eq!(changed.first_name.as_str(), "Samwise");
        assert!(changed.locked_until.is_some());
        let found = repositories.users.find(&scope(&shire), sam.id).await;
        assert_eq!(found.unwrap(), Some(changed));
    });
}

/// Whoever reads that there is no instance, and erases in one statement, relies on this.
#[test]
fn a_user_with_an_instance_is_not_erased_before_it() {
    run(async {
        let (_schema, repositories, shire, mut other, _observer) = scene().await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        let draft = samples::instance_draft(sam.id, "sfdc", "of Sam");
        let (instances, change) = (&repositories.instances, samples::change());
        let created = instances
            .create(shire.organization.id, &draft, &change)
            .await;
        created.unwrap();
        let refused = sqlx::query("DELETE FROM users WHERE id = $1")
            .bind(sam.id.get())
            .execute(&mut other)
            .await
            .unwrap_err();
        let refused = refused.into_database_error().unwrap();
        assert_eq!(refused.constraint(), Some("instances_user_fkey"));

        let erased = repositories
            .users
            .delete(&scope(&shire), sam.id, None, &samples::change())
            .await;
        assert!(erased.unwrap());
    });
}

#[test]
fn those_who_are_changed_or_erased_at_the_same_moment_share_a_statement() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let mut hobbits = Vec::new();
        for number in 0..24 {
            let email = format!("user{number}@shire.example");
            hobbits.push(user(&repositories, &shire, &email).await);
        }
        let mut held = other.begin().await.unwrap();
        // Users can be looked up, and not written.
        held.execute("LOCK TABLE users IN SHARE MODE")
            .await
            .unwrap();
        let changing: Vec<_> = (0..13)
            .map(|number| {
                // Two want to change the last one, and so the second of them finds it changed.
                let id = hobbits[if number == 12 { 11 } else { number }].id;
                let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
                tokio::spawn(async move {
                    let patch = UserPatch {
                        first_name: Some(Name::parse(format!("Name {number}")).unwrap()),
                        active: Some(number % 2 == 0),
                        ..UserPatch::default()
                    };
                    let change = samples::change();
                    users.update(&within, id, &patch, None, &change).await
                })
            })
            .collect();
        let erasing: Vec<_> = (12..25)
            .map(|number| {
                let id = hobbits[if number == 24 { 23 } else { number }].id;
                let (users, within) = (Arc::clone(&repositories.users), scope(&shire));
                let change = samples::change();
                tokio::spawn(async move { users.delete(&within, id, None, &change).await })
            })
            .collect();
        until_blocked(&mut observer, &schema).await;
        for _ in 0..10 {
            settle().await;
            // Look-ups are answered meanwhile.
            blocked(&mut observer, &schema).await;
        }
        // Two of each kind, and one with those who wait for them.
        assert!(blocked(&mut observer, &schema).await <= 6);
        held.rollback().await.unwrap();

        let mut revisions = Vec::new();
        for (number, answer) in changing.into_iter().enumerate() {
            let changed = answer.await.unwrap().unwrap().unwrap();
            assert_eq!(changed.first_name.as_str(), format!("Name {number}"));
            assert_eq!(changed.active, number % 2 == 0);
            revisions.push((changed.id, changed.revision.get()));
            let found = repositories.users.find(&scope(&shire), changed.id).await;
            if number < 11 {
                assert_eq!(found.unwrap(), Some(changed));
            }
        }
        let expected = |number: usize| (hobbits[number].id, 2);
        let alone: Vec<_> = (0..11).map(expected).collect();
        assert_eq!(revisions[..11], alone);
        let mut twice: Vec<_> = revisions[11..].iter().map(|(_, it)| *it).collect();
        twice.sort_unstable();
        assert_eq!(twice, [2, 3]);
        let mut erased = Vec::new();
        for answer in erasing {
            erased.push(answer.await.unwrap().unwrap());
        }
        assert!(erased[..11].iter().all(|it| *it));
        // One of the two who want to erase the same user has done it.
        let twice = erased[11..].iter().filter(|it| **it).count();
        assert_eq!(twice, 1);
        let recorded: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT action, count(*), count(DISTINCT target_id) FROM audit_records WHERE action <> 'created' \
             GROUP BY action ORDER BY action",
        )
        .fetch_all(&mut observer)
        .await
        .unwrap();
        assert_eq!(
            recorded,
            [
                ("deleted".to_owned(), 12, 12),
                ("updated".to_owned(), 13, 12)
            ]
        );
    });
}

/// Also by a plan that PostgreSQL made when it knew nothing of the table: it is used until somebody looks at the table again.
#[test]
fn whoever_is_written_is_found_without_reading_the_organization() {
    run(async {
        let schema = Schema::create().await;
        let config = PostgresConfig {
            max_connections: 1,
            ..schema.config()
        };
        let store = schema.store(config).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let (users, within, change) = (&repositories.users, scope(&shire), samples::change());
        let mut hobbits = Vec::new();
        for number in 0..10 {
            let email = format!("user{number}@shire.example");
            hobbits.push(user(&repositories, &shire, &email).await);
        }
        // From the sixth time on, PostgreSQL may plan for any arguments.
        let patch = |name: String| UserPatch {
            first_name: Some(Name::parse(name).unwrap()),
            ..UserPatch::default()
        };
        for number in 0..8 {
            let patch = patch(format!("Name {number}"));
            users
                .update(&within, hobbits[9].id, &patch, None, &change)
                .await
                .unwrap();
            let erased = users
                .delete(&within, hobbits[number].id, None, &change)
                .await;
            assert!(erased.unwrap());
        }
        let mut other = raw(&schema).await;
        other
            .execute(
                "INSERT INTO users (organization_id, account_id, email, email_folded, first_name, first_name_folded, \
                 last_name, last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, \
                 updated_at, revision) \
                 SELECT organization_id, account_id, n || '@x.y', n || '@x.y', 'F', 'f', 'B', 'b', 'F B', 'f b', TRUE, \
                 FALSE, created_at, updated_at, 1 FROM (SELECT * FROM users LIMIT 1) AS one, generate_series(1, 3000) AS n",
            )
            .await
            .unwrap();
        let renamed = patch("Nobody".to_owned());
        let changed = users.update(&within, hobbits[9].id, &renamed, None, &change);
        assert!(changed.await.unwrap().is_some());
        let erased = users.delete(&within, hobbits[8].id, None, &change);
        assert!(erased.await.unwrap());
        // What a connection has done is counted when it is closed.
        store.close().await;
        other.close().await.unwrap();
        let mut observer = raw(&schema).await;
        until_alone(&mut observer, &schema).await;
        let read: i64 = sqlx::query_scalar(
            "SELECT (sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_user_tables \
             WHERE schemaname = current_schema() AND relname = 'users'))::bigint FROM pg_stat_user_indexes \
             WHERE schemaname = current_schema() AND relname = 'users'",
        )
        .fetch_one(&mut observer)
        .await
        .unwrap();
        assert!(read < 1_000, "{read} users were read");
    });
}
