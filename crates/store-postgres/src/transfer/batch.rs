//! A batch of records: what becomes of each, and writing those that are new. However many they are, the statements are as few.

use std::collections::HashMap;

use tenantry_domain::{
    AuditAction, Change, Entity, Snapshot,
    transfer::{
        Finding, SealedRecord, Transfer,
        plan::{Asked, Creation, Here, Plan, Remembered, numbers_asked},
    },
};

use super::{
    counters,
    create_accounts::{create_accounts, create_elements},
    create_instances, create_users, look_up, numbers,
};
use crate::{
    account::update,
    audit::{self, Entry},
    error::Failure,
    session::{Session, Work},
    sql::Statement,
    unnested::Columns,
};

pub(super) struct Examine<'a> {
    pub(super) transfer: &'a Transfer,
    pub(super) records: &'a [SealedRecord],
}

impl Work for Examine<'_> {
    type Output = Vec<Finding>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Vec<Finding>, Failure> {
        let Self { transfer, records } = self;
        let remembered = remembered(session, transfer, records).await?;
        let asked = Asked::by(transfer, records, &remembered);
        let here = look_up::here(session, transfer.organization, &asked, remembered).await?;
        let last = counters::last(session).await?;
        Ok(Plan::new(transfer, records, Here { last, ..here })?.foreseen())
    }
}

pub(super) struct Write<'a> {
    pub(super) transfer: &'a Transfer,
    pub(super) records: &'a [SealedRecord],
    pub(super) change: &'a Change,
}

impl Work for Write<'_> {
    type Output = Vec<Finding>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Vec<Finding>, Failure> {
        self.attempt(session).await.map_err(Failure::or_overtaken)
    }
}

impl Write<'_> {
    /// What is looked up without a lock, others may write before this transaction does: then the whole of it is repeated.
    async fn attempt(&self, session: &mut Session<'_>) -> Result<Vec<Finding>, Failure> {
        let Self {
            transfer, records, ..
        } = self;
        self.lock_transfer(session).await?;
        let remembered = remembered(session, transfer, records).await?;
        let asked = Asked::by(transfer, records, &remembered);
        self.lock_owners(session, &asked).await?;
        let here = look_up::here(session, transfer.organization, &asked, remembered).await?;
        if transfer.keeps_ids() {
            counters::lead(session, &numbers::kept(records)).await?;
        }
        let wanted = numbers::wanted(transfer, records, &here);
        let last = numbers::before(&counters::reserve(session, &wanted).await?);
        let plan = Plan::new(transfer, records, Here { last, ..here })?;
        self.create(session, &plan.create).await?;
        self.remember(session, &plan.remember).await?;
        Ok(plan.findings)
    }

    /// Batches of one transfer are written one after the other.
    async fn lock_transfer(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Some(transfer) = self.transfer.number() else {
            return Ok(());
        };
        let statement = Statement::new("SELECT id FROM transfers WHERE id = $1 FOR NO KEY UPDATE")
            .bind(transfer);
        Ok(session.execute(statement).await?)
    }

    /// Accounts in which users come into being, and users who get instances, stay as they are until the commit. Whoever is
    /// erasing some of them is waited for. They are locked by number, as everywhere.
    async fn lock_owners(&self, session: &mut Session<'_>, asked: &Asked) -> Result<(), Failure> {
        let has = |entity| self.records.iter().any(|record| record.entity() == entity);
        let accounts = "SELECT locked.id FROM unnest($2::bigint[]) AS asked (id) \
             CROSS JOIN LATERAL (SELECT id FROM accounts WHERE organization_id = $1 AND accounts.id = asked.id \
             FOR SHARE) AS locked";
        let users = "SELECT locked.id FROM unnest($2::bigint[]) AS asked (id) \
             CROSS JOIN LATERAL (SELECT id FROM users WHERE organization_id = $1 AND users.id = asked.id \
             FOR SHARE) AS locked";
        for (owner, of, text) in [
            (Entity::Account, Entity::User, accounts),
            (Entity::User, Entity::Instance, users),
        ] {
            if has(of) {
                let statement = Statement::new(text)
                    .bind(self.transfer.organization.get())
                    .bind(asked.of(owner).collect::<Vec<_>>());
                session.execute(statement).await?;
            }
        }
        Ok(())
    }

    async fn create(&self, session: &mut Session<'_>, create: &[Creation]) -> Result<(), Failure> {
        let (mut accounts, mut elements) = (Vec::new(), Vec::new());
        let (mut users, mut instances) = (Vec::new(), Vec::new());
        for creation in create {
            match creation {
                Creation::Account(account) => accounts.push(account),
                Creation::Element(element) => elements.push(element),
                Creation::User(user) => users.push(&**user),
                Creation::Instance(instance) => instances.push(&**instance),
            }
        }
        let organization = self.transfer.organization;
        create_accounts(session, organization, &accounts).await?;
        create_elements(session, organization, &elements).await?;
        create_users::create(session, organization, &users, self.change).await?;
        create_instances::create(session, organization, &instances, self.change).await?;
        let entries: Vec<_> = create.iter().filter_map(entry_of).collect();
        audit::record(session, organization, self.change, &entries).await
    }

    async fn remember(
        &self,
        session: &mut Session<'_>,
        remember: &[Remembered],
    ) -> Result<(), Failure> {
        let Some(transfer) = self.transfer.number() else {
            return Ok(());
        };
        // What was remembered last of a number counts.
        let last: HashMap<_, _> = remember
            .iter()
            .map(|it| ((it.entity.as_str(), it.source), it.id))
            .collect();
        remember_numbers(session, transfer, last).await
    }
}

/// Remembers what became of numbers, in the place of what was remembered of them.
pub(super) async fn remember_numbers(
    session: &mut Session<'_>,
    transfer: i64,
    numbers: HashMap<(&'static str, i64), i64>,
) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_unstable();
    let statement = Statement::new(
        "INSERT INTO transfer_numbers (transfer_id, entity, source_id, id) \
         SELECT $1, entry.* FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS entry \
         ON CONFLICT (transfer_id, entity, source_id) DO UPDATE SET id = excluded.id",
    )
    .bind(transfer);
    let statement = Columns::new(statement, &numbers)
        .of(|((entity, _), _)| *entity)
        .of(|((_, source), _)| *source)
        .of(|(_, id)| *id)
        .statement();
    Ok(session.execute(statement).await?)
}

async fn remembered(
    session: &mut Session<'_>,
    transfer: &Transfer,
    records: &[SealedRecord],
) -> Result<HashMap<(Entity, i64), i64>, Failure> {
    match transfer.number() {
        Some(transfer) => look_up::remembered(session, transfer, &numbers_asked(records)).await,
        None => Ok(HashMap::new()),
    }
}

/// What is to be recorded of something that was created.
fn entry_of(creation: &Creation) -> Option<Entry> {
    let created = |account, target, target_id, new| Entry {
        account: Some(account),
        action: AuditAction::Created,
        target,
        target_id,
        old: Snapshot::new(),
        new,
    };
    match creation {
        Creation::Account(record) => Some(update::entry(
            &record.account,
            AuditAction::Created,
            Snapshot::new(),
            record.account.snapshot(),
        )),
        Creation::Element(_) => None,
        Creation::User(record) => Some(created(
            record.user.account_id,
            Entity::User,
            record.user.id.get(),
            record
                .user
                .creation(record.roles.as_deref().unwrap_or_default()),
        )),
        Creation::Instance(instance) => Some(created(
            instance.account_id,
            Entity::Instance,
            instance.id.get(),
            instance.snapshot(),
        )),
    }
}
