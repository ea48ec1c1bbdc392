//! The caller's own organization: `/organizations/me`.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Actor, Entity, Expected, Name, Organization, Privilege, SecretText, policy,
    ports::{
        Clock, CredentialRepository, OrganizationRepository, PasswordPolicyRepository,
        PolicyInForce, Repositories, SecretVault,
    },
};

/// The use cases of the caller's own organization.
pub struct OwnOrganizationService {
    organizations: Arc<dyn OrganizationRepository>,
    credentials: Arc<dyn CredentialRepository>,
    policies: Arc<dyn PasswordPolicyRepository>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
}

/// The permit to change the caller's organization.
#[derive(Debug)]
pub struct EditOrganization<'a> {
    service: &'a OwnOrganizationService,
    actor: &'a Actor,
}

/// The caller's organization, as far as the caller may see it.
#[derive(Clone, Debug)]
pub struct OwnOrganization {
    /// The organization.
    pub organization: Organization,
    /// Its secret in clear, for holders of `modifySecurity`.
    pub secret: Option<SecretText>,
    /// The password policy in force.
    pub password_policy: PolicyInForce,
}

impl OwnOrganizationService {
    /// Over these ports.
    pub fn new(
        repositories: &Repositories,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            organizations: Arc::clone(&repositories.organizations),
            credentials: Arc::clone(&repositories.credentials),
            policies: Arc::clone(&repositories.policies),
            vault,
            clock,
        }
    }

    /// The caller's organization. Everybody may look.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn find(&self, actor: &Actor) -> Result<OwnOrganization, ServiceError> {
        let id = actor.identity().organization_id;
        let found = self.organizations.find(id).await?;
        let organization = found.ok_or_else(|| ServiceError::no_such(Entity::Organization, id))?;
        self.present(actor, organization).await
    }

    /// The permit to change it.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn edit<'a>(&'a self, actor: &'a Actor) -> Result<EditOrganization<'a>, ServiceError> {
        policy::holds(actor.identity(), Privilege::ModifySecurity)?;
        Ok(EditOrganization {
            service: self,
            actor,
        })
    }

    async fn present(
        &self,
        actor: &Actor,
        organization: Organization,
    ) -> Result<OwnOrganization, ServiceError> {
        let mut secret = None;
        if policy::holds(actor.identity(), Privilege::ModifySecurity).is_ok() {
            let stored = self
                .credentials
                .organization_secret(organization.id)
                .await?;
            secret = stored
                .map(|stored| self.vault.reveal(&stored))
                .transpose()?;
        }
        let found = self.policies.find(organization.id).await?;
        let password_policy =
            found.ok_or_else(|| ServiceError::no_such(Entity::Organization, organization.id))?;
        Ok(OwnOrganization {
            organization,
            secret,
            password_policy,
        })
    }
}

impl EditOrganization<'_> {
    /// Renames the organization.
    ///
    /// # Errors
    /// Stale if it is not as expected.
    pub async fn rename(
        &self,
        name: &Name,
        expected: &Expected,
    ) -> Result<OwnOrganization, ServiceError> {
        let id = self.actor.identity().organization_id;
        let gone = || ServiceError::no_such(Entity::Organization, id);
        let organization = self
            .service
            .organizations
            .find(id)
            .await?
            .ok_or_else(gone)?;
        let expected = expected.check(Entity::Organization, organization.revision)?;
        let change = self.actor.change(self.service.clock.now());
        let renamed = self
            .service
            .organizations
            .rename(id, name, expected, &change)
            .await?;
        self.service
            .present(self.actor, renamed.ok_or_else(gone)?)
            .await
    }
}

impl std::fmt::Debug for OwnOrganizationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnOrganizationService")
            .finish_non_exhaustive()
    }
}
