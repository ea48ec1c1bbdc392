//! Reading the audit log.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Actor, AuditField, AuditQuery, AuditRecord, Scope,
    page::{Count, Direction, Page, PageRequest, Sort},
    policy,
    ports::AuditLog,
};

/// The use cases of the audit log.
pub struct AuditService {
    log: Arc<dyn AuditLog>,
}

/// The permit to read the audit log of the organization, or of the own account.
#[derive(Debug)]
pub struct ReadLog<'a> {
    service: &'a AuditService,
    scope: Scope,
}

impl AuditService {
    /// Over this port.
    pub fn new(log: Arc<dyn AuditLog>) -> Self {
        Self { log }
    }

    /// The permit to read the log.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn read(&self, actor: &Actor) -> Result<ReadLog<'_>, ServiceError> {
        let scope = policy::audit_log(actor.identity())?;
        Ok(ReadLog {
            service: self,
            scope,
        })
    }
}

impl ReadLog<'_> {
    /// One page of the records that `query` selects, the newest first, and how many there are in all, counted no further
    /// than `up_to`.
    ///
    /// # Errors
    /// A page token of another list.
    pub async fn page(
        &self,
        query: &AuditQuery,
        page: &PageRequest,
        up_to: u64,
    ) -> Result<(Page<AuditRecord>, Count), ServiceError> {
        let filter = query.filter();
        let newest_first = Sort::by(AuditField::Id, Direction::Descending);
        let log = &self.service.log;
        let found = log.list(&self.scope, &filter, &newest_first, page).await?;
        let counted = log.count(&self.scope, &filter, up_to).await?;
        Ok((found, counted))
    }
}

impl std::fmt::Debug for AuditService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditService").finish_non_exhaustive()
    }
}
