//! The audit log in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditField, AuditRecord, Author, Entity, Reach, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AuditLog, RepositoryError},
};

use super::{MemoryStore, listing};

#[async_trait]
impl AuditLog for MemoryStore {
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        sort: &Sort<AuditField>,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, RepositoryError> {
        let state = self.state();
        let records = state.audit.values().filter(|record| covers(scope, record));
        listing::page(records.cloned(), scope, filter, sort, page)
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let state = self.state();
        let records = state.audit.values().filter(|record| covers(scope, record));
        Ok(listing::count(records.cloned(), filter, up_to))
    }
}

fn covers(scope: &Scope, record: &AuditRecord) -> bool {
    record.organization_id == scope.organization_id()
        && match scope.reach() {
            Reach::Organization => true,
            Reach::Account(own) => record.account_id == Some(own),
            Reach::User(own) => {
                let by = record.change.author == Author::User(own);
                let to = record.target == Entity::User && record.target_id == own.get();
                by || to
            }
        }
}
