//! What a node learns of what other nodes change of callers.

use sqlx::{AssertSqlSafe, Executor as _};
use tenantry_domain::{
    AccountPatch, InstancePatch, Name, PasswordPolicy, RoleChange, RoleKey, UserId, UserPatch,
    ports::{CallerChange, CallerFeed, FeedEvent},
};
use tenantry_store_postgres::PostgresStore;
use tenantry_testkit::{run, samples};

use super::{Schema, raw, scope, shire, user};

/// The next change that is told.
async fn told(feed: &dyn CallerFeed) -> CallerChange {
    loop {
        if let FeedEvent::Changed(change) = feed.next().await {
            return change;
        }
    }
}

/// A secret that goes while its user is made active is told: whoever is active then could be remembered with it.
#[test]
fn a_secret_that_goes_while_its_user_becomes_active_is_told() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let frodo = user(&repositories, &shire, "frodo@shire.example").await;
        let feed = store.caller_feed();
        let (mut one, mut other) = (raw(&schema).await, raw(&schema).await);
        let set_active =
            |active| format!("UPDATE users SET active = {active} WHERE id = {}", frodo.id);
        one.execute(AssertSqlSafe(set_active(false))).await.unwrap();
        until_current(feed.as_ref()).await;

        one.execute("BEGIN").await.unwrap();
        one.execute(AssertSqlSafe(set_active(true))).await.unwrap();
        let revoked = format!("DELETE FROM user_secrets WHERE user_id = {}", frodo.id);
        other.execute(AssertSqlSafe(revoked)).await.unwrap();
        let frodo = CallerChange::User(frodo.id);
        assert_eq!(told(feed.as_ref()).await, frodo);
        one.execute("COMMIT").await.unwrap();
        assert_eq!(told(feed.as_ref()).await, frodo);
    });
}

/// Until everything up to now was told.
async fn until_current(feed: &dyn CallerFeed) {
    while feed.next().await != FeedEvent::Current {}
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one change after the other, each told before the next"
)]
fn whatever_changes_who_may_call_is_told_to_every_node() {
    run(async {
        let schema = Schema::create().await;
        let (one, other) = (
            schema.store(schema.config()).await,
            schema.store(schema.config()).await,
        );
        let repositories = other.repositories();
        let shire = shire(&repositories).await;
        let (all, organization) = (scope(&shire), shire.organization.id);
        let frodo = user(&repositories, &shire, "frodo@shire.example").await;
        let draft = samples::instance_draft(frodo.id, "crm", "Red Book");
        let change = samples::change_at(1);
        let instances = &repositories.instances;
        let instance = instances.create(organization, &draft, &change).await;
        let instance = instance.unwrap();
        let accounts = &repositories.accounts;
        let draft = samples::account_draft("Buckland");
        let account = accounts
            .create(organization, &draft, &change)
            .await
            .unwrap();

        let feed = one.caller_feed();
        until_current(feed.as_ref()).await;

        // Whoever is new is remembered by nobody, and a name decides nothing.
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        let renamed = UserPatch {
            first_name: Some(Name::parse("Frodo").unwrap()),
            ..UserPatch::default()
        };
        let users = &repositories.users;
        users
            .update(&all, frodo.id, &renamed, None, &change)
            .await
            .unwrap();

        let disabled = InstancePatch {
            disabled: Some(true),
            ..InstancePatch::default()
        };
        instances
            .update(&all, instance.id, &disabled, None, &change)
            .await
            .unwrap();
        assert_eq!(
            told(feed.as_ref()).await,
            CallerChange::Instance(instance.id)
        );

        let closed = AccountPatch {
            active: Some(false),
            ..AccountPatch::default()
        };
        accounts
            .update(&all, account.id, &closed, None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, CallerChange::Account(account.id));

        let roles = &repositories.roles;
        roles
            .grant_to_account(&all, account.id, RoleKey::Admin, None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, CallerChange::Account(account.id));

        roles
            .grant(&all, frodo.id, RoleKey::Admin, None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, CallerChange::User(frodo.id));

        let role = roles.list(organization).await.unwrap().remove(0);
        let privileges = RoleChange {
            privileges: Some(RoleKey::Org.default_privileges()),
            ..role.reset()
        };
        roles
            .update(organization, &[privileges], &change)
            .await
            .unwrap();
        let of_organization = CallerChange::Organization(organization);
        assert_eq!(told(feed.as_ref()).await, of_organization);

        let policy = PasswordPolicy::default();
        let policies = &repositories.policies;
        policies
            .set(organization, Some(&policy), None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, of_organization);

        let credentials = &repositories.credentials;
        credentials
            .replace_organization_secret(organization, &samples::secret("to_2"), None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, of_organization);

        credentials
            .replace_user_secret(&all, frodo.id, &samples::secret("tu_2"), None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, CallerChange::User(frodo.id));

        let inactive = UserPatch {
            active: Some(false),
            ..UserPatch::default()
        };
        users
            .update(&all, frodo.id, &inactive, None, &change)
            .await
            .unwrap();
        assert_eq!(told(feed.as_ref()).await, CallerChange::User(frodo.id));

        until_current(feed.as_ref()).await;
        users.delete(&all, frodo.id, None, &change).await.unwrap();
        // Nobody remembers an inactive user, so that it goes is told of its instance alone, once for its row and its token.
        let instance = CallerChange::Instance(instance.id);
        assert_eq!(told(feed.as_ref()).await, instance);
        users.delete(&all, sam.id, None, &change).await.unwrap();
        assert_eq!(told(feed.as_ref()).await, CallerChange::User(sam.id));
    });
}

