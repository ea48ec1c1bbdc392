//! The use cases of an organization's password policy (contract, section 10).

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Actor, Entity, Expected, PasswordPolicy, Privilege, Scope, policy,
    ports::{Clock, PasswordPolicyRepository, PolicyInForce},
};

/// The use cases of password policies.
pub struct PasswordPolicyService {
    policies: Arc<dyn PasswordPolicyRepository>,
    clock: Arc<dyn Clock>,
}

/// The permit to see and set the password policy of the caller's organization.
#[derive(Debug)]
pub struct ManagePolicy<'a> {
    service: &'a PasswordPolicyService,
    actor: &'a Actor,
    scope: Scope,
}

impl PasswordPolicyService {
    /// Over these ports.
    pub fn new(policies: Arc<dyn PasswordPolicyRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { policies, clock }
    }

    /// The permit to see and set the policy.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn manage<'a>(&'a self, actor: &'a Actor) -> Result<ManagePolicy<'a>, ServiceError> {
        let scope = policy::holds(actor.identity(), Privilege::ModifySecurity)?;
        Ok(ManagePolicy {
            service: self,
            actor,
            scope,
        })
    }
}

impl ManagePolicy<'_> {
    /// The policy in force.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn find(&self) -> Result<PolicyInForce, ServiceError> {
        let id = self.scope.organization_id();
        let found = self.service.policies.find(id).await?;
        found.ok_or_else(|| ServiceError::no_such(Entity::Organization, id))
    }

    /// Sets the policy. Passwords that are set already stay; how old they may be counts at once.
    ///
    /// # Errors
    /// `Invalid` if a value is out of its range; stale if the organization is not as expected.
    pub async fn set(
        &self,
        policy: &PasswordPolicy,
        expected: &Expected,
    ) -> Result<PolicyInForce, ServiceError> {
        let problems = policy.problems();
        if !problems.is_empty() {
            return Err(ServiceError::Invalid(problems));
        }
        self.write(Some(policy), expected).await
    }

    /// Returns to the default policy, also when nothing was set.
    ///
    /// # Errors
    /// Stale if the organization is not as expected.
    pub async fn reset(&self, expected: &Expected) -> Result<(), ServiceError> {
        self.write(None, expected).await.map(drop)
    }

    async fn write(
        &self,
        policy: Option<&PasswordPolicy>,
        expected: &Expected,
    ) -> Result<PolicyInForce, ServiceError> {
        let expected = match expected {
            Expected::Anything => None,
            Expected::OneOf(_) => {
                let current = self.find().await?.revision;
                expected.check(Entity::Organization, current)?
            }
        };
        let id = self.scope.organization_id();
        let change = self.actor.change(self.service.clock.now());
        let written = self
            .service
            .policies
            .set(id, policy, expected, &change)
            .await?;
        written.ok_or_else(|| ServiceError::no_such(Entity::Organization, id))
    }
}

impl std::fmt::Debug for PasswordPolicyService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordPolicyService")
            .finish_non_exhaustive()
    }
}
