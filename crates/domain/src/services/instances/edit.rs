//! Changing an instance, switching it on and off, and erasing it.

use super::{InstanceService, ShownEntry, ShownInstance, configuration, create::distinct};
use crate::{
    Actor, ConfigurationId, ConfigurationText, Entity, Expected, ExternalAuthentication, Instance,
    InstanceId, InstancePatch, Name, Scope, Text,
    services::{ElementKey, ServiceError},
};

/// The permit to change or erase one instance, if it is there.
#[derive(Debug)]
pub struct EditInstance<'a> {
    pub(super) service: &'a InstanceService,
    pub(super) actor: &'a Actor,
    pub(super) scope: Scope,
    pub(super) id: InstanceId,
    /// The element that was named: instances of others are not there.
    pub(super) element: Option<ElementKey>,
}

/// What a caller wants changed. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct InstanceChanges {
    /// Shown to people.
    pub name: Option<Name>,
    /// Labels to find it by, all of them.
    pub tags: Option<Vec<Text>>,
    /// Configuration entries. No key twice.
    pub configuration: Option<Vec<(Text, ConfigurationText)>>,
    /// Whether entries that are not given go.
    pub replace_configuration: bool,
    /// Who authenticates at the element.
    pub external_authentication: Option<ExternalAuthentication>,
}

impl EditInstance<'_> {
    /// The same permit, if it is an instance of this element, where one is named.
    #[must_use]
    pub fn of(self, element: Option<ElementKey>) -> Self {
        Self { element, ..self }
    }

    /// Makes the changes; answers the instance as it is then.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such instance; `Forbidden` if the caller may not change it; `Invalid` for a mask
    /// that stands for nothing, or too many tags or entries; stale if `expected` is not its revision.
    pub async fn apply(
        &self,
        changes: InstanceChanges,
        expected: &Expected,
    ) -> Result<ShownInstance, ServiceError> {
        let tags = changes.tags.map(distinct).transpose()?;
        // What is wrong with the body is said before the target is looked for, as far as it can be told without it.
        configuration::check_number(changes.configuration.as_ref().map_or(0, Vec::len))?;
        let instance = self.target().await?;
        let mut patch = InstancePatch {
            name: changes.name,
            tags,
            external_authentication: changes.external_authentication,
            ..InstancePatch::default()
        };
        if let Some(given) = changes.configuration {
            patch.configuration = configuration::patch(
                self.service.vault.as_ref(),
                instance.token.digest,
                &instance.configuration,
                given,
                changes.replace_configuration,
            )?;
        }
        self.write(&instance, &patch, expected).await
    }

    /// Switches the instance on or off.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub async fn enable(
        &self,
        enabled: bool,
        expected: &Expected,
    ) -> Result<ShownInstance, ServiceError> {
        let instance = self.target().await?;
        let patch = InstancePatch {
            disabled: Some(!enabled),
            ..InstancePatch::default()
        };
        self.write(&instance, &patch, expected).await
    }

    /// Gives one configuration entry another value; answers the entry as it is then.
    ///
    /// # Errors
    /// As [`apply`](Self::apply); `NotFound` also if the instance has no such entry.
    pub async fn configure(
        &self,
        entry: ConfigurationId,
        value: ConfigurationText,
        expected: &Expected,
    ) -> Result<ShownEntry, ServiceError> {
        let instance = self.target().await?;
        let found = ShownEntry::of(&instance, entry)?.entry;
        let mut patch = InstancePatch::default();
        if !configuration::is_masked(&found.key, &value) {
            let vault = self.service.vault.as_ref();
            let value = configuration::sealed(vault, instance.token.digest, &found.key, value);
            patch.configuration.set.push((found.key, value));
        }
        let changed = self.write(&instance, &patch, expected).await?;
        ShownEntry::of(&changed.instance, entry)
    }

    /// Erases the instance; its token authenticates nobody from then on.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such instance; `Forbidden` if the caller may not erase it; stale if `expected` is
    /// not its revision.
    pub async fn delete(&self, expected: &Expected) -> Result<(), ServiceError> {
        let instance = self.target().await?;
        let expected = expected.check(Entity::Instance, instance.revision)?;
        let change = self.actor.change(self.service.clock.now());
        let erased = self
            .service
            .instances
            .delete(&self.scope, self.id, expected, &change)
            .await?;
        if erased {
            Ok(())
        } else {
            Err(ServiceError::no_such(Entity::Instance, self.id))
        }
    }

    async fn target(&self) -> Result<Instance, ServiceError> {
        let target = self.service.target(self.actor, &self.scope, self.id);
        let target = target.await?;
        match &self.element {
            Some(key) if !key.names(&target.element) => {
                Err(ServiceError::no_such(Entity::Instance, self.id))
            }
            _ => Ok(target),
        }
    }

    async fn write(
        &self,
        instance: &Instance,
        patch: &InstancePatch,
        expected: &Expected,
    ) -> Result<ShownInstance, ServiceError> {
        let expected = expected.check(Entity::Instance, instance.revision)?;
        let change = self.actor.change(self.service.clock.now());
        let updated = self
            .service
            .instances
            .update(&self.scope, self.id, patch, expected, &change)
            .await?;
        let updated = updated.ok_or_else(|| ServiceError::no_such(Entity::Instance, self.id))?;
        self.service.shown(self.actor, updated)
    }
}
