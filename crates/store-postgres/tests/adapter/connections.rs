//! What becomes of connections: those that the server ends, those that something failed on, and all of them at the end.

use sqlx::{PgConnection, Row as _};
use tenantry_domain::{Entity, ports::RepositoryError};
use tenantry_store_postgres::{PostgresConfig, PostgresStore};
use tenantry_testkit::{run, samples};

use super::{LOOKS, Schema, raw, scene, scope, shire, until_alone, until_blocked};

/// How many connections of this application there are in such a state.
async fn count(observer: &mut PgConnection, application: &str, state: &str) -> i64 {
    let counted = sqlx::query(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state LIKE $2",
    )
    .bind(application)
    .bind(state);
    counted.fetch_one(observer).await.unwrap().get(0)
}

fn application(config: &PostgresConfig) -> String {
    let (_, behind) = config.url.split_once("application_name=").unwrap();
    behind.split('&').next().unwrap().to_owned()
}

#[test]
fn a_connection_that_the_server_ended_by_a_limit_of_its_own_is_replaced() {
    run(async {
        let schema = Schema::create().await;
        let mut config = schema.config();
        schema.store(config.clone()).await;
        config.url = config
            .url
            .replace("application_name=", "application_name=idle_");
        config.url.push_str("&options[idle_session_timeout]=50");
        let (application, mut observer) = (application(&config), raw(&schema).await);
        let store = PostgresStore::connect(config).await.unwrap();
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        for _ in 0..LOOKS {
            if count(&mut observer, &application, "%").await == 0 {
                break;
            }
        }
        assert_eq!(count(&mut observer, &application, "%").await, 0);
        let within = scope(&shire);
        let found = repositories.users.find(&within, shire.admin.id);
        assert_eq!(found.await.unwrap(), Some(shire.admin));
    });
}

#[test]
fn what_failed_has_no_transaction_open_when_its_error_is_answered() {
    run(async {
        let (schema, repositories, shire, _, mut observer) = scene().await;
        let draft = tenantry_domain::AccountDraft {
            external_id: Some(samples::text("A-1")),
            ..samples::account_draft("Buckland")
        };
        let accounts = &repositories.accounts;
        let (within, change) = (shire.organization.id, samples::change());
        let create = || accounts.create(within, &draft, &change);
        create().await.unwrap();
        let error = create().await.unwrap_err();
        assert!(
            matches!(
                error,
                RepositoryError::Conflict {
                    entity: Entity::Account,
                    field: "externalId"
                }
            ),
            "{error:?}"
        );
        let application = application(&schema.config());
        let open = count(&mut observer, &application, "idle in transaction%").await;
        assert_eq!(open, 0);
    });
}

#[test]
fn a_store_that_closes_waits_for_what_is_under_way() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let (mut other, mut observer) = (raw(&schema).await, raw(&schema).await);
        sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut other)
            .await
            .unwrap();
        let (users, within, id) = (repositories.users.clone(), scope(&shire), shire.admin.id);
        let read = tokio::spawn(async move { users.find(&within, id).await });
        until_blocked(&mut observer, &schema).await;
        let mut closing = Box::pin(store.close());
        tokio::select! {
            biased;
            () = &mut closing => panic!("it is closed while a read is under way"),
            () = tokio::task::yield_now() => {}
        }
        sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
        assert_eq!(read.await.unwrap().unwrap(), Some(shire.admin));
        closing.await;
        drop(other);
        until_alone(&mut observer, &schema).await;
    });
}
