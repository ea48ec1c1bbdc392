//! The audit log, to be read. What writes to it is `record.rs`.

use async_trait::async_trait;
use tenantry_domain::{
    AuditField, AuditRecord, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AuditLog, RepositoryError},
};

use crate::{
    engine::Engine,
    list::{count, list},
    rows::audit::{COLUMNS, read},
};

pub(crate) struct Audit(pub(crate) Engine);

#[async_trait]
impl AuditLog for Audit {
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        sort: &Sort<AuditField>,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, RepositoryError> {
        list(&self.0, COLUMNS, read, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        count(&self.0, scope, filter, up_to).await
    }
}
