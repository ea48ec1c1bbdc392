//! Organizations that move in while other nodes write.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use tenantry_domain::{
    Account, AccountId, AccountPatch, ConfigurationId, ConfigurationText, ConfigurationValue,
    Element, ElementId, ExternalAuthentication, InstanceId, OrganizationId, PasswordState, Profile,
    Revision, RoleKey, SealedSecret, User, UserId,
    ports::{CreatedOrganization, Repositories},
    transfer::{
        AccountRecord, Finding, Ids, Part, Refusal, SealedConfiguration, SealedInstance,
        SealedRecord, SourceName, Transfer, UserRecord,
    },
};
use tenantry_store_postgres::{PostgresConfig, PostgresStore};
use tenantry_testkit::{run, samples};

use super::{Schema, platform::whole_scans, raw, scope, shire, until_alone, until_blocked, user};

/// The source's default account.
const DEFAULT: AccountId = AccountId::new(77);

async fn begin_into(repositories: &Repositories, of: &CreatedOrganization, ids: Ids) -> Transfer {
    let source = SourceName::new("https://old.example organization 4711");
    let transfers = &repositories.transfers;
    let begun = transfers.begin_into(&source, ids, of.organization.id, DEFAULT);
    begun.await.unwrap().unwrap()
}

/// The Shire of a fresh schema, into which somebody moves with the numbers that they have.
struct Moving {
    schema: Schema,
    store: PostgresStore,
    repositories: Repositories,
    shire: CreatedOrganization,
    transfer: Transfer,
}

impl Moving {
    async fn begin() -> Self {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let transfer = begin_into(&repositories, &shire, Ids::Kept).await;
        Self {
            schema,
            store,
            repositories,
            shire,
            transfer,
        }
    }
}

/// A user of the source's default account, with the secret `tu_<email>` and the password `s3cret`.
fn record(id: i64, email: &str) -> UserRecord<SealedSecret> {
    let at = samples::START;
    UserRecord {
        user: User {
            id: UserId::new(id),
            organization_id: OrganizationId::new(4711),
            account_id: DEFAULT,
            email: samples::email(email),
            first_name: samples::name("Sam"),
            last_name: samples::name("Gamgee"),
            active: true,
            profile: Profile::default(),
            password: PasswordState::Set {
                changed_at: at,
                must_change: false,
            },
            locked_until: None,
            last_login_at: None,
            created_at: at,
            updated_at: at,
            revision: Revision::new(3),
        },
        password: Some(samples::password_hash("s3cret")),
        former_passwords: vec![samples::password_hash("f0rmer")],
        secret: samples::secret(&format!("tu_{email}")),
        roles: Some(vec![RoleKey::Admin]),
    }
}

fn users(numbers: impl Iterator<Item = i64>) -> Vec<SealedRecord> {
    let record = |number| record(number, &format!("user{number}@shire.example"));
    numbers
        .map(|number| SealedRecord::User(Box::new(record(number))))
        .collect()
}

fn created(numbers: impl Iterator<Item = i64>) -> Vec<Finding> {
    numbers.map(Finding::Created).collect()
}

async fn number(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap()
}

#[test]
fn two_runs_of_one_source_at_once_create_everything_once() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        for ids in [Ids::Kept, Ids::Assigned] {
            let source = SourceName::new(ids.as_str());
            let (organization, transfers) = (shire.organization.id, &repositories.transfers);
            let transfer = transfers
                .begin_into(&source, ids, organization, DEFAULT)
                .await
                .unwrap()
                .unwrap();
            let first = if ids == Ids::Kept { 1_000 } else { 5_000 };
            let runs: Vec<_> = (0..2)
                .map(|_| {
                    let transfers = repositories.transfers.clone();
                    tokio::spawn(async move {
                        let mut all = Vec::new();
                        for batch in 0..5 {
                            let from = first + batch * 100;
                            let records = users(from..from + 100);
                            let change = samples::change();
                            all.extend(
                                transfers.write(&transfer, &records, &change).await.unwrap(),
                            );
                        }
                        all
                    })
                })
                .collect();
            let mut found = Vec::new();
            for run in runs {
                found.push(run.await.unwrap());
            }
            let (one, two) = (&found[0], &found[1]);
            assert_eq!((one.len(), two.len()), (500, 500));
            for pair in one.iter().zip(two) {
                let ((Finding::Created(new), Finding::Unchanged(known))
                | (Finding::Unchanged(known), Finding::Created(new))) = pair
                else {
                    panic!("{pair:?}");
                };
                assert_eq!(new, known);
            }
        }
        let mut other = raw(&schema).await;
        let secrets =
            "SELECT count(*) FROM users JOIN user_secrets AS secrets ON secrets.user_id = users.id";
        let records =
            "SELECT count(*) FROM audit_records WHERE target = 'user' AND action = 'created'";
        for query in ["SELECT count(*) FROM users", secrets, records] {
            assert_eq!(number(&mut other, query).await, 1_001, "{query}");
        }
    });
}

