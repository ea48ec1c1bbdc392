//! Organizations on the move.

mod batch;
mod begin;
mod counters;
mod create_accounts;
mod create_instances;
mod create_organization;
mod create_users;
mod look_up;
mod numbers;
mod organization;
mod read;
mod rows;
mod statistics;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    AccountId, Change, Entity, OrganizationId, SealedSecret, SecretDigest,
    ports::{RepositoryError, TransferRepository},
    transfer::{
        Finding, Holder, Ids, OrganizationRecord, Part, Recognition, SealedRecord, SourceName,
        Transfer,
    },
};

use self::{
    batch::{Examine, Write},
    begin::{Begin, BeginInto, Check},
    statistics::Renewed,
};
use crate::{database::Database, row::Fields, sql::Statement};

/// How long a batch may take, waiting for others included. Each statement of it is short.
const BATCH: Duration = Duration::from_mins(1);

/// Transfers in this database.
pub(crate) struct PostgresTransfers {
    database: Arc<Database>,
    renewed: Renewed,
}

impl PostgresTransfers {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self {
            database,
            renewed: Renewed::default(),
        }
    }
}

#[async_trait]
impl TransferRepository for PostgresTransfers {
    async fn find(&self, source: &SourceName) -> Result<Option<Transfer>, RepositoryError> {
        let rows = self.database.read(begin::by_source(source)).await?;
        rows.first().map(transfer_of).transpose()
    }

    async fn begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) -> Result<Transfer, RepositoryError> {
        let check = Check {
            source,
            ids,
            record,
        };
        let begin = Begin { check, change };
        self.database.transact_within(BATCH, &begin).await
    }

    async fn check_begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
    ) -> Result<(), RepositoryError> {
        let check = Check {
            source,
            ids,
            record,
        };
        self.database.transact(&check).await
    }

    async fn holder(&self, secret: SecretDigest) -> Result<Option<Holder>, RepositoryError> {
        let rows = self.database.read(begin::holder(secret)).await?;
        let holder = rows.first().map(begin::holder_of).transpose();
        Ok(holder?)
    }

    async fn begin_into(
        &self,
        source: &SourceName,
        ids: Ids,
        organization: OrganizationId,
        default_account: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError> {
        let begin = BeginInto {
            source,
            ids,
            organization,
            default_account,
        };
        self.database.transact_within(BATCH, &begin).await
    }

    async fn examine(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
    ) -> Result<Vec<Finding>, RepositoryError> {
        let examine = Examine { transfer, records };
        self.database.transact_within(BATCH, &examine).await
    }

    async fn write(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
        change: &Change,
    ) -> Result<Vec<Finding>, RepositoryError> {
        let write = Write {
            transfer,
            records,
            change,
        };
        let findings = self.database.transact_within(BATCH, &write).await?;
        // The batch is written; without this, the next ones may merely take longer. What failed is not tried again with each
        // of them.
        let _ = statistics::renew(&self.database, &self.renewed).await;
        Ok(findings)
    }

    async fn finish(&self, transfer: &Transfer) -> Result<(), RepositoryError> {
        let Some(transfer) = transfer.number() else {
            return Ok(());
        };
        let statement =
            Statement::new("UPDATE transfers SET finished = TRUE WHERE id = $1").bind(transfer);
        self.database.write(statement).await.map(drop)
    }

    async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError> {
        organization::read(&self.database, organization).await
    }

    async fn read(
        &self,
        organization: OrganizationId,
        part: Part,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedRecord>, RepositoryError> {
        read::page(&self.database, organization, part, after, limit).await
    }

    async fn count(
        &self,
        organization: OrganizationId,
        part: Part,
    ) -> Result<u64, RepositoryError> {
        read::count(&self.database, organization, part).await
    }
}

/// Reads a row of [`begin::by_source`].
fn transfer_of(row: &PgRow) -> Result<Transfer, RepositoryError> {
    // Errors have no word for a transfer, so they name its organization.
    let fields = Fields::named(Entity::Organization, row, "organization_id")?;
    Ok(Transfer {
        organization: OrganizationId::new(fields.id()),
        is_own: fields.get("is_own")?,
        recognition: Recognition::ByNumber {
            transfer: fields.get("id")?,
            ids: fields.parse("ids", |word| {
                Ids::parse(&word).ok_or("numbers are either kept or assigned")
            })?,
        },
        finished: fields.get("finished")?,
    })
}
