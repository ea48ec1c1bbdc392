//! Logging in: from e-mail and password to a token (contract, section 4).

use time::Duration;

use super::AuthenticationService;
use crate::{
    Author, Change, Email, Name, Password, RequestId, Role, Scope, SecretText, User,
    ports::{Lockout, LoginCandidate, LoginToken, VerifiedPassword},
    services::ServiceError,
};

/// How long a login token is good.
const TOKEN_LASTS: Duration = Duration::hours(12);
/// How often a right password is compared. Another login, on another node, may give it a better hash between the comparison
/// and the write; that happens once.
const TRIES: u32 = 2;

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
    /// inactive: all after the same work. `LegacyLogin` if passwords that are held elsewhere are asked for there, this one may
    /// be, and it cannot be verified now; nothing is counted then.
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
        for _ in 0..TRIES {
            if let Some(logged_in) = self.try_log_in(email, password, request_id).await? {
                return Ok(logged_in);
            }
        }
        self.refuse(&self.change(request_id)).await
    }

    /// Compares and logs in; `None` if the password was right, but is by then no longer what the store has.
    async fn try_log_in(
        &self,
        email: Option<&Email>,
        password: &Password,
        request_id: RequestId,
    ) -> Result<Option<LoggedIn>, ServiceError> {
        let candidate = match email {
            Some(email) => self.credentials.login_candidate(email).await?,
            None => None,
        };
        let hash = candidate.as_ref().and_then(|it| it.password.hash.as_ref());
        let verdict = self.hasher.verify(password, hash).await?;
        let change = self.change(request_id);
        let Some(mut candidate) = candidate else {
            if let Some(email) = email {
                self.ask_for_nobody(email, password, change.at).await?;
            }
            return self.refuse(&change).await;
        };
        if candidate.user.is_locked(change.at) || !candidate.active {
            return self.refuse(&change).await;
        }
        let hash = candidate.password.hash.take();
        // Under the e-mail as it came from there: the platform may care for its case.
        let verdict = self
            .or_elsewhere(verdict, hash.as_ref(), &candidate.user.email, password)
            .await?;
        if let Some(verified) = self.verified(verdict, hash, password).await? {
            return self.admit(candidate, &verified, change).await;
        }
        let scope = Scope::organization(candidate.user.organization_id);
        self.credentials
            .password_failed(&scope, candidate.user.id, &Lockout::STANDARD, &change)
            .await?;
        Err(ServiceError::Unauthenticated)
    }

    fn change(&self, request_id: RequestId) -> Change {
        Change {
            author: Author::Platform,
            request_id,
            at: self.clock.now(),
        }
    }

    /// Refuses, after a write like the one that counts a wrong password.
    async fn refuse<T>(&self, change: &Change) -> Result<T, ServiceError> {
        self.credentials.login_refused(change).await?;
        Err(ServiceError::Unauthenticated)
    }

    /// Makes the token; `None` if the store does not take it any more.
    async fn admit(
        &self,
        candidate: LoginCandidate,
        verified: &VerifiedPassword,
        change: Change,
    ) -> Result<Option<LoggedIn>, ServiceError> {
        let issued = self.vault.issue_token();
        let token = LoginToken {
            digest: issued.digest,
            expires_at: change.at + TOKEN_LASTS,
        };
        let change = Change {
            author: Author::User(candidate.user.id),
            ..change
        };
        let scope = Scope::organization(candidate.user.organization_id);
        let user = self
            .credentials
            .log_in(&scope, candidate.user.id, &token, verified, &change)
            .await?;
        let Some(user) = user else {
            return Ok(None);
        };
        let held = self.roles.effective(&scope, user.id).await?;
        let held = held.ok_or(ServiceError::Unauthenticated)?;
        Ok(Some(LoggedIn {
            user,
            account_name: candidate.account_name,
            organization_name: candidate.organization_name,
            roles: held.into_iter().map(|held| held.role).collect(),
            token: Some(issued.clear),
        }))
    }
}
