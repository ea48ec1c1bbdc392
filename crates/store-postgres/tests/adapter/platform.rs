//! What PostgreSQL adds to the contract of tokens, secrets, instances, replies and the chain: plans, and who waits for whom.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tenantry_domain::{
    ChainHead, ChainLink, ChainSignature, ConfigurationText, ConfigurationValue, InstancePatch,
    KeyId, OrganizationId, ReplyKey, Sealed, SealedPlace, SecretDigest,
    ports::{Begun, Caller, Repositories},
};
use tenantry_store_postgres::PostgresConfig;
use tenantry_testkit::{run, samples};

use super::{Schema, plan_of_last_statement, raw, scope, shire, until_alone, until_blocked, user};

/// Many instances of the first user, each with a token and without anything sealed in its configuration.
const MANY_INSTANCES: &str = "
    INSERT INTO elements (organization_id, key, key_folded)
        SELECT organization_id, 'many', 'many' FROM users LIMIT 1;
    INSERT INTO instances (organization_id, account_id, user_id, name, name_folded, element_id, valid, disabled,
            created_at, updated_at, revision)
        SELECT users.organization_id, account_id, users.id, 'n', 'n', elements.id, TRUE, FALSE, created_at, updated_at, 1
        FROM (SELECT * FROM users LIMIT 1) AS users
        JOIN elements ON key = 'many' CROSS JOIN generate_series(1, 3000);
    INSERT INTO instance_secrets (digest, organization_id, instance_id, sealed, key_id, created_at)
        SELECT sha256(id::text::bytea), organization_id, id, 'x', gen_random_uuid(), created_at FROM instances
        WHERE id NOT IN (SELECT instance_id FROM instance_secrets);
    INSERT INTO instance_configurations (organization_id, instance_id, key, value)
        SELECT organization_id, id, 'site', 'a.example' FROM instances;
    ANALYZE";

fn head(end: i64, hash: u8) -> ChainHead {
    ChainHead {
        start: ChainLink::ORIGIN,
        end: ChainLink {
            position: end,
            hash: [hash; 32],
        },
        signature: ChainSignature {
            key_id: KeyId(uuid::Uuid::nil()),
            code: [hash; 32],
        },
    }
}

async fn link_all(
    repositories: &Repositories,
    organization: OrganizationId,
    old: Option<&ChainHead>,
) -> ChainHead {
    let chain = &repositories.audit_chain;
    let mut end = old.map_or(0, |old| old.end.position);
    let links: Vec<_> = chain
        .unlinked(organization, 100)
        .await
        .unwrap()
        .iter()
        .map(|record| {
            end += 1;
            let hash = [7; 32];
            (
                record.id,
                ChainLink {
                    position: end,
                    hash,
                },
            )
        })
        .collect();
    let new = head(end, 7);
    assert!(chain.link(organization, old, &links, &new).await.unwrap());
    new
}