#[test]
fn a_user_created_with_an_e_mail_of_the_batch_meanwhile_refuses_that_record_alone() {
    run(async {
        let Moving {
            schema,
            repositories,
            transfer,
            ..
        } = Moving::begin().await;
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        let insert = |email: &str| {
            format!(
                "BEGIN; INSERT INTO users (organization_id, account_id, email, email_folded, first_name, \
                 first_name_folded, last_name, last_name_folded, full_name, full_name_folded, active, \
                 password_must_change, created_at, updated_at, revision) \
                 SELECT organization_id, account_id, '{email}', '{email}', 'X', 'x', 'Y', 'y', 'X Y', 'x y', TRUE, FALSE, \
                 created_at, updated_at, 1 FROM users LIMIT 1"
            )
        };
        for (first, end) in [(100, "COMMIT"), (200, "ROLLBACK")] {
            let sql = insert(&format!("user{}@shire.example", first + 5));
            other.execute(AssertSqlSafe(sql)).await.unwrap();
            let transfers = repositories.transfers.clone();
            let write = tokio::spawn(async move {
                let records = users(first..first + 10);
                transfers
                    .write(&transfer, &records, &samples::change())
                    .await
            });
            until_blocked(&mut observer, &schema).await;
            other.execute(end).await.unwrap();
            let mut expected = created(first..first + 10);
            if end == "COMMIT" {
                expected[5] = Finding::Refused(Refusal::EmailInUse);
            }
            assert_eq!(write.await.unwrap().unwrap(), expected);
        }
        let halves = "SELECT count(*) FROM users WHERE id >= 100 AND NOT EXISTS \
                      (SELECT FROM user_secrets WHERE user_secrets.user_id = users.id)";
        assert_eq!(number(&mut other, halves).await, 0);
    });
}

#[test]
fn counters_go_beyond_what_is_kept_while_other_nodes_take_from_them() {
    run(async {
        let Moving {
            schema: _schema,
            repositories,
            shire,
            transfer,
            ..
        } = Moving::begin().await;
        let (others, account) = (repositories.users.clone(), shire.account.id);
        let organization = shire.organization.id;
        let creating = tokio::spawn(async move {
            let mut numbers = Vec::new();
            for number in 0..150 {
                let draft = samples::user_draft(account, &format!("other{number}@bree.example"));
                let user = others
                    .create(organization, &draft, &samples::change())
                    .await;
                numbers.push(user.unwrap().id.get());
            }
            numbers
        });
        // Near the counter, some way off, and so far off that the counter leaps.
        let mut kept = BTreeSet::new();
        for first in [2_i64, 50, 100, 500, 3_000, 50_000, 90_000] {
            let numbers = (first..first + 40).rev();
            let records = users(numbers);
            let found = repositories
                .transfers
                .write(&transfer, &records, &samples::change())
                .await
                .unwrap();
            for (finding, record) in found.iter().zip(&records) {
                match finding {
                    Finding::Created(id) => assert!(*id == record.id() && kept.insert(*id)),
                    finding => assert_eq!(
                        *finding,
                        Finding::Refused(Refusal::IdInUse(tenantry_domain::Entity::User))
                    ),
                }
            }
        }
        let numbers = creating.await.unwrap();
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        assert!(numbers.iter().all(|number| !kept.contains(number)));
        let last = user(&repositories, &shire, "last@shire.example").await;
        assert!(last.id.get() > 90_039, "{}", last.id);
    });
}

