//! Changes to a user: only what is given changes, so two callers who change different fields both win.

use time::OffsetDateTime;

use crate::{Email, Name, NewPassword, PasswordState, Profile, RoleKey, Text, User};

/// Changes to a user as a store takes them. `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// What the user logs in with.
    pub email: Option<Email>,
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// Whether the user can authenticate.
    pub active: Option<bool>,
    /// Address, telephone, and the caller's own key.
    pub profile: ProfilePatch,
    /// A new password.
    pub password: Option<NewPassword>,
    /// Until when the user is locked; `Some(None)` unlocks and forgets the wrong passwords so far.
    pub locked_until: Option<Option<OffsetDateTime>>,
    /// The roles granted directly, all of them.
    pub roles: Option<Vec<RoleKey>>,
    /// Erase the user's instances too. They are recorded before the user, as where it is erased.
    pub discard_instances: bool,
}

/// Changes to a [`Profile`]. `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the same fields as Profile")]
pub struct ProfilePatch {
    pub external_id: Option<Option<Text>>,
    pub phone: Option<Option<Text>>,
    pub street1: Option<Option<Text>>,
    pub street2: Option<Option<Text>>,
    pub city: Option<Option<Text>>,
    pub state_province: Option<Option<Text>>,
    pub postal_code: Option<Option<Text>>,
    pub country: Option<Option<Text>>,
}

impl ProfilePatch {
    /// `profile` with the changes made.
    #[must_use]
    pub fn apply(&self, profile: &Profile) -> Profile {
        let pick = |given: &Option<Option<Text>>, current: &Option<Text>| {
            given.as_ref().unwrap_or(current).clone()
        };
        Profile {
            external_id: pick(&self.external_id, &profile.external_id),
            phone: pick(&self.phone, &profile.phone),
            street1: pick(&self.street1, &profile.street1),
            street2: pick(&self.street2, &profile.street2),
            city: pick(&self.city, &profile.city),
            state_province: pick(&self.state_province, &profile.state_province),
            postal_code: pick(&self.postal_code, &profile.postal_code),
            country: pick(&self.country, &profile.country),
        }
    }
}

impl UserPatch {
    /// `user` with the changes made at `at`: what every adapter stores. Roles and instances are not part of a [`User`].
    #[must_use]
    pub fn apply(&self, user: &User, at: OffsetDateTime) -> User {
        let password = match &self.password {
            Some(new) => PasswordState::Set {
                changed_at: at,
                must_change: new.must_change,
            },
            None => user.password,
        };
        User {
            email: self.email.as_ref().unwrap_or(&user.email).clone(),
            first_name: self.first_name.as_ref().unwrap_or(&user.first_name).clone(),
            last_name: self.last_name.as_ref().unwrap_or(&user.last_name).clone(),
            active: self.active.unwrap_or(user.active),
            profile: self.profile.apply(&user.profile),
            password,
            locked_until: self.locked_until.unwrap_or(user.locked_until),
            updated_at: at,
            revision: user.revision.next(),
            ..user.clone()
        }
    }
}
