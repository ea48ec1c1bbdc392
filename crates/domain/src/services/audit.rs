//! Reading the audit log.

use std::sync::Arc;

use super::{ServiceError, totals::Totals};
use crate::{
    Actor, AuditField, AuditQuery, AuditRecord, Scope,
    page::{Count, Direction, Page, PageRequest, Sort},
    policy,
    ports::{AuditLog, Clock},
};

/// The use cases of the audit log.
pub struct AuditService {
    log: Arc<dyn AuditLog>,
    totals: Totals,
}

/// The permit to read the audit log of the organization, or of the own account.
#[derive(Debug)]
pub struct ReadLog<'a> {
    service: &'a AuditService,
    scope: Scope,
}

impl AuditService {
    /// Over these ports.
    pub fn new(log: Arc<dyn AuditLog>, clock: Arc<dyn Clock>) -> Self {
        let totals = Totals::new(clock);
        Self { log, totals }
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
        let list = (&self.scope, &filter);
        let count = |up_to| log.count(&self.scope, &filter, up_to);
        let counted = self.service.totals.of(&found, list, up_to, count).await?;
        Ok((found, counted))
    }
}

impl std::fmt::Debug for AuditService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditService").finish_non_exhaustive()
    }
}
