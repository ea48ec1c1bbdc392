//! An organization in its archive: with its password policy, its roles and its default account.

use serde::{Deserialize, Serialize};
use tenantry_domain::{
    AccountId, Organization, OrganizationId, OrganizationKind, PasswordPolicy, Privilege, Role,
    RoleId, RoleKey, SecretText,
    transfer::{OrganizationRecord, PolicyRecord},
};
use time::OffsetDateTime;

use super::{
    account::AccountBody,
    field::{id, name, optional, revision, text, written},
    shown,
};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrganizationBody {
    pub(super) id: i64,
    name: String,
    active: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_policy: Option<PolicyBody>,
    roles: Vec<RoleBody>,
    default_account: AccountBody,
    #[serde(with = "crate::instant")]
    created_date: OffsetDateTime,
    #[serde(with = "crate::instant")]
    updated_date: OffsetDateTime,
    revision: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

/// What is sealed. Cannot be printed.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrganizationSecrets {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyBody {
    min_length: u32,
    min_uppercase: u32,
    min_lowercase: u32,
    min_numbers: u32,
    min_symbols: u32,
    symbol_character_set: String,
    previous_password_count: u32,
    expiration_days: u32,
    #[serde(with = "crate::instant")]
    created_date: OffsetDateTime,
    #[serde(with = "crate::instant")]
    updated_date: OffsetDateTime,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoleBody {
    id: i64,
    key: String,
    name: String,
    description: String,
    privileges: Vec<String>,
}

impl OrganizationBody {
    pub(super) fn of(record: &OrganizationRecord<Option<SecretText>>) -> Self {
        let organization = &record.organization;
        Self {
            id: organization.id.get(),
            name: organization.name.as_str().to_owned(),
            active: organization.active,
            external_id: written(organization.external_id.as_ref()),
            password_policy: record.policy.as_ref().map(PolicyBody::of),
            roles: record.roles.iter().map(RoleBody::of).collect(),
            default_account: AccountBody::of(&record.default_account),
            created_date: organization.created_at,
            updated_date: organization.updated_at,
            revision: organization.revision.get(),
            sealed: None,
        }
    }

    /// Without its secret.
    pub(super) fn into_record(self) -> Result<OrganizationRecord<Option<SecretText>>, String> {
        let organization_id = OrganizationId::new(id("id", self.id)?);
        let default_account = self
            .default_account
            .into_record(organization_id, true)
            .map_err(|problem| format!("defaultAccount.{problem}"))?;
        let roles = self
            .roles
            .into_iter()
            .map(|role| role.into_role(organization_id))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|problem| format!("roles: {problem}"))?;
        Ok(OrganizationRecord {
            organization: Organization {
                id: organization_id,
                name: name("name", self.name)?,
                active: self.active,
                kind: OrganizationKind::Customer,
                default_account_id: AccountId::new(default_account.account.id.get()),
                external_id: optional("externalId", self.external_id)?,
                created_at: self.created_date,
                updated_at: self.updated_date,
                revision: revision(self.revision)?,
            },
            secret: None,
            policy: self
                .password_policy
                .map(PolicyBody::into_record)
                .transpose()
                .map_err(|problem| format!("passwordPolicy.{problem}"))?,
            roles,
            default_account,
        })
    }
}

impl OrganizationSecrets {
    pub(super) fn of(record: &OrganizationRecord<Option<SecretText>>) -> Self {
        Self {
            secret: record
                .secret
                .as_ref()
                .map(|secret| secret.expose().to_owned()),
        }
    }

    pub(super) fn into_secret(self) -> Option<SecretText> {
        self.secret.map(SecretText::new)
    }
}

impl PolicyBody {
    fn of(record: &PolicyRecord) -> Self {
        let policy = &record.policy;
        Self {
            min_length: policy.min_length,
            min_uppercase: policy.min_uppercase,
            min_lowercase: policy.min_lowercase,
            min_numbers: policy.min_numbers,
            min_symbols: policy.min_symbols,
            symbol_character_set: policy.symbol_character_set.clone(),
            previous_password_count: policy.previous_password_count,
            expiration_days: policy.expiration_days,
            created_date: record.created_at,
            updated_date: record.updated_at,
        }
    }

    fn into_record(self) -> Result<PolicyRecord, String> {
        let policy = PasswordPolicy {
            min_length: self.min_length,
            min_uppercase: self.min_uppercase,
            min_lowercase: self.min_lowercase,
            min_numbers: self.min_numbers,
            min_symbols: self.min_symbols,
            symbol_character_set: self.symbol_character_set,
            previous_password_count: self.previous_password_count,
            expiration_days: self.expiration_days,
        };
        if let Some(problem) = policy.problems().first() {
            return Err(problem.to_string());
        }
        Ok(PolicyRecord {
            policy,
            created_at: self.created_date,
            updated_at: self.updated_date,
        })
    }
}

impl RoleBody {
    fn of(role: &Role) -> Self {
        Self {
            id: role.id.get(),
            key: role.key.as_str().to_owned(),
            name: role.name.clone(),
            description: role.description.clone(),
            privileges: role
                .privileges
                .iter()
                .map(|privilege| privilege.key().to_owned())
                .collect(),
        }
    }

    fn into_role(self, organization_id: OrganizationId) -> Result<Role, String> {
        let key = RoleKey::parse(&self.key)
            .ok_or_else(|| format!("there is no role '{}'", shown(&self.key)))?;
        let privileges = self.privileges.iter().map(|key| {
            Privilege::parse(key).ok_or_else(|| format!("there is no privilege '{}'", shown(key)))
        });
        Ok(Role {
            id: RoleId::new(id("id", self.id)?),
            organization_id,
            key,
            name: name("name", self.name)?.as_str().to_owned(),
            description: text("description", self.description)?.as_str().to_owned(),
            privileges: privileges.collect::<Result<_, _>>()?,
        })
    }
}
