//! Logging in, passwords and secrets as the API writes and reads them (contract, section 4).

use serde::Serialize;
use tenantry_domain::{
    Email, Password, Privilege, Problem, RoleKey, SecretText,
    services::{LoggedIn, OwnSecrets, PasswordChange},
};
use time::OffsetDateTime;

use crate::{
    day,
    object::{JsonObject, Problems},
    query::Query,
    role::RoleBody,
};

/// A user who has just proved to be it. Absent values are left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AuthenticatedUser))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
#[expect(clippy::struct_excessive_bools, reason = "the contract has them")]
pub struct AuthenticatedUserBody {
    pub id: i64,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub created_date: String,
    pub last_login_date: String,
    /// For `Authorization: Bearer`, for twelve hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    pub organization_id: i64,
    pub organization_name: String,
    pub account_id: i64,
    pub account_name: String,
    pub organization_admin: bool,
    pub account_admin: bool,
    pub sys_admin: bool,
    pub in_intelligence_role: bool,
    pub two_factor: bool,
    pub registered_for_two_factor: bool,
    pub roles: Vec<RoleBody>,
}

/// The secrets that a user calls with.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Secrets))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct SecretsBody {
    pub user_secret: String,
    pub organization_secret: String,
}

/// A user's new secret.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = UserSecret))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct UserSecretBody {
    pub user_secret: String,
}

/// An organization's new secret.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = OrganizationSecret))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct OrganizationSecretBody {
    pub organization_secret: String,
}

/// E-mail and password. Fields that are not listed are ignored.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = Login, example = json!({"username": "pippin@buckland.example", "password": "Second-breakfast-1"}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct LoginBody {
    /// The e-mail.
    pub username: String,
    pub password: String,
}

/// A new password of the caller. Fields that are not listed are ignored.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = PasswordChange, rename_all = "camelCase", example = json!({"password": "Speak-friend-1"}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct PasswordChangeBody {
    pub password: String,
    /// The present password, checked if it is given.
    pub current_password: Option<String>,
}

/// What a login is tried with.
#[derive(Clone, Debug)]
pub struct Login {
    /// The e-mail; `None` if the username is none, and so nobody's.
    pub email: Option<Email>,
    /// The password.
    pub password: Password,
}

impl From<&LoggedIn> for AuthenticatedUserBody {
    fn from(logged_in: &LoggedIn) -> Self {
        let user = &logged_in.user;
        let has = |key| logged_in.roles.iter().any(|role| role.key == key);
        let intelligence = logged_in
            .roles
            .iter()
            .any(|role| role.privileges.contains(Privilege::Intelligence));
        Self {
            id: user.id.get(),
            username: user.email.to_string(),
            first_name: user.first_name.to_string(),
            last_name: user.last_name.to_string(),
            created_date: day(user.created_at),
            last_login_date: day(user.last_login_at.unwrap_or(OffsetDateTime::UNIX_EPOCH)),
            token: logged_in
                .token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            organization_id: user.organization_id.get(),
            organization_name: logged_in.organization_name.to_string(),
            account_id: user.account_id.get(),
            account_name: logged_in.account_name.to_string(),
            organization_admin: has(RoleKey::OrgAdmin),
            account_admin: has(RoleKey::Admin),
            sys_admin: has(RoleKey::SysAdmin),
            in_intelligence_role: intelligence,
            two_factor: false,
            registered_for_two_factor: false,
            roles: logged_in.roles.iter().map(RoleBody::from).collect(),
        }
    }
}

impl From<&OwnSecrets> for SecretsBody {
    fn from(secrets: &OwnSecrets) -> Self {
        Self {
            user_secret: secrets.user.expose().to_owned(),
            organization_secret: secrets.organization.expose().to_owned(),
        }
    }
}

impl From<&SecretText> for UserSecretBody {
    fn from(secret: &SecretText) -> Self {
        Self {
            user_secret: secret.expose().to_owned(),
        }
    }
}

impl From<&SecretText> for OrganizationSecretBody {
    fn from(secret: &SecretText) -> Self {
        Self {
            organization_secret: secret.expose().to_owned(),
        }
    }
}

/// Reads the body of a login. A username that is no e-mail is nobody's, which is not for the reply to say.
///
/// # Errors
/// If a field is left out or no text.
pub fn login(object: &JsonObject) -> Result<Login, Vec<Problem>> {
    let mut problems = Problems::default();
    for field in ["username", "password"] {
        problems.require(object, field);
    }
    let email = problems.text(object, "username", |text| {
        Ok::<_, std::convert::Infallible>(Email::parse(text).ok())
    });
    let password = problems.password(object, "password");
    let login = email
        .zip(password)
        .map(|(email, password)| Login { email, password });
    problems.finish(login)
}

/// Reads the body of a change of the own password.
///
/// # Errors
/// Everything that is wrong with it.
pub fn password_change(object: &JsonObject) -> Result<PasswordChange, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.require(object, "password");
    let password = problems.password(object, "password");
    let current = problems.password(object, "currentPassword");
    let change = password.map(|password| PasswordChange { password, current });
    problems.finish(change)
}

/// Reads `overlapHours`: for so long the secret that is replaced goes on working; 0 if left out.
///
/// # Errors
/// If it is no number, or given twice.
pub fn overlap_hours(query: &Query) -> Result<u32, Problem> {
    match query.one("overlapHours")? {
        None => Ok(0),
        Some(text) => text
            .parse()
            .map_err(|_| Problem::new("overlapHours", "must be a whole number from 0 to 168")),
    }
}