#[test]
fn what_is_changed_in_another_schema_is_told_there_alone() {
    run(async {
        let (one, other) = (Schema::create().await, Schema::create().await);
        let (here, there) = (
            one.store(one.config()).await,
            other.store(other.config()).await,
        );
        let (shire, mordor) = (
            shire(&here.repositories()).await,
            shire(&there.repositories()).await,
        );
        let frodo = user(&here.repositories(), &shire, "frodo@shire.example").await;
        user(&there.repositories(), &mordor, "orc@mordor.example").await;
        let second = user(&there.repositories(), &mordor, "troll@mordor.example").await;
        assert_ne!(frodo.id, second.id);
        let feed = here.caller_feed();
        until_current(feed.as_ref()).await;

        let (there, here) = (there.repositories().users, here.repositories().users);
        let change = samples::change_at(1);
        let deletions = [
            (there, scope(&mordor), second.id),
            (here, scope(&shire), frodo.id),
        ];
        for (users, all, id) in deletions {
            assert!(users.delete(&all, id, None, &change).await.unwrap());
        }
        assert_eq!(told(feed.as_ref()).await, CallerChange::User(frodo.id));
    });
}

#[test]
fn a_feed_that_loses_a_connection_says_so_and_goes_on() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let feed = store.caller_feed();
        until_current(feed.as_ref()).await;
        let mut other = raw(&schema).await;
        let ended: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
             AND application_name = current_setting('application_name') AND query LIKE '%caller_changes%'",
        )
        .fetch_all(&mut other)
        .await
        .unwrap();
        assert_eq!(ended, [true]);
        while feed.next().await != FeedEvent::Lost {}
        until_current(feed.as_ref()).await;
    });
}

#[test]
fn a_feed_without_the_tables_never_says_that_it_is_current() {
    run(async {
        let schema = Schema::create().await;
        let store = PostgresStore::connect(schema.config()).await.unwrap();
        let feed = store.caller_feed();
        for _ in 0..3 {
            assert_eq!(feed.next().await, FeedEvent::Lost);
        }
        store.migrate().await.unwrap();
        until_current(feed.as_ref()).await;
    });
}

/// A transaction that began before others and ends behind them is told when it ends, and they are not told again.
#[test]
fn what_is_committed_late_is_told_late_and_all_of_it_once() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let (mut ids, names) = (Vec::new(), ["frodo", "sam", "merry", "pippin"]);
        for name in names {
            let email = format!("{name}@shire.example");
            ids.push(user(&repositories, &shire, &email).await.id);
        }
        let feed = store.caller_feed();
        let (mut slow, mut undone, mut quick) =
            (raw(&schema).await, raw(&schema).await, raw(&schema).await);
        let deactivate = |n: usize| {
            AssertSqlSafe(format!(
                "UPDATE users SET active = FALSE WHERE id = {}",
                ids[n]
            ))
        };
        until_current(feed.as_ref()).await;

        slow.execute("BEGIN").await.unwrap();
        slow.execute(deactivate(0)).await.unwrap();
        undone.execute("BEGIN").await.unwrap();
        undone.execute(deactivate(1)).await.unwrap();
        quick.execute(deactivate(2)).await.unwrap();
        assert_eq!(until_told(feed.as_ref()).await, [ids[2]]);
        undone.execute("ROLLBACK").await.unwrap();
        quick.execute(deactivate(3)).await.unwrap();
        assert_eq!(until_told(feed.as_ref()).await, [ids[3]]);
        slow.execute("COMMIT").await.unwrap();
        assert_eq!(until_told(feed.as_ref()).await, [ids[0]]);
        assert_eq!(until_told(feed.as_ref()).await, []);
    });
}

