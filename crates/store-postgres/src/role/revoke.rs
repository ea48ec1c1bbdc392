//! Taking a direct grant away.

use tenantry_domain::{
    AuditAction, Change, Entity, Revision, RoleKey, Scope, Snapshot, UserId, ports::Revocation,
};

use crate::{
    audit::{self, Entry},
    error::Failure,
    session::{Session, Work},
    sql::Statement,
    user::{grants::guard_last_administrator, lock_with_grants},
};

pub(super) struct RevokeRole<'a> {
    pub(super) scope: &'a Scope,
    pub(super) user: UserId,
    pub(super) role: RoleKey,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for RevokeRole<'_> {
    type Output = Option<Revocation>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Revocation>, Failure> {
        let organization = self.scope.organization_id();
        let locked = lock_with_grants(session, self.scope, self.user, self.expected).await?;
        let Some((user, grants)) = locked else {
            return Ok(None);
        };
        if !grants.contains(&self.role) {
            return Ok(Some(Revocation::NotGranted));
        }
        if self.role == RoleKey::OrgAdmin {
            guard_last_administrator(session, &user, &grants).await?;
        }
        let statement = Statement::new(
            "WITH removed AS (DELETE FROM user_roles USING roles WHERE user_roles.organization_id = $1 \
             AND user_roles.user_id = $2 AND roles.organization_id = $1 AND roles.key = $3 \
             AND user_roles.role_id = roles.id) \
             UPDATE users SET revision = revision + 1, updated_at = $4 WHERE organization_id = $1 AND id = $2",
        )
        .bind(organization.get())
        .bind(self.user.get())
        .bind(self.role.as_str())
        .bind(self.change.at);
        session.execute(statement).await?;
        let entry = Entry {
            account: Some(user.account_id),
            action: AuditAction::RoleRevoked,
            target: Entity::User,
            target_id: self.user.get(),
            old: Snapshot::new().field("role", self.role.as_str()),
            new: Snapshot::new(),
        };
        audit::record(session, organization, self.change, &[entry]).await?;
        Ok(Some(Revocation::Revoked))
    }
}
