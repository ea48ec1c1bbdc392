//! What PostgreSQL adds to the contract. What its tests have in common stands here.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "adapter/caller_feed.rs"]
mod caller_feed;
#[path = "adapter/changed_users.rs"]
mod changed_users;
#[path = "adapter/connections.rs"]
mod connections;
#[path = "adapter/creations.rs"]
mod creations;
#[path = "adapter/errors.rs"]
mod errors;
#[path = "adapter/outages.rs"]
mod outages;
#[path = "adapter/platform.rs"]
mod platform;
#[path = "adapter/queries.rs"]
mod queries;
#[path = "adapter/roles_of_new_users.rs"]
mod roles_of_new_users;
#[path = "adapter/search.rs"]
mod search;
mod support;
#[path = "adapter/together.rs"]
mod together;
#[path = "adapter/transfers.rs"]
mod transfers;
#[path = "adapter/upgrade.rs"]
mod upgrade;

use std::error::Error;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tenantry_domain::{
    Scope, User, UserDraft,
    ports::{CreatedOrganization, Repositories, RepositoryError},
};
use tenantry_testkit::samples;

use support::Schema;

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

/// The Shire in a schema of its own, and two connections beside its store: one that stands in the way, and one that watches.
async fn scene() -> (
    Schema,
    Repositories,
    CreatedOrganization,
    PgConnection,
    PgConnection,
) {
    let schema = Schema::create().await;
    let repositories = schema.store(schema.config()).await.repositories();
    let shire = shire(&repositories).await;
    let (other, observer) = (raw(&schema).await, raw(&schema).await);
    (schema, repositories, shire, other, observer)
}

/// How many statements of the schema's stores wait for a lock.
async fn blocked(observer: &mut PgConnection, schema: &Schema) -> i64 {
    let name = schema.config().url.rsplit('=').next().unwrap().to_owned();
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'",
    )
    .bind(&name)
    .fetch_one(observer)
    .await
    .unwrap()
}

/// Waits until some statement of the schema's stores waits for a lock.
async fn until_blocked(observer: &mut PgConnection, schema: &Schema) {
    for _ in 0..LOOKS {
        if blocked(observer, schema).await > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no statement waits for a lock");
}

/// Where nothing comes of it, a test ends instead of looking for ever.
const LOOKS: u32 = 100_000;

/// Lets every task that can go on do so.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Waits until no other connection has anything to do with the schema.
async fn until_alone(observer: &mut PgConnection, schema: &Schema) {
    let name = schema.config().url.rsplit('=').next().unwrap().to_owned();
    for _ in 0..LOOKS {
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
    panic!("other connections stay");
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
