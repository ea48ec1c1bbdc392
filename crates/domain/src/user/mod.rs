//! Users: the people and programs that belong to an account.

mod field;
mod patch;

use std::collections::BTreeSet;

use time::OffsetDateTime;

pub use self::{
    field::UserField,
    patch::{ProfilePatch, UserPatch},
};
use crate::{
    AccountId, Email, Name, OrganizationId, PasswordHash, PasswordPolicy, Revision, RoleKey,
    SealedSecret, SecretDigest, Snapshot, Text, UserId,
};

/// A user of one account of one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Assigned by the store.
    pub id: UserId,
    /// Whose organization.
    pub organization_id: OrganizationId,
    /// In which account.
    pub account_id: AccountId,
    /// What the user logs in with; unique in the deployment, ignoring case.
    pub email: Email,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// Inactive users cannot authenticate.
    pub active: bool,
    /// Address, telephone, and the caller's own key.
    pub profile: Profile,
    /// Whether there is a password, and how old it is.
    pub password: PasswordState,
    /// Until when wrong passwords, or an administrator, keep the user from logging in.
    pub locked_until: Option<OffsetDateTime>,
    /// The last login; `None` is shown, and compared, as 1970-01-01.
    pub last_login_at: Option<OffsetDateTime>,
    /// When it was created, to the microsecond.
    pub created_at: OffsetDateTime,
    /// When it was last changed, to the microsecond.
    pub updated_at: OffsetDateTime,
    /// How often it was written.
    pub revision: Revision,
}

/// What may be known of a user beyond name and e-mail. All optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The caller's own key for the user; need not be unique.
    pub external_id: Option<Text>,
    /// Telephone number, in any form.
    pub phone: Option<Text>,
    /// First line of the address.
    pub street1: Option<Text>,
    /// Second line of the address.
    pub street2: Option<Text>,
    /// City.
    pub city: Option<Text>,
    /// State or province.
    pub state_province: Option<Text>,
    /// Postal code.
    pub postal_code: Option<Text>,
    /// Country.
    pub country: Option<Text>,
}

/// What is known of a user's password without knowing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordState {
    /// None: the user cannot log in.
    Absent,
    /// There is one.
    Set {
        /// Since when.
        changed_at: OffsetDateTime,
        /// Somebody else set it, so it must be changed at the next login.
        must_change: bool,
    },
}

impl PasswordState {
    /// Whether nobody can log in with it at `now` without changing it: there is none, somebody else set it, or it is
    /// older than the `expiration_days` of the policy in force allow.
    pub fn is_expired(self, expiration_days: u32, now: OffsetDateTime) -> bool {
        match self {
            Self::Absent
            | Self::Set {
                must_change: true, ..
            } => true,
            Self::Set { changed_at, .. } => {
                PasswordPolicy::has_expired(expiration_days, changed_at, now)
            }
        }
    }
}

/// What is needed to create a user in an account.
#[derive(Clone, Debug)]
pub struct UserDraft {
    /// In which account; it must be active and of the scope's organization.
    pub account_id: AccountId,
    /// What the user logs in with.
    pub email: Email,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// Whether the user can authenticate at once.
    pub active: bool,
    /// Address, telephone, and the caller's own key.
    pub profile: Profile,
    /// The password's hash, if a password was given.
    pub password: Option<PasswordHash>,
    /// The user's secret as the store keeps it.
    pub secret: SealedSecret,
    /// Roles granted directly.
    pub roles: Vec<RoleKey>,
}

impl UserDraft {
    /// The user that is created of it.
    pub fn user(&self, organization_id: OrganizationId, id: UserId, at: OffsetDateTime) -> User {
        User {
            id,
            organization_id,
            account_id: self.account_id,
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            active: self.active,
            profile: self.profile.clone(),
            password: match self.password {
                None => PasswordState::Absent,
                Some(_) => PasswordState::Set {
                    changed_at: at,
                    must_change: false,
                },
            },
            locked_until: None,
            last_login_at: None,
            created_at: at,
            updated_at: at,
            revision: Revision::FIRST,
        }
    }
}

/// What is needed to create the first user of an organization.
#[derive(Clone, Debug)]
pub struct AdminDraft {
    /// What the user logs in with.
    pub email: Email,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// The password's hash; without it the user cannot log in.
    pub password: Option<PasswordHash>,
    /// Whether the password must be changed at the first login.
    pub must_change: bool,
    /// The user's secret as the store keeps it.
    pub secret: SealedSecret,
}

/// A new password of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassword {
    /// Its hash.
    pub hash: PasswordHash,
    /// Whether it must be changed at the next login.
    pub must_change: bool,
    /// So many former hashes are remembered from now on, the one that is replaced among them.
    pub remember: u32,
    /// The login token with which it was changed: all others of the user end.
    pub keep_token: Option<SecretDigest>,
}

impl User {
    /// `First Last`.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Whether wrong passwords or an administrator keep the user from logging in at `now`.
    pub fn is_locked(&self, now: OffsetDateTime) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Whether the user cannot log in with a password, or must change it first: inactive, no password, set by somebody
    /// else, or older than the `expiration_days` of the policy in force allow (contract, section 6).
    pub fn credentials_expired(&self, expiration_days: u32, now: OffsetDateTime) -> bool {
        !self.active || self.password.is_expired(expiration_days, now)
    }

    /// Its fields as the audit log keeps them: everything but secrets.
    pub fn snapshot(&self) -> Snapshot {
        let password_changed = match self.password {
            PasswordState::Absent => None,
            PasswordState::Set { changed_at, .. } => Some(changed_at),
        };
        let profile = &self.profile;
        Snapshot::new()
            .field("accountId", self.account_id)
            .field("email", &self.email)
            .field("firstName", &self.first_name)
            .field("lastName", &self.last_name)
            .field("active", self.active)
            .optional("externalId", profile.external_id.as_ref())
            .optional("phone", profile.phone.as_ref())
            .optional("street1", profile.street1.as_ref())
            .optional("street2", profile.street2.as_ref())
            .optional("city", profile.city.as_ref())
            .optional("stateProvince", profile.state_province.as_ref())
            .optional("postalCode", profile.postal_code.as_ref())
            .optional("country", profile.country.as_ref())
            .optional("passwordChangedAt", password_changed)
            .optional("lockedUntil", self.locked_until)
    }

    /// What the audit log keeps of its creation: its fields, and as `roles` those that were granted with it, if there are any,
    /// joined by commas in the order of [`RoleKey`]. No other record says that they were.
    pub fn creation(&self, granted: &[RoleKey]) -> Snapshot {
        let granted: BTreeSet<_> = granted.iter().collect();
        let keys: Vec<_> = granted.into_iter().map(|key| key.as_str()).collect();
        let roles = (!keys.is_empty()).then(|| keys.join(","));
        self.snapshot().optional("roles", roles)
    }
}
