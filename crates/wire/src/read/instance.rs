//! An instance in a reply.

use serde_json::Value;
use tenantry_domain::{
    AccountId, ConfigurationEntry, ConfigurationId, ConfigurationText, ConfigurationValue, Element,
    Email, ExternalAuthentication, Instance, InstanceId, InstanceOwner, KeyId, MASK, Name,
    OrganizationId, Revision, Sealed, SealedSecret, SecretDigest, SecretText, Text, UserId,
};
use time::OffsetDateTime;

use super::{Known, Unreadable, element::element, fields::Fields};
use crate::JsonObject;

/// An instance as replies show it. It is no [`Instance`]: the token comes in clear or not at all, and credentials of the
/// configuration are masked.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the same as of an instance")]
pub struct InstanceRead {
    pub id: InstanceId,
    /// The account in the path, or the body; 0, which nobody has, if neither names one.
    pub account_id: AccountId,
    pub user: InstanceOwner,
    pub name: Name,
    pub element: Element,
    pub tags: Vec<Text>,
    /// Keys and values as they are shown, in the order of the keys.
    pub configuration: Vec<(Text, String)>,
    pub external_authentication: ExternalAuthentication,
    pub valid: bool,
    pub disabled: bool,
    /// In clear, if it is shown.
    pub token: Option<SecretText>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub revision: Revision,
}

/// Reads an instance.
///
/// # Errors
/// If id, name, element or user are missing, or a field cannot be what it is.
pub fn instance(object: &JsonObject, known: &Known) -> Result<InstanceRead, Unreadable> {
    let fields = Fields::of(object)?;
    let inner = |names: &[&'static str]| {
        let first = names.first().copied().unwrap_or_default();
        let found = fields.object(names);
        found.ok_or_else(|| fields.wrong(first, "is missing"))
    };
    let here = |error: Unreadable| Unreadable {
        id: fields.id(),
        ..error
    };
    let element = element(&inner(&["element", "connector"])?, known).map_err(here)?;
    let user = owner(&inner(&["user"])?).map_err(here)?;
    let account = fields.integer(&["accountId"])?.map(AccountId::new);
    let created_at = fields.created()?;
    Ok(InstanceRead {
        id: InstanceId::new(fields.id()),
        account_id: account.or(known.account).unwrap_or(AccountId::new(0)),
        user,
        name: fields.name(&["name"])?,
        element,
        tags: tags(&fields)?,
        configuration: configuration(&fields)?,
        external_authentication: fields
            .text(&["externalAuthentication"])
            .and_then(|text| ExternalAuthentication::parse(&text))
            .unwrap_or_default(),
        valid: fields.boolean(&["valid"]) != Some(false),
        disabled: fields.boolean(&["disabled"]) == Some(true),
        token: fields.text(&["token"]).map(SecretText::new),
        created_at,
        updated_at: fields.instant(&["updatedDate"])?.unwrap_or(created_at),
        revision: known.revision(),
    })
}

