//! Changing a user: lock, check, apply, write, record.

use std::collections::BTreeSet;

use tenantry_domain::{
    AuditAction, Change, Entity, PasswordHash, Revision, RoleKey, Scope, Snapshot, User, UserId,
    UserPatch,
};

use super::{
    columns::{bind_fields, user_assignments},
    grants::{self, granted, guard_last_administrator, with_roles},
    lock, password,
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

impl Work for UpdateUser<'_> {
    type Output = Option<User>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<User>, Failure> {
        let organization = self.scope.organization_id();
        let Some(before) = lock(session, self.scope, self.id, self.expected).await? else {
            return Ok(None);
        };
        let after = self.patch.apply(&before, self.change.at);
        let (mut old, mut new) = (before.snapshot(), after.snapshot());
        let mut grants_before = BTreeSet::new();
        if self.patch.roles.is_some() || self.may_take_administrator() {
            grants_before = granted(session, organization, self.id).await?;
        }
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
        if before.active && !after.active {
            password::end_tokens(session, &before, None).await?;
        }
        let (old, new) = Snapshot::difference(&old, &new);
        if after.email.folded() != before.email.folded() {
            refuse_email_in_use(session, &after).await?;
        }
        self.write(session, &after, &old, &new).await?;
        if self.patch.discard_instances {
            discard_all(session, organization, self.id, self.change).await?;
        }
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

    /// Writes the row, and in the same statement the record of what differs, if anything does.
    async fn write(
        &self,
        session: &mut Session<'_>,
        after: &User,
        old: &Snapshot,
        new: &Snapshot,
    ) -> Result<(), Failure> {
        let statement = Statement::new(concat!(
            "WITH written AS (UPDATE users SET ",
            user_assignments!(),
            ", password_failures = CASE WHEN $34 THEN 0 ELSE password_failures END \
             WHERE organization_id = $1 AND id = $2 RETURNING organization_id, account_id, id) \
             INSERT INTO audit_records \
             (organization_id, account_id, action, target, target_id, old, new, at, author, author_user_id, request_id) \
             SELECT organization_id, account_id, $35, $36, id, $37, $38, $40, $41, $42, $43 FROM written WHERE $39",
        ));
        let differs = !(old.is_empty() && new.is_empty());
        let statement = bind_fields(
            statement
                .bind(after.organization_id.get())
                .bind(after.id.get()),
            after,
        )
        .bind(after.revision.get())
        .bind(
            self.patch
                .password
                .as_ref()
                .map(|password| PasswordHash::expose(&password.hash)),
        )
        .bind(self.patch.locked_until == Some(None))
        .bind(AuditAction::Updated.as_str())
        .bind(Entity::User.as_str())
        .bind(audit::json(old))
        .bind(audit::json(new))
        .bind(differs);
        Ok(session
            .execute(audit::bind_change(statement, self.change))
            .await?)
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
