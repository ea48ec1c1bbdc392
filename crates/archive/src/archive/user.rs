//! A user in an archive. Everything about the password is sealed, since when there is one too.

use serde::{Deserialize, Serialize};
use tenantry_domain::{
    AccountId, Email, OrganizationId, PasswordHash, PasswordState, Profile, SecretText, User,
    UserId, transfer::UserRecord,
};
use time::OffsetDateTime;

use super::{
    field::{field, id, keys, name, optional, revision, roles, written},
    passwords::PasswordsTaken,
};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserBody {
    pub(super) id: i64,
    account_id: i64,
    email: String,
    first_name: String,
    last_name: String,
    active: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    street1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    street2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state_province: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<String>>,
    #[serde(
        default,
        with = "crate::instant::option",
        skip_serializing_if = "Option::is_none"
    )]
    locked_until: Option<OffsetDateTime>,
    #[serde(
        default,
        with = "crate::instant::option",
        skip_serializing_if = "Option::is_none"
    )]
    last_login_date: Option<OffsetDateTime>,
    #[serde(with = "crate::instant")]
    created_date: OffsetDateTime,
    #[serde(with = "crate::instant")]
    updated_date: OffsetDateTime,
    revision: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

/// What is sealed. Cannot be printed.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserSecrets {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
    #[serde(
        default,
        with = "crate::instant::option",
        skip_serializing_if = "Option::is_none"
    )]
    password_changed_date: Option<OffsetDateTime>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    must_change: bool,
    /// The newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_password_hashes: Vec<String>,
}

impl UserBody {
    pub(super) fn of(record: &UserRecord<Option<SecretText>>) -> Self {
        let (user, profile) = (&record.user, &record.user.profile);
        Self {
            id: user.id.get(),
            account_id: user.account_id.get(),
            email: user.email.as_str().to_owned(),
            first_name: user.first_name.as_str().to_owned(),
            last_name: user.last_name.as_str().to_owned(),
            active: user.active,
            external_id: written(profile.external_id.as_ref()),
            phone: written(profile.phone.as_ref()),
            street1: written(profile.street1.as_ref()),
            street2: written(profile.street2.as_ref()),
            city: written(profile.city.as_ref()),
            state_province: written(profile.state_province.as_ref()),
            postal_code: written(profile.postal_code.as_ref()),
            country: written(profile.country.as_ref()),
            roles: record.roles.as_deref().map(keys),
            locked_until: user.locked_until,
            last_login_date: user.last_login_at,
            created_date: user.created_at,
            updated_date: user.updated_at,
            revision: user.revision.get(),
            sealed: None,
        }
    }

    pub(super) fn into_record(
        self,
        organization_id: OrganizationId,
        secrets: Option<UserSecrets>,
    ) -> Result<UserRecord<Option<SecretText>>, String> {
        let secrets = secrets.unwrap_or_default();
        Ok(UserRecord {
            user: User {
                id: UserId::new(id("id", self.id)?),
                organization_id,
                account_id: AccountId::new(id("accountId", self.account_id)?),
                email: field("email", Email::parse(self.email))?,
                first_name: name("firstName", self.first_name)?,
                last_name: name("lastName", self.last_name)?,
                active: self.active,
                profile: Profile {
                    external_id: optional("externalId", self.external_id)?,
                    phone: optional("phone", self.phone)?,
                    street1: optional("street1", self.street1)?,
                    street2: optional("street2", self.street2)?,
                    city: optional("city", self.city)?,
                    state_province: optional("stateProvince", self.state_province)?,
                    postal_code: optional("postalCode", self.postal_code)?,
                    country: optional("country", self.country)?,
                },
                password: match secrets.password_changed_date {
                    Some(changed_at) => PasswordState::Set {
                        changed_at,
                        must_change: secrets.must_change,
                    },
                    None => PasswordState::Absent,
                },
                locked_until: self.locked_until,
                last_login_at: self.last_login_date,
                created_at: self.created_date,
                updated_at: self.updated_date,
                revision: revision(self.revision)?,
            },
            password: secrets.password_hash.map(PasswordHash::new),
            former_passwords: secrets
                .former_password_hashes
                .into_iter()
                .map(PasswordHash::new)
                .collect(),
            secret: secrets.secret.map(SecretText::new),
            roles: self.roles.as_deref().map(roles).transpose()?,
        })
    }
}

impl UserSecrets {
    /// Leaves the hashes that are not taken out. That there was a password stays known, so that its loss is reported.
    pub(super) fn keep(&mut self, passwords: &PasswordsTaken) {
        let hash = self.password_hash.take();
        self.password_hash = hash.filter(|hash| passwords.takes(&PasswordHash::new(hash.as_str())));
        self.former_password_hashes
            .retain(|hash| passwords.takes_former(&PasswordHash::new(hash.as_str())));
    }

    pub(super) fn of(record: &UserRecord<Option<SecretText>>) -> Self {
        let (password_changed_date, must_change) = match record.user.password {
            PasswordState::Absent => (None, false),
            PasswordState::Set {
                changed_at,
                must_change,
            } => (Some(changed_at), must_change),
        };
        let exposed = |hash: &PasswordHash| hash.expose().to_owned();
        Self {
            secret: record
                .secret
                .as_ref()
                .map(|secret| secret.expose().to_owned()),
            password_hash: record.password.as_ref().map(exposed),
            password_changed_date,
            must_change,
            former_password_hashes: record.former_passwords.iter().map(exposed).collect(),
        }
    }
}
