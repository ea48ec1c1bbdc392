//! Erasing a user with everything that belongs to it. What is left is in the audit log.

use tenantry_domain::{
    AuditAction, Change, Entity, Revision, Scope, User, UserId,
    ports::{RepositoryError, UserAndRoles, UserRepository as _},
};

use super::{
    PostgresUsers,
    at_once::Erasing,
    grants::{guard_last_administrator, is_no_administrator},
    lock_with_grants,
};
use crate::{
    audit,
    error::Failure,
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
        if session.row(self.erasing(&user)).await?.is_none() {
            discard_all(session, organization, self.id, self.change).await?;
            return Ok(session.row(self.erasing(&user)).await?.is_some());
        }
        Ok(true)
    }
}

impl DeleteUser<'_> {
    /// Erases a user who is read without a lock, has no instance and is no administrator; false if it is another one, or if somebody
    /// else has written it since or holds it.
    pub(super) async fn at_once(&self, users: &PostgresUsers) -> Result<bool, RepositoryError> {
        let known = users.find_with_roles(self.scope, self.id).await?;
        let Some(UserAndRoles { user, .. }) = known.filter(is_no_administrator) else {
            return Ok(false);
        };
        if self.expected.is_some_and(|it| it != user.revision) {
            return Ok(false);
        }
        let erasing = Erasing::new(user, self.change);
        let organization = self.scope.organization_id();
        match users.erasures.ask(organization, erasing).await {
            // An instance has come since.
            Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "id",
            }) => Ok(false),
            outcome => outcome,
        }
    }

    /// Erases the row, and with it secrets and grants, and records it in the same statement, unless the user has instances:
    /// those have to leave their records first. The user is locked, so no other comes into being.
    fn erasing(&self, user: &User) -> Statement {
        let statement = Statement::new(
            "WITH erased AS (DELETE FROM users WHERE organization_id = $5 AND id = $6 AND NOT EXISTS (SELECT FROM instances \
             WHERE instances.organization_id = $5 AND instances.user_id = $6) RETURNING account_id, id) \
             INSERT INTO audit_records \
             (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
             SELECT $5, account_id, $1, $2, $3, $4, $7, $8, id, $9, '{}' FROM erased RETURNING target_id",
        );
        audit::bind_change(statement, self.change)
            .bind(user.organization_id.get())
            .bind(user.id.get())
            .bind(AuditAction::Deleted.as_str())
            .bind(Entity::User.as_str())
            .bind(audit::json(&user.snapshot()))
    }
}
