//! Changing a user: PATCH and PUT.

use super::{UserService, UserWithRoles, pinned, repeated};
use crate::{
    Actor, EffectiveRole, Email, Entity, Expected, Name, NewPassword, Password, PasswordPolicy,
    Person, ProfilePatch, Reach, RoleKey, Scope, User, UserId, UserPatch,
    policy::{Door, Forbidden},
    ports::RepositoryError,
    services::{
        ServiceError,
        passwords::{self, Comparison},
        roles::grantable,
    },
};
use time::{OffsetDateTime, macros::datetime};

/// Until when an administrator's lock lasts: until an administrator lifts it.
const FOR_EVER: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// The permit to change one user, if it is there.
#[derive(Debug)]
pub struct EditUser<'a> {
    pub(super) service: &'a UserService,
    pub(super) actor: &'a Actor,
    pub(super) door: Door,
    pub(super) reach: Scope,
    pub(super) id: UserId,
}

/// What a caller wants changed. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    /// What the user logs in with.
    pub email: Option<Email>,
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// A new password.
    pub password: Option<Password>,
    /// Whether the user can authenticate.
    pub active: Option<bool>,
    /// Lock the user, or lift the lock.
    pub account_locked: Option<bool>,
    /// Address, telephone, and the caller's own key.
    pub profile: ProfilePatch,
    /// The roles that the user shall have. Those it has anyway, by the system or through its account, may be among them.
    pub roles: Option<Vec<RoleKey>>,
    /// With `active: false`: erase the user's instances (`?permanent=true`).
    pub permanent: bool,
}

