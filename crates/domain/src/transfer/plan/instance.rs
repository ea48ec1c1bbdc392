//! What becomes of an instance.

use std::collections::HashSet;

use super::{Creation, Planner, compared};
use crate::{
    ConfigurationEntry, Entity, Instance, InstanceId, InstanceOwner, User, UserId,
    transfer::{Finding, Refusal, SealedInstance, instance_snapshot},
};

impl Planner {
    pub(super) fn instance(&mut self, record: &SealedInstance) -> Result<Finding, Refusal> {
        let source = record.id.get();
        let owner = self.remembered(Entity::User, record.user_id.get());
        let owner = owner.map(UserId::new);
        let known = self.remembered(Entity::Instance, source);
        if let Some(here) = known.and_then(|id| self.here.instances.get(&InstanceId::new(id))) {
            let mut there = record.clone();
            there.user_id = owner.unwrap_or(there.user_id);
            let (here_is, there_is) = (instance_snapshot(here), instance_snapshot(&there));
            return Ok(compared(here.id.get(), &here_is, &there_is));
        }
        if self.here.tokens.contains(&record.token.digest) {
            return Err(Refusal::SecretInUse(Entity::Instance));
        }
        self.entries_are_free(record)?;
        self.can_have(Entity::Instance, source)?;
        let owner = owner
            .and_then(|id| self.here.users.get(&id))
            .map(|known| known.user.clone())
            .ok_or(Refusal::OwnerMissing(Entity::User))?;
        if self.account_meant(record.account_id)? != owner.account_id {
            return Err(Refusal::OwnerElsewhere);
        }
        let id = self.number(Entity::Instance, source);
        let new = self.new_instance(record, InstanceId::new(id), owner);
        self.here.tokens.insert(record.token.digest);
        let entries = new.configuration.iter().map(|entry| entry.id);
        self.here.entries.extend(entries);
        self.here.instances.insert(new.id, new.clone().into());
        self.remember(Entity::Instance, source, id);
        self.plan.create.push(Creation::Instance(Box::new(new)));
        Ok(Finding::Created(id))
    }

    fn entries_are_free(&self, record: &SealedInstance) -> Result<(), Refusal> {
        if !self.recognition.keeps_ids() {
            return Ok(());
        }
        let mut own = HashSet::new();
        let mut kept = record.configuration.iter().filter_map(|entry| entry.id);
        let is_free = |id: crate::ConfigurationId| {
            super::can_be_kept(Entity::Instance, id.get()) && !self.here.entries.contains(&id)
        };
        if kept.all(|id| is_free(id) && own.insert(id)) {
            Ok(())
        } else {
            Err(Refusal::ConfigurationIdInUse)
        }
    }

    fn new_instance(&mut self, record: &SealedInstance, id: InstanceId, owner: User) -> Instance {
        let keeps_ids = self.recognition.keeps_ids();
        let entries = record.configuration.iter();
        let configuration = entries
            .map(|entry| ConfigurationEntry {
                id: entry
                    .id
                    .filter(|_| keeps_ids)
                    .unwrap_or_else(|| self.here.last.next_entry()),
                key: entry.key.clone(),
                value: entry.value.clone(),
            })
            .collect();
        Instance {
            id,
            organization_id: self.organization,
            account_id: owner.account_id,
            user: InstanceOwner {
                id: owner.id,
                email: owner.email,
                first_name: owner.first_name,
                last_name: owner.last_name,
            },
            name: record.name.clone(),
            element: self.element_meant(&record.element),
            tags: record.tags.clone(),
            configuration,
            external_authentication: record.external_authentication,
            valid: record.valid,
            disabled: record.disabled,
            token: record.token.clone(),
            created_at: record.created_at,
            updated_at: record.updated_at,
            revision: record.revision,
        }
    }
}
