//! Another secret for a user or an organization, while the one before goes on working for a while, or does not.

use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, Scope, SealedSecret, Snapshot, UserId,
};
use time::OffsetDateTime;

use crate::{
    audit::{self, Entry},
    error::Failure,
    session::{Session, Work},
    sql::Statement,
    user::lock,
};

/// The new secret, and what becomes of those before.
#[derive(Clone, Copy)]
pub(super) struct Replacement<'a> {
    pub(super) secret: &'a SealedSecret,
    pub(super) old_until: Option<OffsetDateTime>,
    pub(super) change: &'a Change,
}

pub(super) struct ReplaceUserSecret<'a> {
    pub(super) scope: &'a Scope,
    pub(super) user: UserId,
    pub(super) replacement: Replacement<'a>,
}

impl Work for ReplaceUserSecret<'_> {
    type Output = bool;

    async fn run(&self, session: &mut Session<'_>) -> Result<bool, Failure> {
        let organization = self.scope.organization_id();
        let Some(user) = lock(session, self.scope, self.user, None).await? else {
            return Ok(false);
        };
        let Replacement { old_until, .. } = self.replacement;
        let change = self.replacement.change;
        let of_user = |text: &'static str| {
            Statement::new(text)
                .bind(organization.get())
                .bind(self.user.get())
        };
        let retire = of_user(
            "WITH written AS (UPDATE users SET revision = revision + 1, updated_at = $4 \
             WHERE organization_id = $1 AND id = $2) \
             UPDATE user_secrets SET expires_at = LEAST(expires_at, $3) WHERE organization_id = $1 AND user_id = $2",
        )
        .bind(old_until.unwrap_or(change.at))
        .bind(change.at);
        session.execute(retire).await?;
        let insert = of_user(
            "INSERT INTO user_secrets (organization_id, user_id, digest, sealed, key_id, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        );
        session.execute(self.replacement.bind(insert)).await?;
        if old_until.is_none() {
            let erase = of_user(
                "DELETE FROM user_secrets WHERE organization_id = $1 AND user_id = $2 AND expires_at IS NOT NULL",
            );
            session.execute(erase).await?;
        }
        let entry = reset(Entity::User, self.user.get());
        let entry = Entry {
            account: Some(user.account_id),
            ..entry
        };
        audit::record(session, organization, change, &[entry]).await?;
        Ok(true)
    }
}

pub(super) struct ReplaceOrganizationSecret<'a> {
    pub(super) organization: OrganizationId,
    pub(super) replacement: Replacement<'a>,
}

impl Work for ReplaceOrganizationSecret<'_> {
    type Output = bool;

    async fn run(&self, session: &mut Session<'_>) -> Result<bool, Failure> {
        let Replacement { old_until, .. } = self.replacement;
        let change = self.replacement.change;
        let of_organization =
            |text: &'static str| Statement::new(text).bind(self.organization.get());
        // Takes the lock that makes other replacements wait.
        let write = of_organization(
            "UPDATE organizations SET revision = revision + 1, updated_at = $2 WHERE id = $1 RETURNING id",
        )
        .bind(change.at);
        if session.row(write).await?.is_none() {
            return Ok(false);
        }
        let retire = of_organization(
            "UPDATE organization_secrets SET expires_at = LEAST(expires_at, $2) WHERE organization_id = $1",
        )
        .bind(old_until.unwrap_or(change.at));
        session.execute(retire).await?;
        let insert = of_organization(
            "INSERT INTO organization_secrets (organization_id, digest, sealed, key_id, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        );
        session.execute(self.replacement.bind(insert)).await?;
        if old_until.is_none() {
            let erase = of_organization(
                "DELETE FROM organization_secrets WHERE organization_id = $1 AND expires_at IS NOT NULL",
            );
            session.execute(erase).await?;
        }
        let entry = reset(Entity::Organization, self.organization.get());
        audit::record(session, self.organization, change, &[entry]).await?;
        Ok(true)
    }
}

impl Replacement<'_> {
    /// Binds digest, sealed bytes, key and instant, in this order.
    fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(self.secret.digest.as_bytes().as_slice())
            .bind(self.secret.sealed.bytes.as_slice())
            .bind(self.secret.sealed.key_id.0)
            .bind(self.change.at)
    }
}

fn reset(target: Entity, target_id: i64) -> Entry {
    Entry {
        account: None,
        action: AuditAction::SecretReset,
        target,
        target_id,
        old: Snapshot::new(),
        new: Snapshot::new(),
    }
}
