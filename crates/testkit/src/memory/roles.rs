//! Roles and grants in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, AuditAction, Change, EffectiveRole, Entity, OrganizationId, Revision, Role,
    RoleChange, RoleKey, Scope, Snapshot, UserId,
    ports::{RepositoryError, Revocation, RoleRepository},
};

use super::{
    MemoryStore, accounts,
    state::{AccountRow, Event, State, UserRow},
    users,
};

#[async_trait]
impl RoleRepository for MemoryStore {
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError> {
        let state = self.state();
        Ok(state.roles_of(organization))
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
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let mut state = self.state();
        let Some(role) = state.role(scope.organization_id(), role).cloned() else {
            return Ok(None);
        };
        let Some(row) = state.user_mut(scope, user) else {
            return Ok(None);
        };
        users::check_revision(&row.user, expected)?;
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
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.user(scope, user) else {
            return Ok(None);
        };
        users::check_revision(&row.user, expected)?;
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

    async fn update(
        &self,
        organization: OrganizationId,
        changes: &[RoleChange],
        change: &Change,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let mut state = self.state();
        let old = state.roles_of(organization);
        let mut new = old.clone();
        for edit in changes {
            let Some(role) = new.iter_mut().find(|role| role.id == edit.id) else {
                return Ok(None);
            };
            edited(role, edit);
        }
        for (old, new) in old.iter().zip(&new) {
            state.roles.insert(new.id, new.clone());
            let (before, after) = Snapshot::difference(&old.snapshot(), &new.snapshot());
            if before.is_empty() && after.is_empty() {
                continue;
            }
            let event = Event {
                organization,
                account: None,
                action: AuditAction::Updated,
                target: Entity::Role,
                target_id: new.id.get(),
                old: before,
                new: after,
            };
            state.record(event, change);
        }
        Ok(Some(new))
    }

    async fn of_account(
        &self,
        scope: &Scope,
        account: AccountId,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let state = self.state();
        let Some(row) = state.account(scope, account) else {
            return Ok(None);
        };
        let mut roles = state.roles_of(scope.organization_id());
        roles.retain(|role| row.grants.contains(&role.key));
        Ok(Some(roles))
    }

    async fn grant_to_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let mut state = self.state();
        let Some(role) = state.role(scope.organization_id(), role).cloned() else {
            return Ok(None);
        };
        let Some(row) = state.account_mut(scope, account) else {
            return Ok(None);
        };
        accounts::check_revision(&row.account, expected)?;
        if !row.grants.insert(role.key) {
            return Err(RepositoryError::Conflict {
                entity: Entity::Role,
                field: "key",
            });
        }
        row.touch(change);
        let new = Snapshot::new().field("role", role.key.as_str());
        let action = AuditAction::RoleGranted;
        let event = Event::of_account(&row.account, action, Snapshot::new(), new);
        state.record(event, change);
        Ok(Some(role))
    }

    async fn revoke_from_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.account_mut(scope, account) else {
            return Ok(None);
        };
        accounts::check_revision(&row.account, expected)?;
        if !row.grants.remove(&role) {
            return Ok(Some(Revocation::NotGranted));
        }
        row.touch(change);
        let old = Snapshot::new().field("role", role.as_str());
        let action = AuditAction::RoleRevoked;
        let event = Event::of_account(&row.account, action, old, Snapshot::new());
        state.record(event, change);
        Ok(Some(Revocation::Revoked))
    }
}

impl State {
    pub(super) fn roles_of(&self, organization: OrganizationId) -> Vec<Role> {
        let roles = self.roles.values();
        roles
            .filter(|role| role.organization_id == organization)
            .cloned()
            .collect()
    }

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
    /// A change of its grants or secrets counts as a write of the user.
    pub(super) fn touch(&mut self, change: &Change) {
        self.user.updated_at = change.at;
        self.user.revision = self.user.revision.next();
    }
}

impl AccountRow {
    /// A change of its grants counts as a write of the account.
    fn touch(&mut self, change: &Change) {
        self.account.updated_at = change.at;
        self.account.revision = self.account.revision.next();
    }
}

fn edited(role: &mut Role, edit: &RoleChange) {
    if let Some(name) = &edit.name {
        name.as_str().clone_into(&mut role.name);
    }
    if let Some(description) = &edit.description {
        description.as_str().clone_into(&mut role.description);
    }
    if let Some(privileges) = edit.privileges {
        role.privileges = privileges;
    }
}