#[test]
fn whoever_erases_the_account_meanwhile_is_waited_for() {
    run(async {
        let Moving {
            schema,
            repositories,
            shire,
            transfer,
            ..
        } = Moving::begin().await;
        let account = SealedRecord::Account(AccountRecord {
            account: Account {
                id: AccountId::new(500),
                is_default: false,
                organization_id: OrganizationId::new(4711),
                ..shire.account.clone()
            },
            roles: vec![RoleKey::Admin],
        });
        let transfers = &repositories.transfers;
        let found = transfers
            .write(&transfer, &[account], &samples::change())
            .await;
        assert_eq!(found.unwrap(), [Finding::Created(500)]);
        let in_account = |numbers: std::ops::Range<i64>| {
            let mut records = users(numbers);
            for record in &mut records {
                if let SealedRecord::User(record) = record {
                    record.user.account_id = AccountId::new(500);
                }
            }
            records
        };
        for round in 0..5 {
            let first = 1_000 + round * 50;
            let patch = AccountPatch {
                active: Some(false),
                erase_users: true,
                ..AccountPatch::default()
            };
            let within = scope(&shire);
            let (change, records) = (samples::change(), in_account(first..first + 50));
            let (written, erased) = tokio::join!(
                transfers.write(&transfer, &records, &change),
                repositories
                    .accounts
                    .update(&within, AccountId::new(500), &patch, None, &change),
            );
            assert_eq!(written.unwrap(), created(first..first + 50));
            erased.unwrap().unwrap();
        }
        let mut other = raw(&schema).await;
        let left = number(
            &mut other,
            "SELECT count(*) FROM users WHERE account_id = 500",
        )
        .await;
        assert_eq!(left % 50, 0, "{left}");
    });
}

fn instance(id: i64, of: i64) -> SealedRecord {
    let entry = |id: i64, key: &str| SealedConfiguration {
        id: Some(ConfigurationId::new(id)),
        key: samples::text(key),
        value: ConfigurationValue::Clear(ConfigurationText::parse("a.example").unwrap()),
    };
    SealedRecord::Instance(Box::new(SealedInstance {
        id: InstanceId::new(id),
        account_id: DEFAULT,
        user_id: UserId::new(of),
        name: samples::name("Tickets"),
        element: Element {
            id: ElementId::new(40 + id % 3),
            organization_id: OrganizationId::new(4711),
            key: samples::text(&format!("jira{}", id % 3)),
            name: samples::text("Jira"),
            hub: samples::text("helpdesk"),
        },
        tags: vec![samples::text("one"), samples::text("two")],
        configuration: vec![entry(10 * id, "site"), entry(10 * id + 1, "path")],
        external_authentication: ExternalAuthentication::Initial,
        valid: true,
        disabled: false,
        token: samples::secret(&format!("ti_{id}")),
        created_at: samples::START,
        updated_at: samples::START,
        revision: Revision::new(2),
    }))
}

#[test]
fn organizations_move_without_prepared_statements_and_on_a_single_connection() {
    run(async {
        let schema = Schema::create().await;
        let config = PostgresConfig {
            prepared_statements: false,
            statement_timeout: None,
            max_connections: 1,
            ..schema.config()
        };
        let store = schema.store(config).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let transfers = &repositories.transfers;
        let mut record = transfers
            .organization(shire.organization.id)
            .await
            .unwrap()
            .unwrap();
        record.secret = samples::secret("to_moved");
        let source = SourceName::new("elsewhere");
        let begun = transfers
            .begin(&source, Ids::Assigned, &record, &samples::change())
            .await;
        let transfer = begun.unwrap();
        assert_eq!(transfers.find(&source).await.unwrap(), Some(transfer));
        let mut records = users(100..110);
        for record in &mut records {
            if let SealedRecord::User(record) = record {
                record.user.account_id = shire.account.id;
            }
        }
        records.extend((1..=4).map(|id| instance(id, 100 + id)));
        for record in &mut records {
            if let SealedRecord::Instance(record) = record {
                record.account_id = shire.account.id;
            }
        }
        let examined = transfers.examine(&transfer, &records).await.unwrap();
        assert_eq!(examined, vec![Finding::New; 14]);
        let found = transfers
            .write(&transfer, &records, &samples::change())
            .await;
        let found = found.unwrap();
        assert!(
            found
                .iter()
                .all(|finding| matches!(finding, Finding::Created(_))),
            "{found:?}"
        );
        let again = transfers
            .write(&transfer, &records, &samples::change())
            .await;
        for (finding, again) in found.iter().zip(again.unwrap()) {
            let Finding::Created(id) = finding else {
                panic!("{finding:?}");
            };
            assert_eq!(again, Finding::Unchanged(*id));
        }
        transfers.finish(&transfer).await.unwrap();
        assert!(transfers.find(&source).await.unwrap().unwrap().finished);
        for (part, expected) in [
            (Part::Accounts, 0),
            (Part::Elements, 3),
            (Part::Users, 10),
            (Part::Instances, 4),
        ] {
            let organization = transfer.organization;
            assert_eq!(transfers.count(organization, part).await.unwrap(), expected);
            let page = transfers.read(organization, part, 0, 100).await.unwrap();
            assert_eq!(page.len() as u64, expected);
        }
        store.close().await;
    });
}

