//! The links of the audit log in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditId, AuditRecord, ChainHead, ChainLink, OrganizationId,
    ports::{AuditChain, RepositoryError},
};

use super::{MemoryStore, state::State};

#[async_trait]
impl AuditChain for MemoryStore {
    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        let state = self.state();
        let ids = state.organizations.keys().copied();
        let beyond = ids.filter(|id| after.is_none_or(|after| *id > after));
        Ok(beyond.take(many(limit)).collect())
    }

    async fn unlinked_organizations(
        &self,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        let state = self.state();
        let ids = state.organizations.keys().copied();
        let waiting = ids.filter(|id| state.unlinked(*id).next().is_some());
        Ok(waiting.take(many(limit)).collect())
    }

    async fn head(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<ChainHead>, RepositoryError> {
        Ok(self.state().heads.get(&organization).cloned())
    }

    async fn unlinked(
        &self,
        organization: OrganizationId,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RepositoryError> {
        let state = self.state();
        let records = state.unlinked(organization);
        Ok(records.take(many(limit)).cloned().collect())
    }

    async fn link<'a>(
        &self,
        organization: OrganizationId,
        old: Option<&'a ChainHead>,
        links: &[(AuditId, ChainLink)],
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        if state.heads.get(&organization) != old {
            return Ok(false);
        }
        for (id, link) in links {
            if state.unlinked(organization).any(|record| record.id == *id) {
                state.links.insert(*id, *link);
            }
        }
        state.heads.insert(organization, new.clone());
        Ok(true)
    }

    async fn linked(
        &self,
        organization: OrganizationId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(AuditRecord, ChainLink)>, RepositoryError> {
        let state = self.state();
        let mut linked: Vec<_> = state
            .linked(organization)
            .filter(|(_, link)| link.position > after)
            .map(|(record, link)| (record.clone(), link))
            .collect();
        linked.sort_by_key(|(_, link)| link.position);
        linked.truncate(many(limit));
        Ok(linked)
    }

    async fn prune(
        &self,
        organization: OrganizationId,
        old: &ChainHead,
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        if state.heads.get(&organization) != Some(old) {
            return Ok(false);
        }
        let erased: Vec<AuditId> = state
            .linked(organization)
            .filter(|(_, link)| link.position <= new.start.position)
            .map(|(record, _)| record.id)
            .collect();
        for id in erased {
            state.audit.remove(&id);
            state.links.remove(&id);
        }
        state.heads.insert(organization, new.clone());
        Ok(true)
    }
}

impl State {
    fn records_of(&self, organization: OrganizationId) -> impl Iterator<Item = &AuditRecord> {
        let records = self.audit.values();
        records.filter(move |record| record.organization_id == organization)
    }

    fn unlinked(&self, organization: OrganizationId) -> impl Iterator<Item = &AuditRecord> {
        self.records_of(organization)
            .filter(|record| !self.links.contains_key(&record.id))
    }

    fn linked(
        &self,
        organization: OrganizationId,
    ) -> impl Iterator<Item = (&AuditRecord, ChainLink)> {
        self.records_of(organization)
            .filter_map(|record| Some((record, *self.links.get(&record.id)?)))
    }
}

fn many(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
