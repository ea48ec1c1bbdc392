//! Granting a role to a user, and taking it away.

use super::{UserService, pinned, repeated};
use crate::{
    Actor, EffectiveRole, Entity, Expected, Revision, Role, RoleKey, Scope, User, UserId,
    policy::{Door, Forbidden},
    ports::{RepositoryError, Revocation},
    services::{
        ServiceError,
        roles::{grantable, known},
    },
};

/// The permit to change the direct grants of one user, if it is there.
#[derive(Debug)]
pub struct ChangeRoles<'a> {
    pub(super) service: &'a UserService,
    pub(super) actor: &'a Actor,
    pub(super) reach: Scope,
    pub(super) id: UserId,
}

impl ChangeRoles<'_> {
    /// Grants the role of this key. The refusals come in the order of the contract, section 8.
    ///
    /// # Errors
    /// `Invalid` for an unknown key, `NotFound` for the user, `Forbidden` for oneself, for a role above the caller or not
    /// grantable there, stale if `expected` is not the user's revision, `AlreadyGranted`.
    pub async fn grant(&self, key: &str, expected: &Expected) -> Result<Role, ServiceError> {
        let key = known(key)?;
        repeated(expected, || self.try_grant(key, expected)).await
    }

    async fn try_grant(&self, key: RoleKey, expected: &Expected) -> Result<Role, ServiceError> {
        let (held, expected) = self.check(key, expected).await?;
        if held
            .iter()
            .any(|held| held.by_system && held.role.key == key)
        {
            return Err(ServiceError::AlreadyGranted {
                role: key.as_str(),
                to: Entity::User,
            });
        }
        let change = self.actor.change(self.service.clock.now());
        match self
            .service
            .roles
            .grant(&self.reach, self.id, key, expected, &change)
            .await
        {
            Ok(role) => role.ok_or_else(|| ServiceError::no_such(Entity::User, self.id)),
            Err(RepositoryError::Conflict {
                entity: Entity::Role,
                ..
            }) => Err(ServiceError::AlreadyGranted {
                role: key.as_str(),
                to: Entity::User,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the direct grant of the role of this key away.
    ///
    /// # Errors
    /// As [`grant`](Self::grant); `NotFound` if the role is not granted directly.
    pub async fn revoke(&self, key: &str, expected: &Expected) -> Result<(), ServiceError> {
        let key = known(key)?;
        repeated(expected, || self.try_revoke(key, expected)).await
    }

    async fn try_revoke(&self, key: RoleKey, expected: &Expected) -> Result<(), ServiceError> {
        let (_, expected) = self.check(key, expected).await?;
        let change = self.actor.change(self.service.clock.now());
        match self
            .service
            .roles
            .revoke(&self.reach, self.id, key, expected, &change)
            .await?
        {
            Some(Revocation::Revoked) => Ok(()),
            Some(Revocation::NotGranted) => Err(ServiceError::NotFound {
                entity: Entity::Role,
                key: format!("key '{}' granted to user {}", key.as_str(), self.id),
            }),
            None => Err(ServiceError::no_such(Entity::User, self.id)),
        }
    }

    /// Answers the roles that the user has now, and the revision that the store must find.
    async fn check(
        &self,
        key: RoleKey,
        expected: &Expected,
    ) -> Result<(Vec<EffectiveRole>, Option<Revision>), ServiceError> {
        let identity = self.actor.identity();
        let (user, held) = self.target().await?;
        if user.id == identity.user_id {
            return Err(Forbidden::rule("Nobody can change the own roles.").into());
        }
        let in_default = user.account_id == identity.default_account_id;
        let roles = self.service.roles.list(identity.organization_id).await?;
        grantable(identity, &roles, key, in_default)?;
        let expected = expected.check(Entity::User, user.revision)?;
        Ok((held, expected.or(pinned(self.actor, &user))))
    }

    /// The user. One that is out of sight is refused, not missed, if its id was ever given away: the contract answers a
    /// user of another organization with 403 here, and nobody must learn which ids those are (decision 006).
    async fn target(&self) -> Result<(User, Vec<EffectiveRole>), ServiceError> {
        let found = self
            .service
            .target(self.actor, Door::Users, &self.reach, self.id)
            .await;
        match found {
            Err(ServiceError::NotFound { .. })
                if self.service.users.was_assigned(self.id).await? =>
            {
                Err(Forbidden::rule("The user is of another organization, or gone.").into())
            }
            outcome => outcome,
        }
    }
}
