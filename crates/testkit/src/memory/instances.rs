//! Instances in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, ElementId, Entity, Instance, InstanceDraft, InstanceField, InstanceId,
    OrganizationId, Revision, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{InstanceRepository, RepositoryError},
};

use super::{MemoryStore, listing, state::State};

#[async_trait]
impl InstanceRepository for MemoryStore {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &InstanceDraft,
        change: &Change,
    ) -> Result<Instance, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.user(&Scope::organization(organization), draft.user_id) else {
            return Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "id",
            });
        };
        let account_id = row.user.account_id;
        let element_id = state.element(organization, &draft.element_key);
        state.last_instance += 1;
        let instance = Instance {
            id: InstanceId::new(state.last_instance),
            organization_id: organization,
            account_id,
            user_id: draft.user_id,
            name: draft.name.clone(),
            element_id,
            element_key: draft.element_key.clone(),
            tags: draft.tags.clone(),
            valid: true,
            disabled: false,
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        state.instances.insert(instance.id, instance.clone());
        state.record_instance(&instance, AuditAction::Created, change);
        Ok(instance)
    }

    async fn find(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError> {
        let state = self.state();
        Ok(state.instances_in(scope).find(|instance| instance.id == id))
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
    ) -> Result<Page<Instance>, RepositoryError> {
        let state = self.state();
        listing::page(state.instances_in(scope), scope, filter, sort, page)
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let state = self.state();
        Ok(listing::count(state.instances_in(scope), filter, up_to))
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: InstanceId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        let found = state.instances_in(scope).find(|instance| instance.id == id);
        let Some(instance) = found else {
            return Ok(false);
        };
        if expected.is_some_and(|expected| expected != instance.revision) {
            return Err(RepositoryError::Stale {
                entity: Entity::Instance,
            });
        }
        state.instances.remove(&id);
        state.record_instance(&instance, AuditAction::Deleted, change);
        Ok(true)
    }
}

impl State {
    fn instances_in(&self, scope: &Scope) -> impl Iterator<Item = Instance> {
        let instances = self.instances.values();
        instances
            .filter(|own| scope.covers(own.organization_id, own.account_id, own.user_id))
            .cloned()
    }

    /// The element of that key in the organization's catalog, registered if it is new.
    fn element(&mut self, organization: OrganizationId, key: &Text) -> ElementId {
        let last = self.elements.values().max().map_or(0, |last| last.get());
        let entry = self.elements.entry((organization, key.clone()));
        *entry.or_insert(ElementId::new(last + 1))
    }
}