#[test]
fn authentication_is_one_statement_that_looks_everything_up_by_keys() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let shire = shire(&store.repositories()).await;
        store.close().await;
        let mut other = raw(&schema).await;
        other
            .execute(
                "INSERT INTO users (organization_id, account_id, email, email_folded, first_name, first_name_folded, \
                 last_name, last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, \
                 updated_at, revision) \
                 SELECT organization_id, account_id, n || '@x.y', n || '@x.y', 'F', 'f', 'B', 'b', 'F B', 'f b', TRUE, \
                 FALSE, created_at, updated_at, 1 FROM users, generate_series(1, 3000) AS n; \
                 INSERT INTO user_secrets (digest, organization_id, user_id, sealed, key_id, created_at) \
                 SELECT sha256(id::text::bytea), organization_id, id, 'x', gen_random_uuid(), created_at FROM users \
                 WHERE email_folded LIKE '%@x.y'; \
                 INSERT INTO user_roles SELECT users.organization_id, users.id, roles.id FROM users, roles \
                 ON CONFLICT DO NOTHING; \
                 INSERT INTO login_tokens SELECT digest, organization_id, user_id, created_at, '2999-01-01' FROM user_secrets",
            )
            .await
            .unwrap();
        other.execute(MANY_INSTANCES).await.unwrap();
        let instance: Vec<u8> =
            sqlx::query_scalar("SELECT digest FROM instance_secrets ORDER BY digest LIMIT 1")
                .fetch_one(&mut other)
                .await
                .unwrap();
        let instance = SecretDigest::new(instance.try_into().unwrap());
        let user = samples::secret("tu_admin@shire.example").digest;
        let organization = samples::secret("to_Shire").digest;
        let callers = [
            Caller::Secrets {
                user,
                organization,
                instance: None,
            },
            Caller::Secrets {
                user,
                organization,
                instance: Some(instance),
            },
            Caller::Instance { user, instance },
            Caller::Token {
                token: user,
                instance: None,
            },
        ];
        // What a connection has done is counted when it is closed.
        other.close().await.unwrap();
        let mut observer = raw(&schema).await;
        let before = whole_scans(&mut observer, &schema).await;
        let tables: Vec<_> = before.iter().map(|(table, _)| table.as_str()).collect();
        let expected = [
            "caller_changes",
            "instance_configurations",
            "instance_secrets",
            "instances",
            "login_tokens",
            "user_roles",
            "user_secrets",
            "users",
        ];
        assert_eq!(tables, expected);
        let store = schema.store(schema.config()).await;
        for caller in callers {
            // From the sixth time on, PostgreSQL may plan for any arguments.
            for _ in 0..8 {
                let credentials = store.repositories().credentials;
                let found = credentials.authenticate(&caller, samples::START).await;
                assert_eq!(found.unwrap().unwrap().identity.user_id, shire.admin.id);
            }
        }
        store.close().await;
        assert_eq!(whole_scans(&mut observer, &schema).await, before);
    });
}

/// How often each of the large tables was read from end to end by connections that are closed by now; waits until all
/// others of the schema are.
pub(super) async fn whole_scans(
    observer: &mut PgConnection,
    schema: &Schema,
) -> Vec<(String, i64)> {
    until_alone(observer, schema).await;
    sqlx::query_as(
        "SELECT relname::text, seq_scan FROM pg_stat_user_tables WHERE schemaname = current_schema() \
         AND n_live_tup > 1000 ORDER BY relname",
    )
    .fetch_all(observer)
    .await
    .unwrap()
}

#[test]
fn what_is_sealed_is_walked_over_in_stretches_by_keys() {
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
        let mut expected = Vec::new();
        for number in 0..3 {
            let mut draft =
                samples::instance_draft(shire.admin.id, "hubspot", &format!("I{number}"));
            for key in ["secret", "apiKey"] {
                let sealed = Sealed {
                    key_id: KeyId(uuid::Uuid::from_u128(9)),
                    bytes: vec![number],
                };
                draft
                    .configuration
                    .push((samples::text(key), ConfigurationValue::Sealed(sealed)));
                expected.push(SealedPlace::Configuration {
                    instance: draft.token.digest,
                    key: key.to_owned(),
                });
            }
            repositories
                .instances
                .create(shire.organization.id, &draft, &samples::change())
                .await
                .unwrap();
        }
        expected.sort();
        let mut other = raw(&schema).await;
        other.execute(MANY_INSTANCES).await.unwrap();

        let all = 1 + 1 + 3003 + 6;
        assert_eq!(repositories.keyring.count_sealed(5_000).await.unwrap(), all);
        assert_eq!(repositories.keyring.count_sealed(100).await.unwrap(), 100);
        let (mut after, mut found, mut examined) = (None, Vec::new(), 0);
        loop {
            let stretch = repositories
                .keyring
                .sealed_by_others(KeyId(uuid::Uuid::nil()), after, 500)
                .await
                .unwrap();
            assert!(stretch.examined <= 500);
            examined += stretch.examined;
            found.extend(stretch.others.into_iter().map(|(place, _)| place));
            match stretch.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(examined, all);
        assert!(found.is_sorted());
        found.retain(|place| matches!(place, SealedPlace::Configuration { .. }));
        assert_eq!(found, expected);

        // The replies come last; before them, the configurations were asked for.
        let one = expected.first().cloned();
        let key = KeyId(uuid::Uuid::nil());
        repositories
            .keyring
            .sealed_by_others(key, one, 2)
            .await
            .unwrap();
        let plan = plan_of_last_statement(
            &mut other,
            r"'00000000-0000-0000-0000-000000000000', '\x00', '\xff', 'key', 1000, 3",
        )
        .await;
        assert!(
            !plan.contains("Seq Scan")
                && plan.contains("instance_secrets_pkey")
                && plan.contains("instance_configurations_sealed_idx"),
            "{plan}"
        );
    });
}

