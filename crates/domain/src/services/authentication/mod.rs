//! Who is calling: from secrets and tokens to an actor, and from a password to its user.

mod elsewhere;
mod login;
mod own;
mod strangers;

use std::sync::Arc;

use self::strangers::Strangers;
pub use self::{
    login::LoggedIn,
    own::{OwnSecrets, PasswordChange, ResetOrganizationSecret},
};
use super::{ServiceError, passwords::Passwords};
use crate::{
    Actor, Admission, Author, CalledInstance, Change, Email, Identity, Password, PasswordHash,
    Privilege, RequestId, Scope, SecretText, UserId,
    ports::{
        AccountRepository, Authenticated, Caller, Clock, CredentialRepository, LegacyLogin,
        Lockout, OrganizationRepository, PasswordHasher, PasswordTurns, Repositories,
        RoleRepository, SecretVault, UserRepository, Verdict, VerifiedPassword,
    },
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

/// Finds out who is calling, and manages what callers authenticate with.
pub struct AuthenticationService {
    organizations: Arc<dyn OrganizationRepository>,
    accounts: Arc<dyn AccountRepository>,
    users: Arc<dyn UserRepository>,
    roles: Arc<dyn RoleRepository>,
    credentials: Arc<dyn CredentialRepository>,
    hasher: Arc<dyn PasswordHasher>,
    turns: Arc<dyn PasswordTurns>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
    passwords: Passwords,
    /// Asked for passwords that are held elsewhere, if they are to be moved here.
    legacy: Option<Arc<dyn LegacyLogin>>,
    /// How often it was asked for e-mails that nobody has here.
    strangers: Strangers,
}

impl AuthenticationService {
    /// Over these ports.
    pub fn new(
        repositories: &Repositories,
        hasher: Arc<dyn PasswordHasher>,
        turns: Arc<dyn PasswordTurns>,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            organizations: Arc::clone(&repositories.organizations),
            accounts: Arc::clone(&repositories.accounts),
            users: Arc::clone(&repositories.users),
            roles: Arc::clone(&repositories.roles),
            credentials: Arc::clone(&repositories.credentials),
            passwords: Passwords::new(repositories, Arc::clone(&hasher)),
            hasher,
            turns,
            vault,
            clock,
            legacy: None,
            strangers: Strangers::default(),
        }
    }

    /// Who has these secrets, and what they are good for: user and organization for every call, user and element for
    /// calls through that instance, a login token for every call unless the password must be changed first.
    ///
    /// # Errors
    /// `Unauthenticated`, whatever is wrong with them.
    pub async fn authenticate(
        &self,
        presented: &PresentedSecrets,
        request_id: RequestId,
    ) -> Result<Actor, ServiceError> {
        let caller = self
            .caller(presented)
            .ok_or(ServiceError::Unauthenticated)?;
        let now = self.clock.now();
        let found = self.credentials.authenticate(&caller, now).await?;
        let Authenticated {
            identity,
            password,
            instance,
            good_until: _,
        } = found.ok_or(ServiceError::Unauthenticated)?;
        if instance.is_some_and(|instance| !may_call_through(&identity, &instance)) {
            return Err(ServiceError::Unauthenticated);
        }
        let must_change = password.is_expired(identity.password_expiration_days, now);
        let admission = match caller {
            Caller::Instance { .. } => Admission::Instance,
            Caller::Token { .. } if must_change => Admission::PasswordChange,
            Caller::Secrets { .. } | Caller::Token { .. } => Admission::Platform,
        };
        let token = match caller {
            Caller::Token { token, .. } => Some(token),
            Caller::Secrets { .. } | Caller::Instance { .. } => None,
        };
        Ok(Actor::new(identity, request_id)
            .admitted_to(admission)
            .through(instance)
            .with_token(token))
    }

    /// The parts that were presented, if they are a combination that means something and none is mistyped.
    fn caller(&self, presented: &PresentedSecrets) -> Option<Caller> {
        let digest = |secret: &SecretText| self.vault.digest(secret);
        let instance = match &presented.element {
            None => None,
            Some(element) => Some(digest(element)?),
        };
        match (
            &presented.user,
            &presented.organization,
            &presented.bearer,
            instance,
        ) {
            (Some(user), Some(organization), None, instance) => Some(Caller::Secrets {
                user: digest(user)?,
                organization: digest(organization)?,
                instance,
            }),
            (Some(user), None, None, Some(instance)) => Some(Caller::Instance {
                user: digest(user)?,
                instance,
            }),
            (None, None, Some(token), instance) => Some(Caller::Token {
                token: digest(token)?,
                instance,
            }),
            _ => None,
        }
    }

    /// Checks that `password` is this user's. A wrong one counts towards the lock; a locked user's is wrong.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not, after the same time whether the user has a password or not. `LegacyLogin` if it is held
    /// elsewhere and cannot be verified now; nothing is counted then.
    pub async fn verify_password(
        &self,
        actor: &Actor,
        scope: &Scope,
        user: UserId,
        email: &Email,
        password: &Password,
    ) -> Result<(), ServiceError> {
        // Held until the guess is counted: the next one sees the lock.
        let _turn = self.turns.wait(email).await?;
        let stored = self.credentials.password(scope, user).await?;
        let hash = stored.as_ref().and_then(|stored| stored.hash.as_ref());
        let verdict = self.hasher.verify(password, hash).await?;
        let change = Change {
            author: Author::Platform,
            ..actor.change(self.clock.now())
        };
        let Some(stored) = stored else {
            self.credentials.login_refused(&change).await?;
            return Err(ServiceError::Unauthenticated);
        };
        if stored.locked_until.is_some_and(|until| change.at < until) {
            self.credentials.login_refused(&change).await?;
            return Err(ServiceError::Unauthenticated);
        }
        let verdict = self
            .or_elsewhere(verdict, stored.hash.as_ref(), email, password)
            .await?;
        let verified = self.verified(verdict, stored.hash, password).await?;
        let Some(verified) = verified else {
            self.credentials
                .password_failed(scope, user, &Lockout::STANDARD, &change)
                .await?;
            return Err(ServiceError::Unauthenticated);
        };
        if stored.failures > 0 || verified.upgraded.is_some() {
            self.credentials
                .password_succeeded(scope, user, &verified)
                .await?;
        }
        Ok(())
    }

    /// What follows from comparing `password` with `hash`; `None` if it is wrong.
    async fn verified(
        &self,
        verdict: Verdict,
        hash: Option<PasswordHash>,
        password: &Password,
    ) -> Result<Option<VerifiedPassword>, ServiceError> {
        let upgraded = match verdict {
            Verdict::Wrong => return Ok(None),
            Verdict::Right => None,
            Verdict::RightButOutdated => Some(self.hasher.hash(password).await?),
        };
        Ok(hash.map(|hash| VerifiedPassword { hash, upgraded }))
    }
}

/// Its owner may, and those who may use the instances of its account (contract, section 6).
fn may_call_through(caller: &Identity, instance: &CalledInstance) -> bool {
    instance.user_id == caller.user_id
        || (instance.account_id == caller.account_id
            && caller
                .privileges
                .allows(Privilege::UseAccountElementInstances))
}

impl std::fmt::Debug for AuthenticationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthenticationService")
            .finish_non_exhaustive()
    }
}
