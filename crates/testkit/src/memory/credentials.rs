//! Secrets and password hashes in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, Change, EffectiveRole, Identity, OrganizationId, PasswordHash, Scope,
    SealedSecret, Snapshot, UserId,
    ports::{Caller, CredentialRepository, Lockout, RepositoryError, StoredPassword},
};

use super::{
    MemoryStore,
    state::{Event, State},
};

#[async_trait]
impl CredentialRepository for MemoryStore {
    async fn authenticate(&self, caller: &Caller) -> Result<Option<Identity>, RepositoryError> {
        Ok(self.state().identity(caller))
    }

    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError> {
        let state = self.state();
        Ok(state.user(scope, user).map(|row| StoredPassword {
            hash: row.hash.clone(),
            locked_until: row.user.locked_until,
            failures: row.failures,
        }))
    }

    async fn password_failed(
        &self,
        scope: &Scope,
        user: UserId,
        lockout: &Lockout,
        change: &Change,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.user_mut(scope, user) else {
            return Ok(());
        };
        row.failures += 1;
        if row.failures < lockout.after {
            return Ok(());
        }
        row.failures = 0;
        let until = change.at + lockout.lasts;
        let until = row
            .user
            .locked_until
            .map_or(until, |longer| longer.max(until));
        row.user.locked_until = Some(until);
        let new = Snapshot::new().field("lockedUntil", until);
        let event = Event::of_user(&row.user, AuditAction::Locked, Snapshot::new(), new);
        state.record(event, change);
        Ok(())
    }

    async fn password_succeeded<'a>(
        &self,
        scope: &Scope,
        user: UserId,
        upgraded: Option<&'a PasswordHash>,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        if let Some(row) = state.user_mut(scope, user) {
            row.failures = 0;
            if let Some(hash) = upgraded {
                row.hash = Some(hash.clone());
            }
        }
        Ok(())
    }

    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let state = self.state();
        let row = state.organizations.get(&organization);
        Ok(row.map(|row| row.secret.clone()))
    }

    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let state = self.state();
        Ok(state.user(scope, user).map(|row| row.secret.clone()))
    }
}

impl State {
    fn identity(&self, caller: &Caller) -> Option<Identity> {
        let row = self
            .users
            .values()
            .find(|row| row.secret.digest == caller.user)?;
        let tenant = self.organizations.get(&row.user.organization_id)?;
        let account = self.accounts.get(&row.user.account_id)?;
        let known = tenant.secret.digest == caller.organization;
        let active = row.user.active && account.account.active && tenant.organization.active;
        let roles = self.effective(row);
        (known && active).then(|| Identity {
            user_id: row.user.id,
            account_id: row.user.account_id,
            organization_id: row.user.organization_id,
            default_account_id: tenant.organization.default_account_id,
            privileges: EffectiveRole::privileges(&roles),
            rank: EffectiveRole::rank(&roles),
        })
    }
}