impl InstanceRead {
    /// The instance as a port hands it out. Replies hold nothing sealed: in the place of the token, and of masked values,
    /// stands what no key opens, and the entries of the configuration are numbered 0.
    pub fn into_instance(self, organization_id: OrganizationId) -> Instance {
        let entry = |(key, shown): (Text, String)| ConfigurationEntry {
            id: ConfigurationId::new(0),
            key,
            value: match ConfigurationText::parse(shown) {
                Ok(text) if text.as_str() != MASK => ConfigurationValue::Clear(text),
                _ => ConfigurationValue::Sealed(sealed_elsewhere()),
            },
        };
        Instance {
            id: self.id,
            organization_id,
            account_id: self.account_id,
            user: self.user,
            name: self.name,
            element: self.element,
            tags: self.tags,
            configuration: self.configuration.into_iter().map(entry).collect(),
            external_authentication: self.external_authentication,
            valid: self.valid,
            disabled: self.disabled,
            token: SealedSecret {
                digest: SecretDigest::new([0; 32]),
                sealed: sealed_elsewhere(),
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: self.revision,
        }
    }
}

/// What stands for something that the server keeps sealed.
fn sealed_elsewhere() -> Sealed {
    Sealed {
        key_id: KeyId(uuid::Uuid::nil()),
        bytes: Vec::new(),
    }
}

fn owner(object: &JsonObject) -> Result<InstanceOwner, Unreadable> {
    let fields = Fields::of(object)?;
    Ok(InstanceOwner {
        id: UserId::new(fields.id()),
        email: fields.required(&["emailAddress", "email", "username"], Email::parse)?,
        first_name: fields.name(&["firstName"])?,
        last_name: fields.name(&["lastName"])?,
    })
}

/// Tags as texts, or as objects that hold one.
fn tags(fields: &Fields<'_>) -> Result<Vec<Text>, Unreadable> {
    let items = fields.items(&["tags"]).iter();
    let text = |item: &Value| {
        let mut names = ["name", "value", "tag", "key"].iter();
        let inner = names.find_map(|name| item.get(name));
        inner.unwrap_or(item).as_str().map(str::to_owned)
    };
    items
        .filter(|item| !item.is_null())
        .take(Instance::MAX_TAGS)
        .map(|item| {
            let text = text(item).ok_or_else(|| fields.wrong("tags", "must be texts"))?;
            Text::parse(text).map_err(|error| fields.wrong("tags", error))
        })
        .collect()
}

/// An object of values, or an array of entries.
fn configuration(fields: &Fields<'_>) -> Result<Vec<(Text, String)>, Unreadable> {
    let written = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let entry = |key: &str, value: &Value| {
        let key = Text::parse(key).map_err(|error| fields.wrong("configuration", error))?;
        Ok((key, written(value)))
    };
    match fields.value(&["configuration"]) {
        Some((_, Value::Object(members))) => members
            .iter()
            .map(|(key, value)| entry(key, value))
            .collect(),
        Some((_, Value::Array(items))) => items
            .iter()
            .filter_map(|item| Some((item.get("key")?.as_str()?, item.get("propertyValue")?)))
            .map(|(key, value)| entry(key, value))
            .collect(),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_vocabularies_are_read() {
        for (word, tags) in [
            ("element", r#"["a", "b"]"#),
            ("connector", r#"[{"name": "a"}, {"value": "b"}, null]"#),
        ] {
            let body = format!(
                r#"{{"id": "5", "name": "CRM", "createdDate": 1502131598000, "{word}": {{"id": 9, "key": "hubspot"}},
                    "user": [{{"id": 3, "emailAddress": "f@x", "firstName": "F", "lastName": "B"}}],
                    "tags": {tags}, "configuration": {{"port": 8443, "host": "x"}}, "token": "ti_1", "surprise": []}}"#
            );
            let object = JsonObject::parse(body.as_bytes()).unwrap();
            let known = Known::of_list(OrganizationId::new(7), Some(AccountId::new(4)));
            let read = instance(&object, &known).unwrap();
            assert_eq!(read.id, InstanceId::new(5));
            assert_eq!(read.account_id, AccountId::new(4));
            assert_eq!(read.element.name.as_str(), "hubspot");
            assert_eq!(read.element.hub.as_str(), "general");
            let tags: Vec<_> = read.tags.iter().map(Text::as_str).collect();
            assert_eq!(tags, ["a", "b"]);
            let shown: Vec<_> = read
                .configuration
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            assert_eq!(shown, [("port", "8443"), ("host", "x")]);
            assert_eq!(read.user.email.as_str(), "f@x");
            assert_eq!(read.token.unwrap().expose(), "ti_1");
            assert!(read.valid && !read.disabled);
        }
    }

    #[test]
    fn an_instance_without_an_element_is_unreadable() {
        let object = JsonObject::parse(br#"{"id": 5, "name": "CRM"}"#).unwrap();
        let known = Known::of_list(OrganizationId::new(7), None);
        let error = instance(&object, &known).unwrap_err();
        assert_eq!(
            (error.id, error.to_string()),
            (5, "element is missing".to_owned())
        );
    }
}
