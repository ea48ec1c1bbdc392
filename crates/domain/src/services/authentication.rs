//! Who is calling: from secrets to an actor, and from a password to its user.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Actor, Author, Change, Password, RequestId, Scope, SecretText, UserId,
    ports::{Caller, Clock, CredentialRepository, Lockout, PasswordHasher, SecretVault, Verdict},
};

/// The parts of an `Authorization` header, as sent.
#[derive(Clone, Debug, Default)]
pub struct PresentedSecrets {
    /// `User …`
    pub user: Option<SecretText>,
    /// `Organization …`
    pub organization: Option<SecretText>,
    /// `Element …`
    pub element: Option<SecretText>,
    /// `Bearer …`
    pub bearer: Option<SecretText>,
}

/// Finds out who is calling.
pub struct AuthenticationService {
    credentials: Arc<dyn CredentialRepository>,
    hasher: Arc<dyn PasswordHasher>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
}

impl AuthenticationService {
    /// Over these ports.
    pub fn new(
        credentials: Arc<dyn CredentialRepository>,
        hasher: Arc<dyn PasswordHasher>,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            credentials,
            hasher,
            vault,
            clock,
        }
    }

    /// Who has these secrets. Platform calls take a user's and an organization's, and nothing else.
    ///
    /// # Errors
    /// `Unauthenticated`, whatever is wrong with them.
    pub async fn authenticate(
        &self,
        presented: &PresentedSecrets,
        request_id: RequestId,
    ) -> Result<Actor, ServiceError> {
        let PresentedSecrets {
            user: Some(user),
            organization: Some(organization),
            element: None,
            bearer: None,
        } = presented
        else {
            return Err(ServiceError::Unauthenticated);
        };
        let (Some(user), Some(organization)) =
            (self.vault.digest(user), self.vault.digest(organization))
        else {
            return Err(ServiceError::Unauthenticated);
        };
        let identity = self
            .credentials
            .authenticate(
                &Caller::Secrets {
                    user,
                    organization,
                    instance: None,
                },
                self.clock.now(),
            )
            .await?;
        identity
            .map(|found| Actor::new(found.identity, request_id))
            .ok_or(ServiceError::Unauthenticated)
    }

    /// Checks that `password` is this user's. A wrong one counts towards the lock; a locked user's is wrong.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not, after the same time whether the user has a password or not.
    pub async fn verify_password(
        &self,
        actor: &Actor,
        scope: &Scope,
        user: UserId,
        password: &Password,
    ) -> Result<(), ServiceError> {
        let stored = self.credentials.password(scope, user).await?;
        let hash = stored.as_ref().and_then(|stored| stored.hash.as_ref());
        let verdict = self.hasher.verify(password, hash).await?;
        let now = self.clock.now();
        // As it is after the hash: others may have guessed wrong while this one waited for its turn.
        let Some(stored) = self.credentials.password(scope, user).await? else {
            return Err(ServiceError::Unauthenticated);
        };
        if stored.locked_until.is_some_and(|until| now < until) {
            return Err(ServiceError::Unauthenticated);
        }
        let upgraded = match verdict {
            Verdict::Wrong => {
                let change = Change {
                    author: Author::Platform,
                    ..actor.change(now)
                };
                self.credentials
                    .password_failed(scope, user, &Lockout::STANDARD, &change)
                    .await?;
                return Err(ServiceError::Unauthenticated);
            }
            Verdict::RightButOutdated => Some(self.hasher.hash(password).await?),
            Verdict::Right if stored.failures == 0 => return Ok(()),
            Verdict::Right => None,
        };
        self.credentials
            .password_succeeded(scope, user, upgraded.as_ref())
            .await?;
        Ok(())
    }
}

impl std::fmt::Debug for AuthenticationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthenticationService")
            .finish_non_exhaustive()
    }
}
