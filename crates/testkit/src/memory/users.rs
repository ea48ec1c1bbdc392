//! Users in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, Email, Entity, NewPassword, OrganizationId, Revision, RoleKey, Scope,
    Snapshot, User, UserDraft, UserField, UserId, UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{RepositoryError, UserAndRoles, UserRepository},
};

use super::{
    MemoryStore, listing,
    secrets::Secrets,
    state::{Event, State, UserRow},
};
use crate::reference::UserWithInstances;

const EMAIL_IN_USE: RepositoryError = RepositoryError::Conflict {
    entity: Entity::User,
    field: "email",
};

#[async_trait]
impl UserRepository for MemoryStore {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<User, RepositoryError> {
        let created = self.create_with_roles(organization, draft, change).await?;
        Ok(created.user)
    }

    async fn create_with_roles(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<UserAndRoles, RepositoryError> {
        let mut state = self.state();
        state.check_account(organization, draft)?;
        if state.email_in_use(draft.email.folded(), None) {
            return Err(EMAIL_IN_USE);
        }
        let user = draft.user(organization, state.next_user(), change.at);
        let row = UserRow {
            user: user.clone(),
            secrets: Secrets::new(draft.secret.clone()),
            tokens: Vec::new(),
            hash: draft.password.clone(),
            former_hashes: Vec::new(),
            failures: 0,
            grants: state.known_roles(organization, &draft.roles),
        };
        let granted: Vec<_> = row.grants.iter().copied().collect();
        let roles = Some(state.effective(&row));
        state.users.insert(user.id, row);
        let new = user.creation(&granted);
        let event = Event::of_user(&user, AuditAction::Created, Snapshot::new(), new);
        state.record(event, change);
        Ok(UserAndRoles { user, roles })
    }

    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError> {
        let state = self.state();
        Ok(state.user(scope, id).map(|row| row.user.clone()))
    }

    async fn find_with_roles(
        &self,
        scope: &Scope,
        id: UserId,
    ) -> Result<Option<UserAndRoles>, RepositoryError> {
        let state = self.state();
        Ok(state.user(scope, id).map(|row| UserAndRoles {
            user: row.user.clone(),
            roles: Some(state.effective(row)),
        }))
    }

    async fn was_assigned(&self, id: UserId) -> Result<bool, RepositoryError> {
        Ok((1..=self.state().last_user()).contains(&id.get()))
    }

    async fn find_by_email(
        &self,
        scope: &Scope,
        email: &Email,
    ) -> Result<Option<User>, RepositoryError> {
        let state = self.state();
        let found = state
            .users_in(scope)
            .find(|found| found.user.email.folded() == email.folded());
        Ok(found.map(|found| found.user))
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        let state = self.state();
        let page = listing::page(state.users_in(scope), scope, filter, sort, page)?;
        Ok(Page {
            items: page.items.into_iter().map(|found| found.user).collect(),
            next: page.next,
            total: page.total,
        })
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let state = self.state();
        Ok(listing::count(state.users_in(scope), filter, up_to))
    }

    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.user(scope, id) else {
            return Ok(None);
        };
        check_revision(&row.user, expected)?;
        let old = row.user.clone();
        let new = patch.apply(&old, change.at);
        let old_grants = row.grants.clone();
        let new_grants = match &patch.roles {
            Some(roles) => state.known_roles(old.organization_id, roles),
            None => old_grants.clone(),
        };
        if state.email_in_use(new.email.folded(), Some(id)) {
            return Err(EMAIL_IN_USE);
        }
        let stays = new.active && new_grants.contains(&RoleKey::OrgAdmin);
        state.guard_administrators(row, stays)?;

        let (before, after) = Snapshot::difference(
            &old.snapshot().field("roles", joined(&old_grants)),
            &new.snapshot().field("roles", joined(&new_grants)),
        );
        if let Some(row) = state.user_mut(scope, id) {
            row.user = new.clone();
            row.grants = new_grants;
            if let Some(password) = &patch.password {
                row.change_password(password);
            }
            if patch.active == Some(false) {
                row.tokens.clear();
            }
            if patch.locked_until == Some(None) {
                row.failures = 0;
            }
        }
        if patch.discard_instances {
            state.erase_instances(change, |instance| instance.user.id == id);
        }
        if !(before.is_empty() && after.is_empty()) {
            let event = Event::of_user(&new, AuditAction::Updated, before, after);
            state.record(event, change);
        }
        Ok(Some(new))
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: UserId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.user(scope, id) else {
            return Ok(false);
        };
        check_revision(&row.user, expected)?;
        state.guard_administrators(row, false)?;
        let old = row.user.snapshot();
        let event = Event::of_user(&row.user, AuditAction::Deleted, old, Snapshot::new());
        state.erase_instances(change, |instance| instance.user.id == id);
        state.erase_replies(id);
        state.users.remove(&id);
        state.record(event, change);
        Ok(true)
    }
}

impl State {
    fn check_account(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
    ) -> Result<(), RepositoryError> {
        let account = self
            .accounts
            .get(&draft.account_id)
            .filter(|row| row.account.organization_id == organization);
        let field = match account {
            Some(row) if row.account.active => return Ok(()),
            Some(_) => "active",
            None => "id",
        };
        Err(RepositoryError::Conflict {
            entity: Entity::Account,
            field,
        })
    }

    fn users_in(&self, scope: &Scope) -> impl Iterator<Item = UserWithInstances> {
        let users = self.users.values().map(|row| &row.user);
        let inside =
            users.filter(|user| scope.covers(user.organization_id, user.account_id, user.id));
        inside.map(|user| {
            let instances = self.instances.values();
            let own = instances.filter(|instance| instance.user.id == user.id);
            UserWithInstances {
                user: user.clone(),
                instances: own.cloned().collect(),
            }
        })
    }
}

impl UserRow {
    /// Another password: the one so far is remembered, unless it is held elsewhere, and login tokens end.
    fn change_password(&mut self, new: &NewPassword) {
        let former = self.hash.replace(new.hash.clone());
        let former = former.filter(|hash| !hash.is_held_elsewhere());
        self.former_hashes.splice(0..0, former);
        let remember = usize::try_from(new.remember).unwrap_or(usize::MAX);
        self.former_hashes.truncate(remember);
        self.tokens
            .retain(|token| Some(token.digest) == new.keep_token);
    }
}

pub(super) fn check_revision(
    user: &User,
    expected: Option<Revision>,
) -> Result<(), RepositoryError> {
    if expected.is_some_and(|expected| expected != user.revision) {
        return Err(RepositoryError::Stale {
            entity: Entity::User,
        });
    }
    Ok(())
}

fn joined(grants: &BTreeSet<RoleKey>) -> String {
    let keys: Vec<_> = grants.iter().map(|key| key.as_str()).collect();
    keys.join(",")
}
