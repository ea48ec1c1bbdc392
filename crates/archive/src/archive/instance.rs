//! An instance in an archive. Where secrets are inside, every value of its configuration is sealed: which keys name a credential
//! is decided by whoever takes it in, and may have changed by then.

use serde::{Deserialize, Serialize};
use tenantry_domain::{
    AccountId, ConfigurationId, ConfigurationText, ExternalAuthentication, Instance, InstanceId,
    MAX_ENTRIES, OrganizationId, SecretText, UserId,
    transfer::{ConfigurationRecord, InstanceRecord},
};
use time::OffsetDateTime;

use super::{
    element::ElementBody,
    field::{field, id, name, revision, text},
    shown,
};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InstanceBody {
    pub(super) id: i64,
    account_id: i64,
    user_id: i64,
    name: String,
    element: ElementBody,
    tags: Vec<String>,
    configuration: Vec<EntryBody>,
    external_authentication: String,
    valid: bool,
    disabled: bool,
    #[serde(with = "crate::instant")]
    created_date: OffsetDateTime,
    #[serde(with = "crate::instant")]
    updated_date: OffsetDateTime,
    revision: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EntryBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    key: String,
    /// Left out where it is sealed, or a credential that is not revealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// What is sealed. Cannot be printed.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InstanceSecrets {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The values of the entries, in their order.
    configuration: Vec<Option<String>>,
}

impl InstanceBody {
    pub(super) fn of(record: &InstanceRecord, is_sealed: bool) -> Self {
        let entry = |entry: &ConfigurationRecord| EntryBody {
            id: entry.id.map(ConfigurationId::get),
            key: entry.key.as_str().to_owned(),
            value: value(entry).filter(|_| !is_sealed),
        };
        Self {
            id: record.id.get(),
            account_id: record.account_id.get(),
            user_id: record.user_id.get(),
            name: record.name.as_str().to_owned(),
            element: ElementBody::of(&record.element),
            tags: record
                .tags
                .iter()
                .map(|tag| tag.as_str().to_owned())
                .collect(),
            configuration: record.configuration.iter().map(entry).collect(),
            external_authentication: record.external_authentication.as_str().to_owned(),
            valid: record.valid,
            disabled: record.disabled,
            created_date: record.created_at,
            updated_date: record.updated_at,
            revision: record.revision.get(),
            sealed: None,
        }
    }

    pub(super) fn into_record(
        self,
        organization_id: OrganizationId,
        secrets: Option<InstanceSecrets>,
    ) -> Result<InstanceRecord, String> {
        if self.configuration.len() > MAX_ENTRIES {
            return Err(format!(
                "configuration must have at most {MAX_ENTRIES} entries"
            ));
        }
        if self.tags.len() > Instance::MAX_TAGS {
            return Err(format!("tags must be at most {}", Instance::MAX_TAGS));
        }
        let (token, values) = match secrets {
            Some(secrets) if secrets.configuration.len() != self.configuration.len() => {
                return Err("sealed has not one value for each entry of configuration".to_owned());
            }
            Some(secrets) => (secrets.token, secrets.configuration),
            None => (None, Vec::new()),
        };
        let values = values.into_iter().map(Some).chain(std::iter::repeat(None));
        let entries = self.configuration.into_iter().zip(values);
        Ok(InstanceRecord {
            id: InstanceId::new(id("id", self.id)?),
            account_id: AccountId::new(id("accountId", self.account_id)?),
            user_id: UserId::new(id("userId", self.user_id)?),
            name: name("name", self.name)?,
            element: self
                .element
                .into_element(organization_id)
                .map_err(|problem| format!("element.{problem}"))?,
            tags: self
                .tags
                .into_iter()
                .map(|tag| text("tags", tag))
                .collect::<Result<_, _>>()?,
            configuration: entries
                .map(|(entry, sealed)| entry.into_record(sealed.flatten()))
                .collect::<Result<_, _>>()?,
            external_authentication: ExternalAuthentication::parse(&self.external_authentication)
                .ok_or_else(|| {
                format!(
                    "externalAuthentication must be none or initial: '{}' is neither",
                    shown(&self.external_authentication)
                )
            })?,
            valid: self.valid,
            disabled: self.disabled,
            token: token.map(SecretText::new),
            created_at: self.created_date,
            updated_at: self.updated_date,
            revision: revision(self.revision)?,
        })
    }
}

impl EntryBody {
    fn into_record(self, sealed: Option<String>) -> Result<ConfigurationRecord, String> {
        let value = sealed.or(self.value);
        Ok(ConfigurationRecord {
            id: self
                .id
                .map(|number| id("configuration.id", number).map(ConfigurationId::new))
                .transpose()?,
            key: text("configuration.key", self.key)?,
            value: value
                .map(|value| field("configuration.value", ConfigurationText::parse(value)))
                .transpose()?,
        })
    }
}

impl InstanceSecrets {
    pub(super) fn of(record: &InstanceRecord) -> Self {
        Self {
            token: record.token.as_ref().map(|token| token.expose().to_owned()),
            configuration: record.configuration.iter().map(value).collect(),
        }
    }
}

fn value(entry: &ConfigurationRecord) -> Option<String> {
    entry.value.as_ref().map(|value| value.as_str().to_owned())
}
