//! How fast users move in, beside PostgreSQL's own COPY of the same rows into the same table. The server must allow COPY from
//! its files, as the throwaway one does:
//!
//! `TENANTRY_TEST_POSTGRES_URL=… cargo run --release -p tenantry-store-postgres --example import_rate`
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "an example that measures"
)]

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tenantry_domain::{
    AccountId, OrganizationId, PasswordHash, PasswordState, Revision, User, UserId,
    transfer::{Finding, Ids, SealedRecord, SourceName, UserRecord},
};
use tenantry_store_postgres::{PostgresConfig, PostgresStore};
use tenantry_testkit::{run, samples};

const USERS: i64 = 100_000;
const BATCH: usize = 500;
const ROUNDS: u32 = 3;
/// As long as a real one.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

fn main() {
    run(async {
        let mut ratios = Vec::new();
        for round in 1..=ROUNDS {
            let (import, copy) = measure().await;
            let ratio = copy.as_secs_f64() / import.as_secs_f64();
            println!(
                "round {round}: import {:.2} s, {:.0} users/s; COPY {:.2} s, {:.0} users/s; {ratio:.2} of COPY",
                import.as_secs_f64(),
                rate(import),
                copy.as_secs_f64(),
                rate(copy),
            );
            ratios.push(ratio);
        }
        ratios.sort_by(f64::total_cmp);
        println!("the middle one: {:.2} of COPY", ratios[ratios.len() / 2]);
    });
}

fn rate(taken: Duration) -> f64 {
    f64::from(u32::try_from(USERS).unwrap()) / taken.as_secs_f64()
}

async fn measure() -> (Duration, Duration) {
    let database = std::env::var("TENANTRY_TEST_POSTGRES_URL")
        .expect("TENANTRY_TEST_POSTGRES_URL is not set: run cargo xtask postgres");
    let joint = if database.contains('?') { '&' } else { '?' };
    let url = format!("{database}{joint}options[search_path]=import_rate");
    let mut other = PgConnection::connect(&url).await.unwrap();
    let fresh = "DROP SCHEMA IF EXISTS import_rate CASCADE; CREATE SCHEMA import_rate; CHECKPOINT";
    other.execute(fresh).await.unwrap();
    let store = PostgresStore::connect(PostgresConfig::new(url))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let import = import(&store).await;

    let directory: String = sqlx::query_scalar("SELECT current_setting('data_directory')")
        .fetch_one(&mut other)
        .await
        .unwrap();
    let file = format!("'{directory}/import_rate.copy'");
    let prepare = format!("COPY users TO {file}; TRUNCATE users CASCADE; CHECKPOINT");
    other.execute(AssertSqlSafe(prepare)).await.unwrap();
    let copy = format!("COPY users FROM {file}");
    let begun = Instant::now();
    other.execute(AssertSqlSafe(copy)).await.unwrap();
    let copy = begun.elapsed();
    store.close().await;
    other
        .execute("DROP SCHEMA import_rate CASCADE")
        .await
        .unwrap();
    (import, copy)
}

/// How long all users take, everything that is theirs and the audit log included.
async fn import(store: &PostgresStore) -> Duration {
    let repositories = store.repositories();
    let change = samples::change();
    let shire = repositories
        .organizations
        .create(&samples::organization_draft("Shire"), &change)
        .await
        .unwrap();
    let transfers = repositories.transfers;
    let account = AccountId::new(77);
    let source = SourceName::new("a file");
    let transfer = transfers
        .begin_into(&source, Ids::Kept, shire.organization.id, account)
        .await
        .unwrap()
        .unwrap();
    let records: Vec<_> = (1_000..1_000 + USERS)
        .map(|number| record(number, account))
        .collect();
    let begun = Instant::now();
    for batch in records.chunks(BATCH) {
        let found = transfers.write(&transfer, batch, &change).await.unwrap();
        let created = |finding: &Finding| matches!(finding, Finding::Created(_));
        assert!(found.iter().all(created), "{found:?}");
    }
    begun.elapsed()
}

fn record(number: i64, account_id: AccountId) -> SealedRecord {
    let email = format!("frodo.baggins.{number}@shire.example");
    let at = samples::START;
    SealedRecord::User(Box::new(UserRecord {
        user: User {
            id: UserId::new(number),
            organization_id: OrganizationId::new(1),
            account_id,
            email: samples::email(&email),
            first_name: samples::name("Frodo"),
            last_name: samples::name(&format!("Baggins-{number}")),
            active: true,
            profile: samples::full_profile(),
            password: PasswordState::Set {
                changed_at: at,
                must_change: false,
            },
            locked_until: None,
            last_login_at: Some(at),
            created_at: at,
            updated_at: at,
            revision: Revision::FIRST,
        },
        password: Some(PasswordHash::new(HASH)),
        former_passwords: Vec::new(),
        secret: samples::secret(&format!("tu_{email}")),
        roles: Some(Vec::new()),
    }))
}
