//! What callers do with their own credentials, and an administrator with the organization's (contract, section 4).

use time::{Duration, OffsetDateTime};

use super::{AuthenticationService, LoggedIn};
use crate::{
    Actor, Entity, Password, Person, Privilege, Problem, Reach, Scope, SecretText, User, UserPatch,
    policy,
    ports::SecretKind,
    services::{
        ServiceError,
        passwords::{self, Comparison},
    },
};

/// Longest time that a replaced secret can go on working, in hours: a week.
const LONGEST_OVERLAP: u32 = 168;

/// The secrets that a user calls with.
#[derive(Clone, Debug)]
pub struct OwnSecrets {
    /// The user's own.
    pub user: SecretText,
    /// The organization's.
    pub organization: SecretText,
}

/// A new password of the caller.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// The new one.
    pub password: Password,
    /// The present one, checked if it is given.
    pub current: Option<Password>,
}

impl AuthenticationService {
    /// The secrets that the caller, who logged in with a password, calls with from now on.
    ///
    /// # Errors
    /// If the store fails, or a secret cannot be revealed.
    pub async fn secrets(&self, actor: &Actor) -> Result<OwnSecrets, ServiceError> {
        let identity = actor.identity();
        let own = identity.scope(Reach::User(identity.user_id));
        let user = self.credentials.user_secret(&own, identity.user_id).await?;
        let organization = self
            .credentials
            .organization_secret(identity.organization_id)
            .await?;
        // Deleted since it was authenticated.
        let (Some(user), Some(organization)) = (user, organization) else {
            return Err(ServiceError::Unauthenticated);
        };
        Ok(OwnSecrets {
            user: self.vault.reveal(&user)?,
            organization: self.vault.reveal(&organization)?,
        })
    }

    /// Changes the caller's own password, and ends the user's login tokens but the one that the caller presented.
    ///
    /// # Errors
    /// `Invalid` if the policy refuses the password, if it is the present one or a former one, or if `current` is given
    /// and wrong, which counts as a wrong password.
    pub async fn change_password(
        &self,
        actor: &Actor,
        change: &PasswordChange,
    ) -> Result<LoggedIn, ServiceError> {
        let identity = actor.identity();
        let own = identity.scope(Reach::User(identity.user_id));
        let user = self.users.find(&own, identity.user_id).await?;
        let user = user.ok_or(ServiceError::Unauthenticated)?;
        let policy = self.passwords.policy(identity.organization_id).await?;
        let person = Person {
            first_name: &user.first_name,
            last_name: &user.last_name,
            email: &user.email,
        };
        passwords::check(&policy, &change.password, &person)?;
        if let Some(current) = &change.current {
            self.verify_password(actor, &own, user.id, &user.email, current)
                .await
                .map_err(|error| match error {
                    ServiceError::Unauthenticated => ServiceError::WrongCurrentPassword,
                    other => other,
                })?;
        }
        let compared = self.passwords.compare(&own, user.id, &change.password);
        if compared.await? == Comparison::Same {
            return Err(refused("password", "must differ from the present one"));
        }
        let next = self
            .passwords
            .next(
                &policy,
                &own,
                user.id,
                &change.password,
                false,
                actor.token(),
            )
            .await?;
        let patch = UserPatch {
            password: Some(next),
            ..UserPatch::default()
        };
        let written = actor.change(self.clock.now());
        let user = self
            .users
            .update(&own, user.id, &patch, None, &written)
            .await?
            .ok_or(ServiceError::Unauthenticated)?;
        self.present(actor, user).await
    }

    /// Gives the caller another secret. The one so far stops at once, or goes on working for `overlap_hours`.
    ///
    /// # Errors
    /// `Invalid` for more hours than a week has.
    pub async fn reset_user_secret(
        &self,
        actor: &Actor,
        overlap_hours: u32,
    ) -> Result<SecretText, ServiceError> {
        let identity = actor.identity();
        let own = identity.scope(Reach::User(identity.user_id));
        let now = self.clock.now();
        let old_until = overlap(now, overlap_hours)?;
        let issued = self.vault.issue(SecretKind::User);
        let replaced = self
            .credentials
            .replace_user_secret(
                &own,
                identity.user_id,
                &issued.stored,
                old_until,
                &actor.change(now),
            )
            .await?;
        if replaced {
            Ok(issued.clear)
        } else {
            Err(ServiceError::Unauthenticated)
        }
    }

    /// The permit to give the organization another secret.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn reset_organization_secret<'a>(
        &'a self,
        actor: &'a Actor,
    ) -> Result<ResetOrganizationSecret<'a>, ServiceError> {
        let scope = policy::holds(actor.identity(), Privilege::ModifySecurity)?;
        Ok(ResetOrganizationSecret {
            service: self,
            actor,
            scope,
        })
    }

    async fn present(&self, actor: &Actor, user: User) -> Result<LoggedIn, ServiceError> {
        let identity = actor.identity();
        let scope = Scope::organization(identity.organization_id);
        let account = self.accounts.find(&scope, user.account_id).await?;
        let organization = self.organizations.find(identity.organization_id).await?;
        let held = self.roles.effective(&scope, user.id).await?;
        let (Some(account), Some(organization), Some(held)) = (account, organization, held) else {
            return Err(ServiceError::Unauthenticated);
        };
        Ok(LoggedIn {
            user,
            account_name: account.name,
            organization_name: organization.name,
            roles: held.into_iter().map(|held| held.role).collect(),
            token: None,
        })
    }
}

/// The permit to give the caller's organization another secret.
#[derive(Debug)]
pub struct ResetOrganizationSecret<'a> {
    service: &'a AuthenticationService,
    actor: &'a Actor,
    scope: Scope,
}

impl ResetOrganizationSecret<'_> {
    /// Gives the organization another secret. The one so far stops at once, or goes on working for `overlap_hours`.
    ///
    /// # Errors
    /// `Invalid` for more hours than a week has.
    pub async fn reset(&self, overlap_hours: u32) -> Result<SecretText, ServiceError> {
        let id = self.scope.organization_id();
        let now = self.service.clock.now();
        let old_until = overlap(now, overlap_hours)?;
        let issued = self.service.vault.issue(SecretKind::Organization);
        let change = self.actor.change(now);
        let replaced = self
            .service
            .credentials
            .replace_organization_secret(id, &issued.stored, old_until, &change)
            .await?;
        if replaced {
            Ok(issued.clear)
        } else {
            Err(ServiceError::no_such(Entity::Organization, id))
        }
    }
}

/// Until when a replaced secret works.
fn overlap(now: OffsetDateTime, hours: u32) -> Result<Option<OffsetDateTime>, ServiceError> {
    match hours {
        0 => Ok(None),
        1..=LONGEST_OVERLAP => Ok(Some(now + Duration::hours(i64::from(hours)))),
        _ => Err(refused(
            "overlapHours",
            format!("must be 0 to {LONGEST_OVERLAP}"),
        )),
    }
}

fn refused(field: &str, message: impl std::fmt::Display) -> ServiceError {
    ServiceError::Invalid(vec![Problem::new(field, message)])
}
