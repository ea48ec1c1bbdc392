//! Secrets and password hashes in memory.

use async_trait::async_trait;
use tenantry_domain::{
    AuditAction, CalledInstance, Change, EffectiveRole, Email, Entity, Identity, OrganizationId,
    PasswordHash, Scope, SealedSecret, SecretDigest, Snapshot, User, UserId,
    ports::{
        Authenticated, Caller, CredentialRepository, Lockout, LoginCandidate, LoginToken,
        RepositoryError, StoredPassword, VerifiedPassword,
    },
};
use time::{Duration, OffsetDateTime};

use super::{
    MemoryStore,
    state::{Event, OrganizationRow, State, UserRow},
};

#[async_trait]
impl CredentialRepository for MemoryStore {
    async fn authenticate(
        &self,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        Ok(self.state().authenticated(caller, now))
    }

    async fn login_candidate(
        &self,
        email: &Email,
    ) -> Result<Option<LoginCandidate>, RepositoryError> {
        let state = self.state();
        let mut rows = state.users.values();
        let row = rows.find(|row| row.user.email.folded() == email.folded());
        Ok(row.and_then(|row| {
            Some(LoginCandidate {
                user: row.user.clone(),
                password: row.password(),
                account_name: state
                    .accounts
                    .get(&row.user.account_id)?
                    .account
                    .name
                    .clone(),
                organization_name: state.tenant(row)?.organization.name.clone(),
                active: state.is_active(row),
            })
        }))
    }

    async fn log_in(
        &self,
        scope: &Scope,
        user: UserId,
        token: &LoginToken,
        verified: &VerifiedPassword,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let mut state = self.state();
        if !state
            .user(scope, user)
            .is_some_and(|row| state.is_active(row))
        {
            return Ok(None);
        }
        let Some(row) = state.user_mut(scope, user) else {
            return Ok(None);
        };
        if !row.password_was_right(verified) {
            return Ok(None);
        }
        row.tokens.push(*token);
        let last = row.user.last_login_at.replace(change.at);
        if last.map(OffsetDateTime::date) != Some(change.at.date()) {
            row.touch(change);
        }
        Ok(Some(row.user.clone()))
    }

    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError> {
        let state = self.state();
        Ok(state.user(scope, user).map(UserRow::password))
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

    async fn login_refused(&self, change: &Change) -> Result<(), RepositoryError> {
        self.state().refused_logins.push(change.at);
        Ok(())
    }

    async fn password_succeeded(
        &self,
        scope: &Scope,
        user: UserId,
        verified: &VerifiedPassword,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        if let Some(row) = state.user_mut(scope, user) {
            row.password_was_right(verified);
        }
        Ok(())
    }

    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let state = self.state();
        let row = state.organizations.get(&organization);
        Ok(row.map(|row| row.secrets.present.clone()))
    }

    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let state = self.state();
        Ok(state
            .user(scope, user)
            .map(|row| row.secrets.present.clone()))
    }

    async fn former_passwords(
        &self,
        scope: &Scope,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<PasswordHash>, RepositoryError> {
        let state = self.state();
        let former = state.user(scope, user).map(|row| &row.former_hashes);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(former.into_iter().flatten().take(limit).cloned().collect())
    }

    async fn replace_user_secret(
        &self,
        scope: &Scope,
        user: UserId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        let mut rows = state.users.values();
        let in_use = rows.any(|row| row.secrets.contain(secret.digest));
        let Some(row) = state.user_mut(scope, user) else {
            return Ok(false);
        };
        if in_use {
            return Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "secret",
            });
        }
        row.secrets.replace(secret.clone(), old_until);
        row.touch(change);
        let (old, new) = (Snapshot::new(), Snapshot::new());
        let event = Event::of_user(&row.user, AuditAction::SecretReset, old, new);
        state.record(event, change);
        Ok(true)
    }

    async fn replace_organization_secret(
        &self,
        organization: OrganizationId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        let mut rows = state.organizations.values();
        let in_use = rows.any(|row| row.secrets.contain(secret.digest));
        let Some(row) = state.organizations.get_mut(&organization) else {
            return Ok(false);
        };
        if in_use {
            return Err(RepositoryError::Conflict {
                entity: Entity::Organization,
                field: "secret",
            });
        }
        row.secrets.replace(secret.clone(), old_until);
        row.touch(change);
        let (old, new) = (Snapshot::new(), Snapshot::new());
        let event = Event::of_organization(organization, AuditAction::SecretReset, old, new);
        state.record(event, change);
        Ok(true)
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        let mut guard = self.state();
        let state = &mut *guard;
        let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut erased = 0;
        for row in state.users.values_mut() {
            let over = |token: &mut LoginToken| token.expires_at <= now;
            let tokens = row.tokens.extract_if(.., over).take(left).count();
            let secrets = row.secrets.forget(now, left - tokens);
            left -= tokens + secrets;
            erased += tokens + secrets;
        }
        for row in state.organizations.values_mut() {
            let secrets = row.secrets.forget(now, left);
            left -= secrets;
            erased += secrets;
        }
        let day_before = now.saturating_sub(Duration::DAY);
        let refused = &mut state.refused_logins;
        erased += refused
            .extract_if(.., |at| *at < day_before)
            .take(left)
            .count();
        Ok(u64::try_from(erased).unwrap_or(u64::MAX))
    }
}

