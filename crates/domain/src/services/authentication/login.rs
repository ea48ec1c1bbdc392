//! Logging in: from e-mail and password to a token (contract, section 4).

use time::Duration;

use super::AuthenticationService;
use crate::{
    Author, Change, Email, Name, Password, RequestId, Role, Scope, SecretText, User,
    ports::{Lockout, LoginCandidate, LoginToken, Verdict},
    services::ServiceError,
};

/// How long a login token is good.
const TOKEN_LASTS: Duration = Duration::hours(12);

/// A user who has just proved to be it.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The user.
    pub user: User,
    /// Name of the user's account.
    pub account_name: Name,
    /// Name of the user's organization.
    pub organization_name: Name,
    /// The user's effective roles, by id.
    pub roles: Vec<Role>,
    /// The login token in clear, if one was made.
    pub token: Option<SecretText>,
}

impl AuthenticationService {
    /// Logs the user with this e-mail in; `None` stands for a text that is no e-mail, which nobody has.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown e-mail, a wrong password, a locked user, and where user, account or organization is
    /// inactive: all after the same work.
    pub async fn log_in(
        &self,
        email: Option<&Email>,
        password: &Password,
        request_id: RequestId,
    ) -> Result<LoggedIn, ServiceError> {
        // Held until the outcome is written: the next guess at this e-mail sees the lock.
        let _turn = match email {
            Some(email) => Some(self.turns.wait(email).await?),
            None => None,
        };
        let candidate = match email {
            Some(email) => self.credentials.login_candidate(email).await?,
            None => None,
        };
        let hash = candidate.as_ref().and_then(|it| it.password.hash.as_ref());
        let verdict = self.hasher.verify(password, hash).await?;
        let change = Change {
            author: Author::Platform,
            request_id,
            at: self.clock.now(),
        };
        let Some(candidate) = candidate else {
            return self.refuse(&change).await;
        };
        let locked = candidate.user.is_locked(change.at);
        let scope = Scope::organization(candidate.user.organization_id);
        match verdict {
            _ if locked || !candidate.active => self.refuse(&change).await,
            Verdict::Wrong => {
                self.credentials
                    .password_failed(&scope, candidate.user.id, &Lockout::STANDARD, &change)
                    .await?;
                Err(ServiceError::Unauthenticated)
            }
            Verdict::Right => self.admit(candidate, &scope, None, change).await,
            Verdict::RightButOutdated => {
                self.admit(candidate, &scope, Some(password), change).await
            }
        }
    }

    /// Refuses, after a write like the one that counts a wrong password.
    async fn refuse(&self, change: &Change) -> Result<LoggedIn, ServiceError> {
        self.credentials.login_refused(change).await?;
        Err(ServiceError::Unauthenticated)
    }

    /// Makes the token. `outdated` is the password if its hash is to be renewed.
    async fn admit(
        &self,
        candidate: LoginCandidate,
        scope: &Scope,
        outdated: Option<&Password>,
        change: Change,
    ) -> Result<LoggedIn, ServiceError> {
        let upgraded = match outdated {
            Some(password) => Some(self.hasher.hash(password).await?),
            None => None,
        };
        let issued = self.vault.issue_token();
        let token = LoginToken {
            digest: issued.digest,
            expires_at: change.at + TOKEN_LASTS,
        };
        let change = Change {
            author: Author::User(candidate.user.id),
            ..change
        };
        let user = self
            .credentials
            .log_in(scope, candidate.user.id, &token, upgraded.as_ref(), &change)
            .await?
            .ok_or(ServiceError::Unauthenticated)?;
        let held = self.roles.effective(scope, user.id).await?;
        let held = held.ok_or(ServiceError::Unauthenticated)?;
        Ok(LoggedIn {
            user,
            account_name: candidate.account_name,
            organization_name: candidate.organization_name,
            roles: held.into_iter().map(|held| held.role).collect(),
            token: Some(issued.clear),
        })
    }
}