#[test]
fn writers_of_records_and_the_chain_do_not_wait_for_each_other() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let organization = shire.organization.id;
        let first = link_all(&repositories, organization, None).await;
        assert_eq!(first.end.position, 3);

        // A record that is not committed yet has a smaller id than those that are linked before it.
        let mut writer = raw(&schema).await;
        writer
            .execute(
                "BEGIN; INSERT INTO audit_records \
                 (organization_id, at, author, request_id, action, target, target_id, old, new) \
                 SELECT id, created_at, 'operator', repeat('0', 24), 'updated', 'organization', id, '{}', '{}' \
                 FROM organizations",
            )
            .await
            .unwrap();
        user(&repositories, &shire, "sam@shire.example").await;
        let second = link_all(&repositories, organization, Some(&first)).await;
        assert_eq!(second.end.position, 4);
        writer.execute("COMMIT").await.unwrap();
        let third = link_all(&repositories, organization, Some(&second)).await;
        assert_eq!(third.end.position, 5);
        let linked = repositories
            .audit_chain
            .linked(organization, 3, 10)
            .await
            .unwrap();
        let ids: Vec<_> = linked.iter().map(|(record, _)| record.id).collect();
        assert!(ids.is_sorted_by(|left, right| left > right), "{ids:?}");

        // Who holds the head holds up nobody who writes.
        writer
            .execute("BEGIN; SELECT 1 FROM audit_heads FOR UPDATE; SELECT 1 FROM audit_records FOR UPDATE")
            .await
            .unwrap();
        user(&repositories, &shire, "pippin@shire.example").await;
        writer.execute("ROLLBACK").await.unwrap();
    });
}

#[test]
fn a_chain_grows_or_is_pruned_from_the_head_it_has() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let organization = shire.organization.id;
        let tries: Vec<_> = (0..8)
            .map(|number| {
                let chain = repositories.audit_chain.clone();
                tokio::spawn(async move {
                    let new = head(0, number);
                    chain.link(organization, None, &[], &new).await.unwrap()
                })
            })
            .collect();
        let mut winners = 0;
        for attempt in tries {
            winners += u32::from(attempt.await.unwrap());
        }
        assert_eq!(winners, 1);
        let now = repositories.audit_chain.head(organization).await.unwrap();
        let now = link_all(&repositories, organization, now.as_ref()).await;

        let pruned = ChainHead {
            start: ChainLink {
                position: 2,
                hash: [7; 32],
            },
            ..now.clone()
        };
        let chain = &repositories.audit_chain;
        let stale = head(3, 9);
        assert!(!chain.prune(organization, &stale, &pruned).await.unwrap());
        assert_eq!(chain.linked(organization, 0, 9).await.unwrap().len(), 3);
        assert!(chain.prune(organization, &now, &pruned).await.unwrap());
        assert_eq!(chain.linked(organization, 0, 9).await.unwrap().len(), 1);
        assert_eq!(chain.head(organization).await.unwrap(), Some(pruned));
    });
}

#[test]
fn of_many_calls_that_begin_under_one_key_exactly_one_is_the_first() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let key = ReplyKey {
            organization_id: shire.organization.id,
            user_id: shire.admin.id,
            key: "once".to_owned(),
        };
        let fingerprint = samples::secret("call").digest;
        // Once on a key that nobody has, and then on one whose time is over.
        for round in 0..3 {
            let begins: Vec<_> = (0..30)
                .map(|_| {
                    let (replies, key) = (repositories.replies.clone(), key.clone());
                    let (now, until) = (samples::change_at(round * 60), (round + 1) * 60);
                    let until = samples::change_at(until).at;
                    tokio::spawn(
                        async move { replies.begin(&key, &fingerprint, now.at, until).await },
                    )
                })
                .collect();
            let mut first = 0;
            for begin in begins {
                match begin.await.unwrap().unwrap() {
                    Begun::First => first += 1,
                    begun => assert_eq!(begun, Begun::Running),
                }
            }
            assert_eq!(first, 1, "round {round}");
        }
    });
}

