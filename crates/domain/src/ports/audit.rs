//! Where the audit log is read. It is written by the repositories, together with what it records.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    AuditField, AuditRecord, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
};

/// Where the audit log is read.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// The records in `scope` that `filter` selects, in the order of `sort` (newest first: by id, descending). An account's scope covers the records of that account,
    /// a user's those made by or to that user.
    ///
    /// # Errors
    /// `InvalidCursor` for a token of another list.
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        sort: &Sort<AuditField>,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, RepositoryError>;

    /// How many there are, counted no further than `up_to`.
    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError>;
}