impl State {
    fn authenticated(&self, caller: &Caller, now: OffsetDateTime) -> Option<Authenticated> {
        let (row, instance, good_until) = match caller {
            Caller::Secrets {
                user,
                organization,
                instance,
            } => {
                let row = self.user_by_secret(*user, now)?;
                let of_organization = &self.tenant(row)?.secrets;
                if !of_organization.work(*organization, now) {
                    return None;
                }
                let ends = [
                    row.secrets.good_until(*user),
                    of_organization.good_until(*organization),
                ];
                (row, *instance, ends.into_iter().flatten().min())
            }
            Caller::Instance { user, instance } => {
                let row = self.user_by_secret(*user, now)?;
                (row, Some(*instance), row.secrets.good_until(*user))
            }
            Caller::Token { token, instance } => {
                let row = self.user_by_token(*token, now)?;
                let mut tokens = row.tokens.iter();
                let until = tokens.find(|kept| kept.digest == *token)?.expires_at;
                (row, *instance, Some(until))
            }
        };
        let instance = match instance {
            Some(token) => Some(self.called_instance(row, token)?),
            None => None,
        };
        let tenant = self.tenant(row)?;
        let roles = self.effective(row);
        self.is_active(row).then(|| Authenticated {
            identity: Identity {
                user_id: row.user.id,
                account_id: row.user.account_id,
                organization_id: row.user.organization_id,
                default_account_id: tenant.organization.default_account_id,
                privileges: EffectiveRole::privileges(&roles),
                rank: EffectiveRole::rank(&roles),
                password_expiration_days: tenant.policy.policy.expiration_days,
            },
            password: row.user.password,
            instance,
            good_until,
        })
    }

    fn user_by_secret(&self, digest: SecretDigest, now: OffsetDateTime) -> Option<&UserRow> {
        let mut rows = self.users.values();
        rows.find(|row| row.secrets.work(digest, now))
    }

    fn user_by_token(&self, digest: SecretDigest, now: OffsetDateTime) -> Option<&UserRow> {
        let good = |token: &LoginToken| token.digest == digest && now < token.expires_at;
        let mut rows = self.users.values();
        rows.find(|row| row.tokens.iter().any(good))
    }

    /// The instance with this token, if it is of the user's organization.
    fn called_instance(&self, row: &UserRow, token: SecretDigest) -> Option<CalledInstance> {
        let mut instances = self.instances.values();
        let instance = instances.find(|instance| {
            instance.token.digest == token && instance.organization_id == row.user.organization_id
        })?;
        Some(CalledInstance {
            id: instance.id,
            account_id: instance.account_id,
            user_id: instance.user.id,
            disabled: instance.disabled,
        })
    }

    fn tenant(&self, row: &UserRow) -> Option<&OrganizationRow> {
        self.organizations.get(&row.user.organization_id)
    }

    /// Whether user, account and organization are active.
    fn is_active(&self, row: &UserRow) -> bool {
        let account = self.accounts.get(&row.user.account_id);
        row.user.active
            && account.is_some_and(|account| account.account.active)
            && self
                .tenant(row)
                .is_some_and(|tenant| tenant.organization.active)
    }
}

impl UserRow {
    fn password(&self) -> StoredPassword {
        StoredPassword {
            hash: self.hash.clone(),
            locked_until: self.user.locked_until,
            failures: self.failures,
        }
    }

    /// Answers whether that is the password still; if not, nothing is changed.
    fn password_was_right(&mut self, verified: &VerifiedPassword) -> bool {
        if self.hash.as_ref() != Some(&verified.hash) {
            return false;
        }
        self.failures = 0;
        if let Some(better) = &verified.upgraded {
            self.hash = Some(better.clone());
        }
        true
    }
}