#[test]
fn what_another_node_is_erasing_is_left_to_it() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let (credentials, within, ada) = (&repositories.credentials, scope(&shire), shire.admin.id);
        for number in 0..5 {
            let token = samples::login_token(&format!("tl_{number}"), 1);
            credentials
                .log_in(
                    &within,
                    ada,
                    &token,
                    &samples::verified("s3cret"),
                    &samples::change(),
                )
                .await
                .unwrap()
                .unwrap();
        }
        let secret = samples::secret("tu_other");
        let until = Some(samples::change_at(1).at);
        credentials
            .replace_user_secret(&within, ada, &secret, until, &samples::change())
            .await
            .unwrap();
        let secret = samples::secret("to_other");
        credentials
            .replace_organization_secret(shire.organization.id, &secret, until, &samples::change())
            .await
            .unwrap();
        let now = samples::change_at(1).at;
        let mut other = raw(&schema).await;
        other
            .execute("BEGIN; SELECT 1 FROM login_tokens LIMIT 2 FOR UPDATE")
            .await
            .unwrap();
        assert_eq!(credentials.forget_expired(now, 2).await.unwrap(), 2);
        assert_eq!(credentials.forget_expired(now, 2).await.unwrap(), 2);
        assert_eq!(credentials.forget_expired(now, 9).await.unwrap(), 1);
        other.execute("ROLLBACK").await.unwrap();
        assert_eq!(credentials.forget_expired(now, 9).await.unwrap(), 2);
        assert_eq!(credentials.forget_expired(now, 9).await.unwrap(), 0);
    });
}

#[test]
fn an_instance_is_changed_as_the_last_commit_left_it() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let draft = samples::instance_draft(shire.admin.id, "hubspot", "Ours");
        let ours = repositories
            .instances
            .create(shire.organization.id, &draft, &samples::change())
            .await
            .unwrap();
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        let write = format!(
            "BEGIN; UPDATE instances SET revision = 2; \
             INSERT INTO instance_tags VALUES ({organization}, {id}, 1, 'new', 'new'); \
             INSERT INTO instance_configurations (organization_id, instance_id, key, value) \
             VALUES ({organization}, {id}, 'site', 'a.example')",
            organization = shire.organization.id,
            id = ours.id,
        );
        other.execute(AssertSqlSafe(write)).await.unwrap();
        let (instances, within, id) = (repositories.instances.clone(), scope(&shire), ours.id);
        let update = tokio::spawn(async move {
            let mut patch = InstancePatch {
                disabled: Some(true),
                ..InstancePatch::default()
            };
            let text = ConfigurationText::parse("b.example").unwrap();
            patch
                .configuration
                .set
                .push((samples::text("site"), ConfigurationValue::Clear(text)));
            instances
                .update(&within, id, &patch, None, &samples::change())
                .await
        });
        until_blocked(&mut observer, &schema).await;
        other.execute("COMMIT").await.unwrap();
        let updated = update.await.unwrap().unwrap().unwrap();
        assert_eq!(updated.revision.get(), 3);
        assert_eq!(updated.tags, [samples::text("new")]);
        assert_eq!(updated.configuration.len(), 1);
        let records = repositories
            .audit_chain
            .unlinked(shire.organization.id, 100)
            .await
            .unwrap();
        let old: BTreeSet<_> = records.last().unwrap().old.0.iter().collect();
        let site = ("configuration.site".to_owned(), "a.example".to_owned());
        let disabled = ("disabled".to_owned(), "false".to_owned());
        assert_eq!(
            old,
            BTreeSet::from([(&site.0, &site.1), (&disabled.0, &disabled.1)])
        );
    });
}