impl EditUser<'_> {
    /// Makes the changes; answers the user as it is then, with its roles.
    ///
    /// Clients send a whole reply back, so what is given but equal to what is stored counts as not given: it needs no
    /// privilege and is no conflict.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such user; `Forbidden` if the caller may not change it, or not that; `Invalid`
    /// if the password is too weak; a conflict if the e-mail is in use; stale if `expected` is not its revision.
    pub async fn apply(
        &self,
        changes: UserChanges,
        expected: &Expected,
    ) -> Result<UserWithRoles, ServiceError> {
        repeated(expected, || self.attempt(&changes, expected)).await
    }

    async fn attempt(
        &self,
        changes: &UserChanges,
        expected: &Expected,
    ) -> Result<UserWithRoles, ServiceError> {
        let target = self
            .service
            .target(self.actor, self.door, &self.reach, self.id)
            .await;
        let (user, held) = match target {
            Err(missing @ ServiceError::NotFound { .. }) => {
                return Err(self.refused_before(missing, changes).await?);
            }
            found => found?,
        };
        let expected = expected.check(Entity::User, user.revision)?;
        let expected = expected.or(pinned(self.actor, &user));
        let now = self.service.clock.now();
        let mut patch = differences(&user, changes, now);
        patch.roles = self
            .new_grants(&user, &held, changes.roles.as_deref())
            .await?;
        self.check_oneself(&user, &patch)?;
        patch.password = self
            .new_password(&user, &patch, changes.password.as_ref())
            .await?;
        let change = self.actor.change(now);
        let updated = self
            .service
            .users
            .update(&self.reach, self.id, &patch, expected, &change)
            .await?;
        let updated = updated.ok_or_else(|| ServiceError::no_such(Entity::User, self.id))?;
        if patch.roles.is_some() {
            return self.service.with_roles(updated).await;
        }
        Ok(UserWithRoles::new(updated, held))
    }

    /// The direct grants to store; `None` if they stay as they are.
    async fn new_grants(
        &self,
        user: &User,
        held: &[EffectiveRole],
        asked: Option<&[RoleKey]>,
    ) -> Result<Option<Vec<RoleKey>>, ServiceError> {
        let Some(asked) = asked else {
            return Ok(None);
        };
        let identity = self.actor.identity();
        let direct: Vec<RoleKey> = held
            .iter()
            .filter(|held| held.direct)
            .map(|held| held.role.key)
            .collect();
        let has_anyway =
            |key: RoleKey| held.iter().any(|held| held.role.key == key && !held.direct);
        let mut wanted: Vec<RoleKey> = asked
            .iter()
            .copied()
            .filter(|key| !has_anyway(*key))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut current = direct.clone();
        current.sort_unstable();
        if wanted == current {
            return Ok(None);
        }
        if user.id == identity.user_id {
            return Err(Forbidden::rule("Nobody can change the own roles.").into());
        }
        let in_default = user.account_id == identity.default_account_id;
        let roles = self.service.roles.list(identity.organization_id).await?;
        let changed = wanted
            .iter()
            .filter(|key| !direct.contains(key))
            .chain(direct.iter().filter(|key| !wanted.contains(key)));
        for key in changed {
            grantable(identity, &roles, *key, in_default)?;
        }
        Ok(Some(wanted))
    }

    /// What nobody may do to oneself, and what one may only do to oneself with the privilege to edit users.
    fn check_oneself(&self, user: &User, patch: &UserPatch) -> Result<(), ServiceError> {
        if user.id != self.actor.identity().user_id {
            return Ok(());
        }
        if patch.active == Some(false) || patch.discard_instances {
            return Err(Forbidden::rule("Nobody can deactivate oneself.").into());
        }
        let own = self.reach.reach() == Reach::User(user.id);
        let more = patch.email.is_some()
            || patch.active.is_some()
            || patch.locked_until.is_some()
            || patch
                .profile
                .external_id
                .as_ref()
                .is_some_and(|given| *given != user.profile.external_id);
        if own && more {
            return Err(Forbidden::rule(
                "Without the privilege 'editUsersAccount' users can change only their own names, phone, address and \
                 password.",
            )
            .into());
        }
        Ok(())
    }

    /// Refuses an e-mail in use before a password is compared: a change that is refused for certain must not be a way to
    /// try passwords.
    async fn check_email(&self, user: &User, patch: &UserPatch) -> Result<(), ServiceError> {
        let Some(email) = &patch.email else {
            return Ok(());
        };
        let owner = self.service.credentials.login_candidate(email).await?;
        if owner.is_some_and(|owner| owner.user.id != user.id) {
            return Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "email",
            }
            .into());
        }
        Ok(())
    }

    async fn new_password(
        &self,
        user: &User,
        patch: &UserPatch,
        password: Option<&Password>,
    ) -> Result<Option<NewPassword>, ServiceError> {
        let Some(password) = password else {
            return Ok(None);
        };
        // Before the comparison with the stored one: whether a password is accepted must not tell whether it is right.
        let person = Person {
            first_name: patch.first_name.as_ref().unwrap_or(&user.first_name),
            last_name: patch.last_name.as_ref().unwrap_or(&user.last_name),
            email: patch.email.as_ref().unwrap_or(&user.email),
        };
        let passwords = &self.service.passwords;
        let policy = passwords.policy(user.organization_id).await?;
        passwords::check(&policy, password, &person)?;
        self.check_email(user, patch).await?;
        // The unchanged password is no change.
        let compared = passwords.compare(&self.reach, user.id, password).await?;
        if compared == Comparison::Same {
            return Ok(None);
        }
        let own = user.id == self.actor.identity().user_id;
        let keep_token = if own { self.actor.token() } else { None };
        let next = passwords
            .next(&policy, &self.reach, user.id, password, !own, keep_token)
            .await?;
        Ok(Some(next))
    }

    /// What is answered for a user who is not there: that is said after what is wrong with the body, as far as that can be
    /// told without the user.
    async fn refused_before(
        &self,
        missing: ServiceError,
        changes: &UserChanges,
    ) -> Result<ServiceError, ServiceError> {
        let Some(password) = &changes.password else {
            return Ok(missing);
        };
        let organization = self.actor.identity().organization_id;
        let policy = self.service.passwords.policy(organization).await?;
        let broken = policy.check_text(password);
        if broken.is_empty() {
            return Ok(missing);
        }
        Ok(ServiceError::Invalid(vec![PasswordPolicy::problem(
            &broken,
        )]))
    }
}

/// What differs from `user`, but for roles and password, which take a look into the store.
fn differences(user: &User, changes: &UserChanges, now: OffsetDateTime) -> UserPatch {
    fn differing<T: PartialEq + Clone>(given: Option<&T>, current: &T) -> Option<T> {
        given.filter(|given| *given != current).cloned()
    }
    let locked = user.is_locked(now);
    UserPatch {
        // By text, not by `==`: the case of an address may be corrected.
        email: changes
            .email
            .as_ref()
            .filter(|email| email.as_str() != user.email.as_str())
            .cloned(),
        first_name: differing(changes.first_name.as_ref(), &user.first_name),
        last_name: differing(changes.last_name.as_ref(), &user.last_name),
        active: differing(changes.active.as_ref(), &user.active),
        profile: changes.profile.clone(),
        password: None,
        locked_until: match changes.account_locked {
            Some(true) if !locked => Some(Some(FOR_EVER)),
            Some(false) if locked => Some(None),
            _ => None,
        },
        roles: None,
        discard_instances: changes.permanent && changes.active == Some(false),
    }
}
