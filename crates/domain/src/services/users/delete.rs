//! Erasing a user for good.

use super::{UserService, pinned, repeated};
use crate::{Actor, Entity, Expected, Scope, UserId, policy::Door, services::ServiceError};

/// The permit to erase one user, if it is there.
#[derive(Debug)]
pub struct DeleteUser<'a> {
    pub(super) service: &'a UserService,
    pub(super) actor: &'a Actor,
    pub(super) door: Door,
    pub(super) reach: Scope,
    pub(super) id: UserId,
}

impl DeleteUser<'_> {
    /// Erases the user with secrets, grants and instances. The audit record stays.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such user; `Forbidden` if the caller may not change it; stale if `expected` is
    /// not its revision.
    pub async fn delete(&self, expected: &Expected) -> Result<(), ServiceError> {
        repeated(expected, || self.attempt(expected)).await
    }

    async fn attempt(&self, expected: &Expected) -> Result<(), ServiceError> {
        let (user, _) = self
            .service
            .target(self.actor, self.door, &self.reach, self.id)
            .await?;
        let expected = expected.check(Entity::User, user.revision)?;
        let expected = expected.or(pinned(self.actor, &user));
        let change = self.actor.change(self.service.clock.now());
        if self
            .service
            .users
            .delete(&self.reach, self.id, expected, &change)
            .await?
        {
            Ok(())
        } else {
            Err(ServiceError::no_such(Entity::User, self.id))
        }
    }
}
