//! The use cases of instances. Each starts with a permit; one file per permit.

pub(super) mod configuration;
mod create;
mod edit;
mod view;

use std::sync::Arc;

pub use self::{
    create::{CreateInstances, ElementName, NewInstance},
    edit::{EditInstance, InstanceChanges},
    view::{InstanceCount, InstanceQuery, ViewInstances},
};
use super::{ServiceError, totals::Totals};
use crate::{
    AccountId, Actor, ConfigurationEntry, ConfigurationId, Entity, Instance, InstanceId, Revision,
    Scope, SecretText,
    policy::{self, Forbidden, InstanceAction},
    ports::{
        AccountRepository, Clock, ElementRepository, InstanceRepository, Repositories, SecretVault,
    },
};

/// The use cases of instances.
pub struct InstanceService {
    instances: Arc<dyn InstanceRepository>,
    elements: Arc<dyn ElementRepository>,
    accounts: Arc<dyn AccountRepository>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
    totals: Totals,
}

/// An instance as the caller may see it.
#[derive(Clone, Debug)]
pub struct ShownInstance {
    /// The instance.
    pub instance: Instance,
    /// Its token in clear, if the caller may have it.
    pub token: Option<SecretText>,
}

/// One configuration entry of an instance that the caller may see.
#[derive(Clone, Debug)]
pub struct ShownEntry {
    /// The entry.
    pub entry: ConfigurationEntry,
    /// How often its instance was written.
    pub revision: Revision,
}

impl ShownEntry {
    fn of(instance: &Instance, id: ConfigurationId) -> Result<Self, ServiceError> {
        let entry = instance.configuration.iter().find(|entry| entry.id == id);
        let entry = entry.cloned().ok_or_else(|| ServiceError::NotFound {
            entity: Entity::Instance,
            key: format!("ID {} and configuration ID {id}", instance.id),
        })?;
        Ok(Self {
            entry,
            revision: instance.revision,
        })
    }
}

impl InstanceService {
    /// Over these ports.
    pub fn new(
        repositories: &Repositories,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            instances: Arc::clone(&repositories.instances),
            elements: Arc::clone(&repositories.elements),
            accounts: Arc::clone(&repositories.accounts),
            vault,
            totals: Totals::new(Arc::clone(&clock)),
            clock,
        }
    }

    /// The permit to create instances.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn create<'a>(&'a self, actor: &'a Actor) -> Result<CreateInstances<'a>, ServiceError> {
        policy::create_instances(actor.identity())?;
        Ok(CreateInstances {
            service: self,
            actor,
        })
    }

    /// The permit to see instances: those of the account, or the own ones.
    ///
    /// # Errors
    /// None now; as for every permit.
    pub fn view<'a>(&'a self, actor: &'a Actor) -> Result<ViewInstances<'a>, ServiceError> {
        let scope = policy::instances(actor.identity(), InstanceAction::View)?;
        Ok(ViewInstances {
            service: self,
            actor,
            scope,
            account: None,
            element: None,
        })
    }

    /// The permit to see all instances of an account.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn view_account<'a>(
        &'a self,
        actor: &'a Actor,
        account: AccountId,
    ) -> Result<ViewInstances<'a>, ServiceError> {
        let scope = policy::account_instances(actor.identity(), account)?;
        Ok(ViewInstances {
            service: self,
            actor,
            scope,
            account: Some(account),
            element: None,
        })
    }

    /// The permit to change this instance.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn edit<'a>(
        &'a self,
        actor: &'a Actor,
        id: InstanceId,
    ) -> Result<EditInstance<'a>, ServiceError> {
        self.permit(actor, InstanceAction::Edit, id)
    }

    /// The permit to erase this instance.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn delete<'a>(
        &'a self,
        actor: &'a Actor,
        id: InstanceId,
    ) -> Result<EditInstance<'a>, ServiceError> {
        self.permit(actor, InstanceAction::Delete, id)
    }

    fn permit<'a>(
        &'a self,
        actor: &'a Actor,
        action: InstanceAction,
        id: InstanceId,
    ) -> Result<EditInstance<'a>, ServiceError> {
        let scope = policy::instances(actor.identity(), action)?;
        Ok(EditInstance {
            service: self,
            actor,
            scope,
            id,
            element: None,
        })
    }

    /// The instance that is to be changed. `reach` is where the caller may change instances; one that the caller merely
    /// sees is forbidden, one that the caller does not see is not found.
    async fn target(
        &self,
        actor: &Actor,
        reach: &Scope,
        id: InstanceId,
    ) -> Result<Instance, ServiceError> {
        if let Some(instance) = self.instances.find(reach, id).await? {
            return Ok(instance);
        }
        let seen = policy::instances(actor.identity(), InstanceAction::View)?;
        if seen != *reach && self.instances.find(&seen, id).await?.is_some() {
            return Err(Forbidden::rule(
                "The instance is another user's, and the privilege to change instances of the account is missing.",
            )
            .into());
        }
        Err(self.unseen(actor, id).await?)
    }

    /// Why the caller does not reach this instance: it is not found, unless its token was presented. Who presents it
    /// knows that it is there, and is told what is missing.
    async fn unseen(&self, actor: &Actor, id: InstanceId) -> Result<ServiceError, ServiceError> {
        let organization = Scope::organization(actor.identity().organization_id);
        let called = actor.instance().is_some_and(|called| called.id == id);
        if called && self.instances.find(&organization, id).await?.is_some() {
            return Ok(Forbidden::rule(
                "The instance is another user's, and the privilege to see instances of the account is missing.",
            )
            .into());
        }
        Ok(ServiceError::no_such(Entity::Instance, id))
    }

    fn shown(&self, actor: &Actor, instance: Instance) -> Result<ShownInstance, ServiceError> {
        let token = if policy::may_see_token(actor.identity(), instance.user.id) {
            Some(self.vault.reveal(&instance.token)?)
        } else {
            None
        };
        Ok(ShownInstance { instance, token })
    }
}

impl std::fmt::Debug for InstanceService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstanceService").finish_non_exhaustive()
    }
}