/// The users that are told to be changed until everything up to now was told, which takes one more look than the one under way.
async fn until_told(feed: &dyn CallerFeed) -> Vec<UserId> {
    let (mut users, mut looks) = (Vec::new(), 0);
    while looks < 2 {
        match feed.next().await {
            FeedEvent::Changed(CallerChange::User(id)) => users.push(id),
            FeedEvent::Current => looks += 1,
            other => panic!("{other:?}"),
        }
    }
    users
}

#[test]
fn of_more_changes_than_anybody_wants_to_hear_nobody_knows() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let feed = store.caller_feed();
        until_current(feed.as_ref()).await;
        let mut other = raw(&schema).await;
        other
            .execute("INSERT INTO caller_changes (kind, target_id) SELECT 'u', n FROM generate_series(1, 10001) AS n")
            .await
            .unwrap();
        while feed.next().await != FeedEvent::Lost {}
        assert_eq!(feed.next().await, FeedEvent::Current);
    });
}

#[test]
fn a_feed_behind_which_changes_may_have_been_lost_says_so_and_goes_on() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let feed = store.caller_feed();
        until_current(feed.as_ref()).await;
        // As a crash of the server does, of which a pooler tells nobody.
        let mut other = raw(&schema).await;
        other
            .execute("TRUNCATE caller_changes, caller_changes_epoch")
            .await
            .unwrap();
        while feed.next().await != FeedEvent::Lost {}
        until_current(feed.as_ref()).await;
    });
}

#[test]
fn what_no_node_looks_for_is_forgotten_after_a_day() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let mut other = raw(&schema).await;
        // The second one comes out of the backup of another server. The first one is older than whatever other tests have open.
        other
            .execute(
                "INSERT INTO caller_changes VALUES ('3', 'u', 1, now() - interval '25 hours'); \
                 INSERT INTO caller_changes VALUES ('999999999999', 'u', 2, now() - interval '25 hours'); \
                 INSERT INTO caller_changes (kind, target_id) VALUES ('u', 3)",
            )
            .await
            .unwrap();
        let credentials = store.repositories().credentials;
        let forgotten = credentials.forget_expired(samples::START, 10).await;
        assert_eq!(forgotten.unwrap(), 2);
        let left: Vec<i64> = sqlx::query_scalar("SELECT target_id FROM caller_changes")
            .fetch_all(&mut other)
            .await
            .unwrap();
        assert_eq!(left, [3]);
    });
}

/// Looks are told the time by the database, here by a clock that the test sets.
#[test]
fn what_every_node_has_looked_for_is_removed_after_a_minute() {
    run(async {
        let schema = Schema::create().await;
        schema.store(schema.config()).await;
        let mut other = raw(&schema).await;
        other
            .execute(
                "CREATE TABLE clock AS SELECT pg_catalog.clock_timestamp() AS now; \
                 CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now FROM clock'",
            )
            .await
            .unwrap();
        let mut config = schema.config();
        config.url.push_str(",pg_catalog");
        let feed = schema.store(config).await.caller_feed();
        until_current(feed.as_ref()).await;
        // One that was over before the first look, one out of the backup of another server, and one of now.
        other
            .execute(
                "INSERT INTO caller_changes VALUES ('3', 'u', 1), ('999999999999', 'u', 2); \
                 INSERT INTO caller_changes (kind, target_id) VALUES ('u', 3)",
            )
            .await
            .unwrap();
        let mut left = Vec::new();
        for _ in 0..4 {
            // Whoever looks again after half a minute or more has to begin anew.
            other
                .execute("UPDATE clock SET now = now + interval '25 seconds'")
                .await
                .unwrap();
            until_current(feed.as_ref()).await;
            until_current(feed.as_ref()).await;
            left = sqlx::query_scalar::<_, i64>("SELECT target_id FROM caller_changes")
                .fetch_all(&mut other)
                .await
                .unwrap();
        }
        assert_eq!(left, [3]);
    });
}
