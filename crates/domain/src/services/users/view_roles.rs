//! Seeing what a user may.

use super::UserService;
use crate::{Entity, Role, Scope, UserId, services::ServiceError};

/// The permit to see the roles of one user, if it is there.
#[derive(Debug)]
pub struct ViewRoles<'a> {
    pub(super) service: &'a UserService,
    pub(super) scope: Scope,
    pub(super) id: UserId,
}

impl ViewRoles<'_> {
    /// The user's effective roles: the system's, its own, and its account's.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such user.
    pub async fn roles(&self) -> Result<Vec<Role>, ServiceError> {
        let held = self.service.roles.effective(&self.scope, self.id).await?;
        let held = held.ok_or_else(|| ServiceError::no_such(Entity::User, self.id))?;
        Ok(held.into_iter().map(|held| held.role).collect())
    }
}