#[test]
fn no_batch_reads_a_large_table_from_end_to_end() {
    run(async {
        let Moving {
            schema,
            store,
            repositories,
            transfer,
            ..
        } = Moving::begin().await;
        let transfers = repositories.transfers.clone();
        let mut instances = Vec::new();
        for batch in 1_i64..=4 {
            let from = batch * 1_000;
            let found = transfers
                .write(&transfer, &users(from..from + 500), &samples::change())
                .await;
            assert_eq!(found.unwrap(), created(from..from + 500));
            instances.extend((from..from + 300).map(|id| instance(id, id)));
        }
        for some in instances.chunks(400) {
            let found = transfers.write(&transfer, some, &samples::change()).await;
            let new = |finding: &Finding| matches!(finding, Finding::Created(_));
            let found = found.unwrap();
            assert!(found.iter().all(new), "{found:?}");
        }
        store.close().await;
        let mut observer = raw(&schema).await;
        observer.execute("ANALYZE").await.unwrap();
        until_alone(&mut observer, &schema).await;
        let before = whole_scans(&mut observer, &schema).await;
        assert!(before.len() >= 9, "{before:?}");

        let store = schema.store(schema.config()).await;
        let transfers = store.repositories().transfers;
        for batch in 5_i64..13 {
            let from = batch * 1_000;
            let mut records = users(from..from + 50);
            records.extend((from..from + 50).map(|id| instance(id, id)));
            let found = transfers
                .write(&transfer, &records, &samples::change())
                .await;
            let new = |finding: &Finding| matches!(finding, Finding::Created(_));
            let found = found.unwrap();
            assert!(found.iter().all(new), "{found:?}");
            let again = transfers.examine(&transfer, &records).await.unwrap();
            let known = |finding: &Finding| matches!(finding, Finding::Unchanged(_));
            assert!(again.iter().all(known), "{again:?}");
            for part in [Part::Users, Part::Instances] {
                let page = transfers.read(transfer.organization, part, from, 20).await;
                assert_eq!(page.unwrap().len(), 20);
            }
        }
        store.close().await;
        assert_eq!(whole_scans(&mut observer, &schema).await, before);
    });
}

#[test]
fn statistics_keep_up_with_what_moves_in() {
    run(async {
        let Moving {
            schema,
            repositories,
            transfer,
            ..
        } = Moving::begin().await;
        let mut records = users(1_000..1_400);
        records.extend((1_000..1_800).map(|id| instance(id, 1_000 + id % 400)));
        let change = samples::change();
        repositories
            .transfers
            .write(&transfer, &records, &change)
            .await
            .unwrap();
        let mut other = raw(&schema).await;
        for (query, expected) in [
            (
                "SELECT reltuples::bigint FROM pg_class WHERE oid = 'users'::regclass",
                401,
            ),
            (
                "SELECT reltuples::bigint FROM pg_class WHERE oid = 'instances'::regclass",
                800,
            ),
        ] {
            assert_eq!(number(&mut other, query).await, expected, "{query}");
        }
    });
}

#[test]
fn statistics_of_a_table_that_has_not_grown_are_left_alone() {
    run(async {
        let Moving {
            schema,
            repositories,
            transfer,
            ..
        } = Moving::begin().await;
        let change = samples::change();
        let write = async |numbers: std::ops::Range<i64>| {
            let mut records = users(numbers.clone());
            records.extend(numbers.map(|id| instance(id, id)));
            let written = repositories.transfers.write(&transfer, &records, &change);
            written.await.unwrap();
        };
        let mut other = raw(&schema).await;
        other
            .execute("ALTER TABLE instances SET (autovacuum_enabled = false)")
            .await
            .unwrap();
        write(1_000..1_800).await;
        // All but empty, and none of its pages given back: it looks as if a batch were under way.
        other
            .execute("DELETE FROM instances; ANALYZE instances")
            .await
            .unwrap();
        let known = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'instances'::regclass";
        write(2_000..2_002).await;
        write(3_000..3_002).await;
        assert_eq!(number(&mut other, known).await, 0);
        // Twice as large, it is looked at again.
        write(4_000..5_000).await;
        assert_eq!(number(&mut other, known).await, 1_004);
    });
}
