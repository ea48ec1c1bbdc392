//! Changing a user: at once, if the change is of the row alone (`at_once.rs`); else lock, check, apply, write, record.

use std::collections::BTreeSet;

use tenantry_domain::{
    AuditAction, Change, Entity, PasswordHash, Revision, RoleKey, Scope, Snapshot, User, UserId,
    UserPatch,
    ports::{RepositoryError, UserRepository as _},
};

use super::{
    PostgresUsers,
    at_once::Writing,
    columns::{bind_fields, user_assignments},
    grants::{self, guard_last_administrator, is_no_administrator, with_roles},
    lock, lock_with_grants, password,
};
use crate::{
    audit,
    error::{EMAIL_IN_USE, Failure},
    instance::discard_all,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct UpdateUser<'a> {
    pub(super) scope: &'a Scope,
    pub(super) id: UserId,
    pub(super) patch: &'a UserPatch,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

const WRITE: &str = concat!(
    "WITH written AS (UPDATE users SET ",
    user_assignments!(),
    ", password_failures = CASE WHEN $34 THEN 0 ELSE password_failures END \
     WHERE organization_id = $1 AND id = $2 RETURNING organization_id, account_id, id), \
     ended AS (DELETE FROM login_tokens WHERE $44 AND organization_id = $1 AND user_id = $2) \
     INSERT INTO audit_records \
     (organization_id, account_id, action, target, target_id, old, new, at, author, author_user_id, request_id) \
     SELECT organization_id, account_id, $35, $36, id, $37, $38, $40, $41, $42, $43 FROM written WHERE $39",
);

impl Work for UpdateUser<'_> {
    type Output = Option<User>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<User>, Failure> {
        let organization = self.scope.organization_id();
        let Some((before, grants_before)) = self.lock(session).await? else {
            return Ok(None);
        };
        let after = self.patch.apply(&before, self.change.at);
        let (mut old, mut new) = (before.snapshot(), after.snapshot());
        if self.may_take_administrator() {
            guard_last_administrator(session, &before, &grants_before).await?;
        }
        if let Some(roles) = &self.patch.roles {
            let grants_after = grants::replace(session, organization, self.id, roles).await?;
            old = with_roles(old, &grants_before);
            new = with_roles(new, &grants_after);
        }
        if let Some(password) = &self.patch.password {
            password::remember(session, &before, password, self.change).await?;
            password::end_tokens(session, &before, password.keep_token).await?;
        }
        let (old, new) = Snapshot::difference(&old, &new);
        // Before the row: whoever wants the e-mail that is taken waits for what comes after it.
        if self.patch.discard_instances {
            discard_all(session, organization, self.id, self.change).await?;
        }
        if after.email.folded() != before.email.folded() {
            refuse_email_in_use(session, &after).await?;
        }
        let deactivated = before.active && !after.active;
        let statement = self.writing(&after, (&old, &new), deactivated);
        session.execute(statement).await?;
        Ok(Some(after))
    }
}

impl UpdateUser<'_> {
    /// Whether the patch would take `org-admin` from whoever has it.
    fn may_take_administrator(&self) -> bool {
        let loses_role = self
            .patch
            .roles
            .as_ref()
            .is_some_and(|roles| !roles.contains(&RoleKey::OrgAdmin));
        self.patch.active == Some(false) || loses_role
    }

    /// The user, locked, and its direct grants where they matter.
    async fn lock(
        &self,
        session: &mut Session<'_>,
    ) -> Result<Option<(User, BTreeSet<RoleKey>)>, Failure> {
        if self.patch.roles.is_some() || self.may_take_administrator() {
            return lock_with_grants(session, self.scope, self.id, self.expected).await;
        }
        let locked = lock(session, self.scope, self.id, self.expected).await?;
        Ok(locked.map(|user| (user, BTreeSet::new())))
    }

    /// Makes a change that is of the row alone, to a user who is read without a lock; `None` if it is of more, or if somebody else
    /// has written the user since or holds it.
    pub(super) async fn at_once(
        &self,
        users: &PostgresUsers,
    ) -> Result<Option<User>, RepositoryError> {
        let Some(before) = self.known(users).await? else {
            return Ok(None);
        };
        if self.expected.is_some_and(|it| it != before.revision) {
            return Ok(None);
        }
        let after = self.patch.apply(&before, self.change.at);
        let writing = Writing::new(before, after.clone(), self.change);
        let written = users.writings.ask(after.organization_id, writing).await?;
        Ok(written.then_some(after))
    }

    /// The user, if nothing else has to be looked at: no grant, no token but those that go with an active user, no instance, no other user.
    async fn known(&self, users: &PostgresUsers) -> Result<Option<User>, RepositoryError> {
        let patch = self.patch;
        let is_of_more = patch.roles.is_some()
            || patch.password.is_some()
            || patch.locked_until.is_some()
            || patch.email.is_some()
            || patch.discard_instances;
        if is_of_more {
            return Ok(None);
        }
        if patch.active == Some(false) {
            let found = users.find_with_roles(self.scope, self.id).await?;
            return Ok(found.filter(is_no_administrator).map(|known| known.user));
        }
        users.find(self.scope, self.id).await
    }

    /// Writes the row, and in the same statement the record of what differs, if anything does. Who is deactivated loses the
    /// login tokens with it.
    fn writing(
        &self,
        after: &User,
        (old, new): (&Snapshot, &Snapshot),
        deactivated: bool,
    ) -> Statement {
        let statement = Statement::new(WRITE)
            .bind(after.organization_id.get())
            .bind(after.id.get());
        let password = self.patch.password.as_ref();
        let statement = bind_fields(statement, after)
            .bind(after.revision.get())
            .bind(password.map(|password| PasswordHash::expose(&password.hash)))
            .bind(self.patch.locked_until == Some(None))
            .bind(AuditAction::Updated.as_str())
            .bind(Entity::User.as_str())
            .bind(audit::json(old))
            .bind(audit::json(new))
            .bind(!(old.is_empty() && new.is_empty()));
        audit::bind_change(statement, self.change).bind(deactivated)
    }
}

/// Fails if another user has the e-mail. Who takes it at the same moment is noticed by the constraint.
async fn refuse_email_in_use(session: &mut Session<'_>, user: &User) -> Result<(), Failure> {
    let statement = Statement::new("SELECT 1 FROM users WHERE email_folded = $1 AND id <> $2")
        .bind(user.email.folded())
        .bind(user.id.get());
    match session.row(statement).await? {
        None => Ok(()),
        Some(_) => Err(EMAIL_IN_USE.into()),
    }
}
