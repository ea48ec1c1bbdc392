//! Organizations that move in and out. What becomes of records is decided by the domain; here is looked up what it asks for,
//! and done what it says.

mod begin;
mod create;
mod here;
mod read;

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, Change, Entity, OrganizationId, SealedSecret, SecretDigest,
    ports::{RepositoryError, TransferRepository},
    transfer::{
        Finding, Holder, Ids, OrganizationRecord, Part, Recognition, SealedRecord, SourceName,
        Transfer,
        plan::{Plan, Remembered},
    },
};

use self::{
    begin::{begin, begin_into, check_begin, holder},
    create::create,
    here::here,
    read::{organization, records},
};
use crate::{
    engine::Engine,
    error::Failure,
    rows::Cells,
    sql::{Sql, moment},
};

/// How long a batch may take: on the slowest disks, with some thousands of records.
const BATCH: Duration = Duration::from_mins(1);

pub(crate) struct Transfers(pub(crate) Engine);

#[async_trait]
impl TransferRepository for Transfers {
    async fn find(&self, source: &SourceName) -> Result<Option<Transfer>, RepositoryError> {
        let source = source.clone();
        self.0
            .look_up(move |connection| find(connection, &source))
            .await
    }

    async fn begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) -> Result<Transfer, RepositoryError> {
        let (source, record, change) = (source.clone(), record.clone(), *change);
        self.0
            .write(move |connection| begin(connection, &source, ids, record, &change))
            .await
    }

    async fn check_begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
    ) -> Result<(), RepositoryError> {
        let (source, record) = (source.clone(), record.clone());
        self.0
            .read(move |connection| {
                let _moment = moment(connection)?;
                check_begin(connection, &source, ids, record).map(drop)
            })
            .await
    }

    async fn holder(&self, secret: SecretDigest) -> Result<Option<Holder>, RepositoryError> {
        self.0
            .look_up(move |connection| holder(connection, secret))
            .await
    }

    async fn begin_into(
        &self,
        source: &SourceName,
        ids: Ids,
        organization: OrganizationId,
        default_account: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError> {
        let source = source.clone();
        self.0
            .write(move |connection| {
                begin_into(connection, &source, ids, organization, default_account)
            })
            .await
    }

    async fn examine(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
    ) -> Result<Vec<Finding>, RepositoryError> {
        let (transfer, records) = (*transfer, records.to_vec());
        self.0
            .read(move |connection| {
                let _moment = moment(connection)?;
                let here = here(connection, &transfer, &records)?;
                Ok(Plan::new(&transfer, &records, here)?.foreseen())
            })
            .await
    }

    async fn write(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
        change: &Change,
    ) -> Result<Vec<Finding>, RepositoryError> {
        let (transfer, records, change) = (*transfer, records.to_vec(), *change);
        self.0
            .write_within(BATCH, move |connection| {
                write(connection, &transfer, &records, &change)
            })
            .await
    }

    async fn finish(&self, transfer: &Transfer) -> Result<(), RepositoryError> {
        let Some(transfer) = transfer.number() else {
            return Ok(());
        };
        self.0
            .write(move |connection| {
                connection
                    .prepare_cached("UPDATE transfers SET finished = 1 WHERE id = ?")?
                    .execute([transfer])?;
                Ok(())
            })
            .await
    }

    async fn organization(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError> {
        self.0
            .read(move |connection| organization(connection, id))
            .await
    }

    async fn read(
        &self,
        organization: OrganizationId,
        part: Part,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedRecord>, RepositoryError> {
        self.0
            .read(move |connection| records(connection, organization, part, after, limit))
            .await
    }

    async fn count(
        &self,
        organization: OrganizationId,
        part: Part,
    ) -> Result<u64, RepositoryError> {
        let sql = read::count(organization, part);
        let count: Option<i64> = self
            .0
            .read(move |connection| sql.row(connection, |row| Ok(row.get(0)?)))
            .await?;
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0))
    }
}

fn find(connection: &Connection, source: &SourceName) -> Result<Option<Transfer>, Failure> {
    let mut sql = Sql::new(
        "SELECT id, organization_id, ids, finished, EXISTS (SELECT 1 FROM transfer_numbers AS own \
         WHERE own.transfer_id = transfers.id AND own.entity = 'organization') FROM transfers WHERE source = ",
    );
    sql.bind(source.as_str().to_owned());
    sql.row(connection, transfer)
}

fn transfer(row: &Row<'_>) -> Result<Transfer, Failure> {
    let organization = row.get(1)?;
    let read = |cells: &mut Cells<'_>| {
        let transfer = cells.take()?;
        let organization = OrganizationId::new(cells.take()?);
        let ids = Ids::parse(&cells.take::<String>()?).ok_or("unknown ids")?;
        Ok(Transfer {
            organization,
            recognition: Recognition::ByNumber { transfer, ids },
            finished: cells.take()?,
            is_own: cells.take()?,
        })
    };
    read(&mut Cells::of(row))
        .map_err(|source| Failure::corrupt(Entity::Organization, organization, source))
}

fn write(
    connection: &Connection,
    transfer: &Transfer,
    records: &[SealedRecord],
    change: &Change,
) -> Result<Vec<Finding>, Failure> {
    let here = here(connection, transfer, records)?;
    let plan = Plan::new(transfer, records, here)?;
    for creation in &plan.create {
        create(connection, creation, change)?;
    }
    if let Some(transfer) = transfer.number() {
        remember(connection, transfer, &plan.remember)?;
    }
    Ok(plan.findings)
}

/// Remembers what became of numbers, in the place of what was remembered of them.
fn remember(connection: &Connection, transfer: i64, numbers: &[Remembered]) -> Result<(), Failure> {
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO transfer_numbers (transfer_id, entity, source_id, id) VALUES (?, ?, ?, ?)",
    )?;
    for Remembered { entity, source, id } in numbers {
        insert.execute((transfer, entity.as_str(), source, id))?;
    }
    Ok(())
}
