//! Erasing a user for good.

use super::UserService;
use crate::{Actor, Entity, Revision, Scope, UserId, policy::Door, services::ServiceError};

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
    pub async fn delete(&self, expected: Option<Revision>) -> Result<(), ServiceError> {
        self.service
            .target(self.actor, self.door, &self.reach, self.id)
            .await?;
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
