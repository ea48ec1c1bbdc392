//! Erasing a user with everything that belongs to it. What is left is in the audit log.

use tenantry_domain::{AuditAction, Change, Entity, Revision, Scope, User, UserId};

use super::{grants::guard_last_administrator, lock_with_grants};
use crate::{
    audit,
    error::{Failure, corrupt},
    instance::discard_all,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct DeleteUser<'a> {
    pub(super) scope: &'a Scope,
    pub(super) id: UserId,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for DeleteUser<'_> {
    type Output = bool;

    async fn run(&self, session: &mut Session<'_>) -> Result<bool, Failure> {
        let organization = self.scope.organization_id();
        let locked = lock_with_grants(session, self.scope, self.id, self.expected).await?;
        let Some((user, grants)) = locked else {
            return Ok(false);
        };
        guard_last_administrator(session, &user, &grants).await?;
        if !self.erase_bare(session, &user).await? {
            discard_all(session, organization, self.id, self.change).await?;
            if !self.erase_bare(session, &user).await? {
                let source = "an instance of the user is not complete, and cannot be recorded";
                return Err(corrupt(Entity::User, self.id.get(), source).into());
            }
        }
        Ok(true)
    }
}

impl DeleteUser<'_> {
    /// Erases the row, and with it secrets and grants, and records it in the same statement, unless the user has instances:
    /// those have to leave their records first. The user is locked, so no other comes into being.
    async fn erase_bare(&self, session: &mut Session<'_>, user: &User) -> Result<bool, Failure> {
        let statement = Statement::new(
            "WITH erased AS (DELETE FROM users WHERE organization_id = $5 AND id = $6 AND NOT EXISTS (SELECT FROM instances \
             WHERE instances.organization_id = $5 AND instances.user_id = $6) RETURNING account_id, id) \
             INSERT INTO audit_records \
             (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
             SELECT $5, account_id, $1, $2, $3, $4, $7, $8, id, $9, '{}' FROM erased RETURNING target_id",
        );
        let statement = audit::bind_change(statement, self.change)
            .bind(user.organization_id.get())
            .bind(user.id.get())
            .bind(AuditAction::Deleted.as_str())
            .bind(Entity::User.as_str())
            .bind(audit::json(&user.snapshot()));
        Ok(session.row(statement).await?.is_some())
    }
}
