//! Organizations on the move: not over PostgreSQL yet.

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Change, OrganizationId, SealedSecret,
    ports::{RepositoryError, TransferRepository},
    transfer::{Finding, Ids, OrganizationRecord, Part, SealedRecord, SourceName, Transfer},
};

pub(crate) struct PostgresTransfers;

const UNSUPPORTED: RepositoryError = RepositoryError::Unsupported {
    what: "moving organizations with PostgreSQL",
};

#[async_trait]
impl TransferRepository for PostgresTransfers {
    async fn find(&self, _: &SourceName) -> Result<Option<Transfer>, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn begin(
        &self,
        _: &SourceName,
        _: Ids,
        _: &OrganizationRecord<SealedSecret>,
        _: &Change,
    ) -> Result<Transfer, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn begin_into(
        &self,
        _: &SourceName,
        _: Ids,
        _: OrganizationId,
        _: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn examine(
        &self,
        _: &Transfer,
        _: &[SealedRecord],
    ) -> Result<Vec<Finding>, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn write(
        &self,
        _: &Transfer,
        _: &[SealedRecord],
        _: &Change,
    ) -> Result<Vec<Finding>, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn finish(&self, _: &Transfer) -> Result<(), RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn organization(
        &self,
        _: OrganizationId,
    ) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn read(
        &self,
        _: OrganizationId,
        _: Part,
        _: i64,
        _: u32,
    ) -> Result<Vec<SealedRecord>, RepositoryError> {
        Err(UNSUPPORTED)
    }

    async fn count(&self, _: OrganizationId, _: Part) -> Result<u64, RepositoryError> {
        Err(UNSUPPORTED)
    }
}
