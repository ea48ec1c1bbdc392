//! Organizations on the move, in memory.

mod begin;
mod here;
mod read;

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, AuditAction, Change, Entity, OrganizationId, SealedSecret, SecretDigest, Snapshot,
    ports::{RepositoryError, TransferRepository},
    transfer::{
        Finding, Holder, Ids, OrganizationRecord, Part, Recognition, SealedRecord, SourceName,
        Transfer, UserRecord,
        plan::{Creation, Plan},
    },
};

use super::{
    MemoryStore,
    secrets::Secrets,
    state::{AccountRow, Event, State, UserRow},
};

/// A transfer that was begun, and what became of numbers in it.
#[derive(Debug)]
pub(super) struct TransferRow {
    source: SourceName,
    organization: OrganizationId,
    ids: Ids,
    is_own: bool,
    finished: bool,
    numbers: HashMap<(Entity, i64), i64>,
}

#[async_trait]
impl TransferRepository for MemoryStore {
    async fn find(&self, source: &SourceName) -> Result<Option<Transfer>, RepositoryError> {
        Ok(self.state().transfer(source))
    }

    async fn begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) -> Result<Transfer, RepositoryError> {
        self.state().begin(source, ids, record, change)
    }

    async fn check_begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
    ) -> Result<(), RepositoryError> {
        self.state().check_begin(source, ids, record).map(drop)
    }

    async fn holder(&self, secret: SecretDigest) -> Result<Option<Holder>, RepositoryError> {
        Ok(self.state().holder(secret))
    }

    async fn begin_into(
        &self,
        source: &SourceName,
        ids: Ids,
        organization: OrganizationId,
        default_account: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError> {
        self.state()
            .begin_into(source, ids, organization, default_account)
    }

    async fn examine(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
    ) -> Result<Vec<Finding>, RepositoryError> {
        let here = self.state().here(transfer);
        Ok(Plan::new(transfer, records, here)?.foreseen())
    }

    async fn write(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
        change: &Change,
    ) -> Result<Vec<Finding>, RepositoryError> {
        let mut state = self.state();
        let plan = Plan::new(transfer, records, state.here(transfer))?;
        for creation in plan.create {
            state.create(creation, change);
        }
        if let Some(row) = state.transfer_row(transfer) {
            let remembered = plan.remember.iter();
            row.numbers
                .extend(remembered.map(|it| ((it.entity, it.source), it.id)));
        }
        Ok(plan.findings)
    }

    async fn finish(&self, transfer: &Transfer) -> Result<(), RepositoryError> {
        if let Some(row) = self.state().transfer_row(transfer) {
            row.finished = true;
        }
        Ok(())
    }

    async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError> {
        Ok(self.state().organization_record(organization))
    }

    async fn read(
        &self,
        organization: OrganizationId,
        part: Part,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedRecord>, RepositoryError> {
        let mut records = self.state().records_of_part(organization, part);
        records.retain(|record| record.id() > after);
        records.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(records)
    }

    async fn count(
        &self,
        organization: OrganizationId,
        part: Part,
    ) -> Result<u64, RepositoryError> {
        let records = self.state().records_of_part(organization, part);
        Ok(records.iter().map(|_| 1).sum())
    }
}

impl TransferRow {
    /// The transfer with this number.
    fn transfer(&self, number: i64) -> Transfer {
        Transfer {
            organization: self.organization,
            is_own: self.is_own,
            recognition: Recognition::ByNumber {
                transfer: number,
                ids: self.ids,
            },
            finished: self.finished,
        }
    }
}

impl State {
    fn transfer(&self, source: &SourceName) -> Option<Transfer> {
        let mut rows = self.transfers.iter();
        let (number, row) = rows.find(|(_, row)| row.source == *source)?;
        Some(row.transfer(*number))
    }

    fn transfer_row(&mut self, transfer: &Transfer) -> Option<&mut TransferRow> {
        self.transfers.get_mut(&transfer.number()?)
    }

    fn create(&mut self, creation: Creation, change: &Change) {
        let event = match creation {
            Creation::Element(element) => {
                self.elements.insert(element.id, element);
                return;
            }
            Creation::Account(record) => {
                let new = record.account.snapshot();
                let event =
                    Event::of_account(&record.account, AuditAction::Created, Snapshot::new(), new);
                self.note_account(record.account.id);
                let row = AccountRow {
                    account: record.account,
                    grants: BTreeSet::from_iter(record.roles),
                };
                self.accounts.insert(row.account.id, row);
                event
            }
            Creation::User(record) => {
                let UserRecord {
                    user,
                    password,
                    former_passwords,
                    secret,
                    roles,
                } = *record;
                let new = user.creation(roles.as_deref().unwrap_or_default());
                let event = Event::of_user(&user, AuditAction::Created, Snapshot::new(), new);
                self.note_user(user.id);
                let row = UserRow {
                    user,
                    secrets: Secrets::new(secret),
                    tokens: Vec::new(),
                    hash: password,
                    former_hashes: former_passwords,
                    failures: 0,
                    grants: roles.into_iter().flatten().collect(),
                };
                self.users.insert(row.user.id, row);
                event
            }
            Creation::Instance(instance) => {
                let new = instance.snapshot();
                let event =
                    Event::of_instance(&instance, AuditAction::Created, Snapshot::new(), new);
                self.last_instance = self.last_instance.max(instance.id.get());
                let entries = instance.configuration.iter().map(|entry| entry.id.get());
                self.last_entry = entries.fold(self.last_entry, i64::max);
                self.instances.insert(instance.id, *instance);
                event
            }
        };
        self.record(event, change);
    }
}
