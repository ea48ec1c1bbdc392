//! Instances in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, ConfigurationEntry, ConfigurationId, ConfigurationPatch,
    ConfigurationValue, Entity, Instance, InstanceDraft, InstanceField, InstanceId, InstanceOwner,
    InstancePatch, OrganizationId, Revision, Scope, Snapshot, Text, User,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{InstanceRepository, RepositoryError},
};

use super::{
    MemoryStore, listing,
    state::{Event, State},
};

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
        let (account_id, user) = (row.user.account_id, owner(&row.user));
        let element = state.element(organization, &draft.element);
        let entries = draft.configuration.iter();
        let configuration = entries
            .map(|(key, value)| state.new_entry(key, value))
            .collect();
        state.last_instance += 1;
        let instance = Instance {
            id: InstanceId::new(state.last_instance),
            organization_id: organization,
            account_id,
            user,
            name: draft.name.clone(),
            element,
            tags: draft.tags.clone(),
            configuration,
            external_authentication: draft.external_authentication,
            valid: true,
            disabled: false,
            token: draft.token.clone(),
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        state.instances.insert(instance.id, instance.clone());
        let new = instance.snapshot();
        let event = Event::of_instance(&instance, AuditAction::Created, Snapshot::new(), new);
        state.record(event, change);
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

    async fn update(
        &self,
        scope: &Scope,
        id: InstanceId,
        patch: &InstancePatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Instance>, RepositoryError> {
        let mut state = self.state();
        let found = state.instances_in(scope).find(|instance| instance.id == id);
        let Some(old) = found else {
            return Ok(None);
        };
        check_revision(&old, expected)?;
        let new = Instance {
            configuration: state.configure(&old.configuration, &patch.configuration),
            ..patch.apply(&old, change.at)
        };
        state.instances.insert(id, new.clone());
        let (before, after) = Snapshot::difference(&old.snapshot(), &new.snapshot());
        if !(before.is_empty() && after.is_empty()) {
            let event = Event::of_instance(&new, AuditAction::Updated, before, after);
            state.record(event, change);
        }
        Ok(Some(new))
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
        check_revision(&instance, expected)?;
        state.erase_instances(change, |instance| instance.id == id);
        Ok(true)
    }
}

impl State {
    /// The instances in `scope`, each with its owner as the owner is now.
    pub(super) fn instances_in(&self, scope: &Scope) -> impl Iterator<Item = Instance> {
        let instances = self.instances.values();
        instances
            .filter(|own| scope.covers(own.organization_id, own.account_id, own.user.id))
            .filter_map(|own| {
                let row = self.users.get(&own.user.id)?;
                Some(Instance {
                    user: owner(&row.user),
                    ..own.clone()
                })
            })
    }

    fn new_entry(&mut self, key: &Text, value: &ConfigurationValue) -> ConfigurationEntry {
        self.last_entry += 1;
        ConfigurationEntry {
            id: ConfigurationId::new(self.last_entry),
            key: key.clone(),
            value: value.clone(),
        }
    }

    /// The configuration after the patch: entries that stay come first, with their ids, then the new ones.
    fn configure(
        &mut self,
        old: &[ConfigurationEntry],
        patch: &ConfigurationPatch,
    ) -> Vec<ConfigurationEntry> {
        let mut entries: Vec<_> = old.to_vec();
        let is_set = |key: &Text| patch.set.iter().any(|(set, _)| set == key);
        entries.retain(|entry| is_set(&entry.key) || patch.keeps(&entry.key));
        for (key, value) in &patch.set {
            match entries.iter_mut().find(|entry| entry.key == *key) {
                Some(entry) => entry.value = value.clone(),
                None => entries.push(self.new_entry(key, value)),
            }
        }
        entries
    }
}

fn owner(user: &User) -> InstanceOwner {
    InstanceOwner {
        id: user.id,
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
    }
}

fn check_revision(instance: &Instance, expected: Option<Revision>) -> Result<(), RepositoryError> {
    if expected.is_some_and(|expected| expected != instance.revision) {
        return Err(RepositoryError::Stale {
            entity: Entity::Instance,
        });
    }
    Ok(())
}
