//! Password policies in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, PasswordPolicy, Revision, Snapshot,
    ports::{PasswordPolicyRepository, PolicyInForce, RepositoryError},
};

use super::{
    MemoryStore,
    state::{Event, OrganizationRow, PolicyRow},
};

#[async_trait]
impl PasswordPolicyRepository for MemoryStore {
    async fn find(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let state = self.state();
        let row = state.organizations.get(&organization);
        Ok(row.map(OrganizationRow::policy_in_force))
    }

    async fn set<'a>(
        &self,
        organization: OrganizationId,
        policy: Option<&'a PasswordPolicy>,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.organizations.get_mut(&organization) else {
            return Ok(None);
        };
        if expected.is_some_and(|expected| expected != row.organization.revision) {
            return Err(RepositoryError::Stale {
                entity: Entity::Organization,
            });
        }
        let old = row.policy.clone();
        row.policy = PolicyRow {
            policy: policy.cloned().unwrap_or_default(),
            is_set: policy.is_some(),
            created_at: if policy.is_some() && old.is_set {
                old.created_at
            } else {
                change.at
            },
            updated_at: change.at,
        };
        row.touch(change);
        let (before, after) =
            Snapshot::difference(&old.policy.snapshot(), &row.policy.policy.snapshot());
        let in_force = row.policy_in_force();
        if !(before.is_empty() && after.is_empty()) {
            let event = Event::of_organization(organization, AuditAction::Updated, before, after);
            state.record(event, change);
        }
        Ok(Some(in_force))
    }
}

impl OrganizationRow {
    fn policy_in_force(&self) -> PolicyInForce {
        let PolicyRow {
            policy,
            is_set,
            created_at,
            updated_at,
        } = self.policy.clone();
        PolicyInForce {
            policy,
            is_set,
            created_at,
            updated_at,
            revision: self.organization.revision,
        }
    }

    /// A change of what belongs to it counts as a write of the organization.
    pub(super) fn touch(&mut self, change: &Change) {
        self.organization.updated_at = change.at;
        self.organization.revision = self.organization.revision.next();
    }
}
