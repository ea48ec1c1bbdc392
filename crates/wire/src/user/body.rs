//! A user in a reply.

use serde::Serialize;
use tenantry_domain::{PasswordState, Role, SecretText, Text, User};
use time::OffsetDateTime;

use super::SECURED;
use crate::{day, role::RoleBody};

/// A user in a reply. Absent values are left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = User))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
#[expect(clippy::struct_excessive_bools, reason = "the contract has them all")]
pub struct UserBody<'u> {
    pub id: i64,
    pub created_date: String,
    pub username: &'u str,
    pub first_name: &'u str,
    pub last_name: &'u str,
    pub full_name: String,
    pub email: &'u str,
    pub active: bool,
    pub last_login_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street1: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street2: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_province: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<&'u str>,
    pub account_expired: bool,
    pub account_non_expired: bool,
    pub account_locked: bool,
    pub account_non_locked: bool,
    pub credentials_expired: bool,
    pub credentials_non_expired: bool,
    pub email_valid: bool,
    pub enabled: bool,
    pub account_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<RoleBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Every field that a user in a list can have: what the parameter `fields` may name.
pub const FIELDS: &[&str] = &[
    "id",
    "createdDate",
    "username",
    "firstName",
    "lastName",
    "fullName",
    "email",
    "active",
    "lastLoginDate",
    "externalId",
    "phone",
    "street1",
    "street2",
    "city",
    "stateProvince",
    "postalCode",
    "country",
    "accountExpired",
    "accountNonExpired",
    "accountLocked",
    "accountNonLocked",
    "credentialsExpired",
    "credentialsNonExpired",
    "emailValid",
    "enabled",
    "accountId",
    "password",
];

/// How a user is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// For so many days a password is good; 0 means for ever.
    pub expiration_days: u32,
    /// Now, which says whether a lock still lasts.
    pub now: OffsetDateTime,
}

impl<'u> UserBody<'u> {
    /// The user as every reply shows it.
    pub fn new(user: &'u User, shown: Shown) -> Self {
        let text = |text: &'u Option<Text>| text.as_ref().map(Text::as_str);
        let profile = &user.profile;
        let locked = user.is_locked(shown.now);
        let credentials_expired = user.credentials_expired(shown.expiration_days, shown.now);
        Self {
            id: user.id.get(),
            created_date: day(user.created_at),
            username: user.email.as_str(),
            first_name: user.first_name.as_str(),
            last_name: user.last_name.as_str(),
            full_name: user.full_name(),
            email: user.email.as_str(),
            active: user.active,
            last_login_date: day(user.last_login_at.unwrap_or(OffsetDateTime::UNIX_EPOCH)),
            external_id: text(&profile.external_id),
            phone: text(&profile.phone),
            street1: text(&profile.street1),
            street2: text(&profile.street2),
            city: text(&profile.city),
            state_province: text(&profile.state_province),
            postal_code: text(&profile.postal_code),
            country: text(&profile.country),
            account_expired: false,
            account_non_expired: user.active,
            account_locked: locked,
            account_non_locked: !locked,
            credentials_expired,
            credentials_non_expired: !credentials_expired,
            email_valid: true,
            enabled: user.active && !locked,
            account_id: user.account_id.get(),
            password: None,
            roles: None,
            secret: None,
        }
    }

    /// With the placeholder of the password, if there is one.
    #[must_use]
    pub fn with_password_of(mut self, user: &User) -> Self {
        self.password = (user.password != PasswordState::Absent).then_some(SECURED);
        self
    }

    /// With roles.
    #[must_use]
    pub fn with_roles(mut self, roles: &[Role]) -> Self {
        self.roles = Some(roles.iter().map(RoleBody::from).collect());
        self
    }

    /// With the secret in clear, if the caller may have it.
    #[must_use]
    pub fn with_secret(mut self, secret: Option<&SecretText>) -> Self {
        self.secret = secret.map(|secret| secret.expose().to_owned());
        self
    }
}
