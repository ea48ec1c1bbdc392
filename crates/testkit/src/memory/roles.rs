//! Roles and grants in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, EffectiveRole, Entity, OrganizationId, Role, RoleKey, Scope, Snapshot,
    UserId,
    ports::{RepositoryError, Revocation, RoleRepository},
};

use super::{
    MemoryStore,
    state::{Event, State, UserRow},
};

#[async_trait]
impl RoleRepository for MemoryStore {
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError> {
        let state = self.state();
        let roles = state.roles.values();
        Ok(roles
            .filter(|role| role.organization_id == organization)
            .cloned()
            .collect())
    }

    async fn effective(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Vec<EffectiveRole>>, RepositoryError> {
        let state = self.state();
        Ok(state.user(scope, user).map(|row| state.effective(row)))
    }

    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let mut state = self.state();
        let Some(role) = state.role(scope.organization_id(), role).cloned() else {
            return Ok(None);
        };
        let Some(row) = state.user_mut(scope, user) else {
            return Ok(None);
        };
        if !row.grants.insert(role.key) {
            return Err(RepositoryError::Conflict {
                entity: Entity::Role,
                field: "key",
            });
        }
        row.touch(change);
        let new = Snapshot::new().field("role", role.key.as_str());
        let event = Event::of_user(&row.user, AuditAction::RoleGranted, Snapshot::new(), new);
        state.record(event, change);
        Ok(Some(role))
    }

    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.user(scope, user) else {
            return Ok(None);
        };
        state.guard_administrators(row, role != RoleKey::OrgAdmin)?;
        let Some(row) = state.user_mut(scope, user) else {
            return Ok(None);
        };
        if !row.grants.remove(&role) {
            return Ok(Some(Revocation::NotGranted));
        }
        row.touch(change);
        let old = Snapshot::new().field("role", role.as_str());
        let event = Event::of_user(&row.user, AuditAction::RoleRevoked, old, Snapshot::new());
        state.record(event, change);
        Ok(Some(Revocation::Revoked))
    }
}

impl State {
    /// The roles that a user has, by role id, and where it has them from.
    pub(super) fn effective(&self, row: &UserRow) -> Vec<EffectiveRole> {
        let Some(account) = self.accounts.get(&row.user.account_id) else {
            return Vec::new();
        };
        let by_system = RoleKey::of_account(account.account.is_default);
        let own = self
            .roles
            .values()
            .filter(|role| role.organization_id == row.user.organization_id);
        own.map(|role| EffectiveRole {
            role: role.clone(),
            direct: row.grants.contains(&role.key),
            through_account: account.grants.contains(&role.key),
            by_system: role.key == by_system,
        })
        .filter(|held| held.direct || held.through_account || held.by_system)
        .collect()
    }
}

impl UserRow {
    /// A change of its grants counts as a write of the user.
    fn touch(&mut self, change: &Change) {
        self.user.updated_at = change.at;
        self.user.revision = self.user.revision.next();
    }
}
