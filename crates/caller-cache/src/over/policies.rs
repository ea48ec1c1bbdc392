//! Password policies: for how long passwords are good is part of what is known of callers.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, OrganizationId, PasswordPolicy, Revision,
    ports::{CallerChange, PasswordPolicyRepository, PolicyInForce, RepositoryError},
};

use super::Forgetting;
use crate::cache::Cache;

/// The store's own, and what is remembered.
pub(super) struct Policies {
    pub(super) store: Arc<dyn PasswordPolicyRepository>,
    pub(super) cache: Arc<Cache>,
}

#[async_trait]
impl PasswordPolicyRepository for Policies {
    async fn find(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        self.store.find(organization).await
    }

    async fn set<'a>(
        &self,
        organization: OrganizationId,
        policy: Option<&'a PasswordPolicy>,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let _forgotten = Forgetting::of(&self.cache, CallerChange::Organization(organization));
        self.store.set(organization, policy, expected, change).await
    }
}
