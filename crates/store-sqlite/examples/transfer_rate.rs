//! How many users move in a second, and how many are found unchanged:
//! `cargo run --release -p tenantry-store-sqlite --example transfer_rate`.
//!
//! 100,000 users with a password, a secret and two roles move into a fresh file in batches of 500, as from another server,
//! once as new and once again. The figures depend on the machine and its disk, so it is no test.

use std::{error::Error, time::Instant};

use tenantry_domain::{
    OrganizationId, PasswordState, Revision, RoleKey, SealedSecret, User, UserId,
    ports::TransferRepository,
    transfer::{Finding, Ids, SealedRecord, SourceName, Transfer, UserRecord},
};
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::{
    run,
    samples::{
        START, change, email, full_profile, name, organization_draft, password_hash, secret,
    },
};

const USERS: i64 = 100_000;
const BATCH: i64 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    run(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = SqliteStore::open(SqliteConfig::at(directory.path().join("tenantry.db"))).await?;
    store.migrate().await?;
    let stores = store.repositories();
    let draft = organization_draft("Rivendell");
    let there = stores.organizations.create(&draft, &change()).await?;
    let (organization, account) = (there.organization.id, there.account.id);
    let source = SourceName::new("measured");
    let transfer = stores
        .transfers
        .begin_into(&source, Ids::Kept, organization, account)
        .await?
        .ok_or("the organization is not there")?;
    let record = |number| record(organization, number, account);
    let batches: Vec<Vec<_>> = (0..USERS / BATCH)
        .map(|batch| (0..BATCH).map(|one| record(batch * BATCH + one)).collect())
        .collect();
    pass("created", stores.transfers.as_ref(), &transfer, &batches).await?;
    pass("unchanged", stores.transfers.as_ref(), &transfer, &batches).await?;
    store.close().await;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "measures how long a pass takes")]
async fn pass(
    what: &str,
    transfers: &dyn TransferRepository,
    transfer: &Transfer,
    batches: &[Vec<SealedRecord>],
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    for batch in batches {
        let findings = transfers.write(transfer, batch, &change()).await?;
        let refused = findings
            .iter()
            .find(|finding| !matches!(finding, Finding::Created(_) | Finding::Unchanged(_)));
        if let Some(refused) = refused {
            return Err(format!("not {what}: {refused:?}").into());
        }
    }
    let taken = start.elapsed();
    let rate = f64::from(u32::try_from(USERS)?) / taken.as_secs_f64();
    println!("{USERS} {what} in {taken:.1?}: {rate:.0} a second");
    Ok(())
}

fn record(
    organization_id: OrganizationId,
    number: i64,
    account_id: tenantry_domain::AccountId,
) -> SealedRecord {
    let address = format!("elf{number}@rivendell.example");
    let record: UserRecord<SealedSecret> = UserRecord {
        user: User {
            id: UserId::new(1_000 + number),
            organization_id,
            account_id,
            email: email(&address),
            first_name: name("Elrond"),
            last_name: name("Peredhel"),
            active: true,
            profile: full_profile(),
            password: PasswordState::Set {
                changed_at: START,
                must_change: false,
            },
            locked_until: None,
            last_login_at: Some(START),
            created_at: START,
            updated_at: START,
            revision: Revision::new(3),
        },
        password: Some(password_hash("s3cret")),
        former_passwords: Vec::new(),
        secret: secret(&format!("tu_{address}")),
        roles: Some(vec![RoleKey::OrgAdmin, RoleKey::Admin]),
    };
    SealedRecord::User(Box::new(record))
}
