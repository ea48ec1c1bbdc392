//! An instance in a reply.

use std::collections::BTreeMap;

use serde::Serialize;
use tenantry_domain::{
    ConfigurationEntry, ConfigurationValue, Instance, InstanceOwner, MASK,
    services::{InstanceCount, ShownInstance},
};

use crate::{element::ElementBody, instant};

/// The entry that says whether events are wanted.
const EVENTS: &str = "event.notification.enabled";

/// An instance in a reply. Absent values are left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Instance))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
#[expect(clippy::struct_excessive_bools, reason = "the contract has them all")]
pub struct InstanceBody {
    pub id: i64,
    pub name: String,
    pub created_date: String,
    /// What calls through the instance present. Left out for those who may not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    pub element: ElementBody,
    pub element_id: i64,
    pub tags: Vec<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub provision_interactions: [(); 0],
    pub valid: bool,
    /// Calls through a disabled instance are refused.
    pub disabled: bool,
    pub max_cache_size: u32,
    pub cache_time_to_live: u32,
    pub caching_enabled: bool,
    /// Credentials are shown as `********`.
    pub configuration: BTreeMap<String, String>,
    pub events_enabled: bool,
    pub trace_logging_enabled: bool,
    /// `none` or `initial`.
    pub external_authentication: &'static str,
    pub user: InstanceUserBody,
}

/// The user whose an instance is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = InstanceUser))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct InstanceUserBody {
    pub id: i64,
    pub email_address: String,
    pub first_name: String,
    pub last_name: String,
}

/// One key of a configuration and its value.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ConfigurationEntry))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct ConfigurationEntryBody {
    pub id: i64,
    pub key: String,
    pub name: String,
    /// `********` for a credential.
    pub property_value: String,
    /// `PASSWORD` for a credential, else `TEXTFIELD_1000`.
    pub r#type: &'static str,
    pub required: bool,
    pub active: bool,
    pub hide_from_console: bool,
}

/// How many instances the caller sees.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = InstanceCount))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct InstanceCountBody {
    pub total_instances: u64,
    /// All are instances of elements.
    pub element_instances: u64,
}

/// Every field that an instance can have: what the parameter `fields` may name.
pub const FIELDS: &[&str] = &[
    "id",
    "name",
    "createdDate",
    "token",
    "element",
    "elementId",
    "tags",
    "provisionInteractions",
    "valid",
    "disabled",
    "maxCacheSize",
    "cacheTimeToLive",
    "cachingEnabled",
    "configuration",
    "eventsEnabled",
    "traceLoggingEnabled",
    "externalAuthentication",
    "user",
];

impl From<&ShownInstance> for InstanceBody {
    fn from(shown: &ShownInstance) -> Self {
        let instance = &shown.instance;
        Self {
            id: instance.id.get(),
            name: instance.name.to_string(),
            created_date: instant(instance.created_at),
            token: shown.token.as_ref().map(|token| token.expose().to_owned()),
            element: ElementBody::from(&instance.element),
            element_id: instance.element.id.get(),
            tags: instance.tags.iter().map(ToString::to_string).collect(),
            provision_interactions: [],
            valid: instance.valid,
            disabled: instance.disabled,
            max_cache_size: 0,
            cache_time_to_live: 0,
            caching_enabled: false,
            configuration: configuration(instance),
            events_enabled: events_enabled(instance),
            trace_logging_enabled: false,
            external_authentication: instance.external_authentication.as_str(),
            user: InstanceUserBody::from(&instance.user),
        }
    }
}

fn configuration(instance: &Instance) -> BTreeMap<String, String> {
    let entries = instance.configuration.iter();
    entries
        .map(|entry| (entry.key.to_string(), text(&entry.value).to_owned()))
        .collect()
}

fn events_enabled(instance: &Instance) -> bool {
    let mut entries = instance.configuration.iter();
    entries.any(|entry| entry.key.as_str() == EVENTS && text(&entry.value) == "true")
}

/// A value as it is shown.
fn text(value: &ConfigurationValue) -> &str {
    match value {
        ConfigurationValue::Clear(text) => text.as_str(),
        ConfigurationValue::Sealed(_) => MASK,
    }
}

impl From<&InstanceOwner> for InstanceUserBody {
    fn from(owner: &InstanceOwner) -> Self {
        Self {
            id: owner.id.get(),
            email_address: owner.email.to_string(),
            first_name: owner.first_name.to_string(),
            last_name: owner.last_name.to_string(),
        }
    }
}

impl From<&ConfigurationEntry> for ConfigurationEntryBody {
    fn from(entry: &ConfigurationEntry) -> Self {
        Self {
            id: entry.id.get(),
            key: entry.key.to_string(),
            name: entry.key.to_string(),
            property_value: text(&entry.value).to_owned(),
            r#type: match entry.value {
                ConfigurationValue::Clear(_) => "TEXTFIELD_1000",
                ConfigurationValue::Sealed(_) => "PASSWORD",
            },
            required: false,
            active: true,
            hide_from_console: false,
        }
    }
}

impl From<InstanceCount> for InstanceCountBody {
    fn from(count: InstanceCount) -> Self {
        Self {
            total_instances: count.total,
            element_instances: count.total,
        }
    }
}
