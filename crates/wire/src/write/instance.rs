//! Instances in requests.

use serde_json::{Map, Value, json};
use tenantry_domain::{
    ConfigurationValue, ExternalAuthentication, InstanceDraft, InstancePatch, Text,
};

use super::{Body, Unsaid};

/// The body of a POST. The token is decided by the server, and the owner by the credentials.
///
/// # Errors
/// For a value that is sealed.
pub fn new_instance(draft: &InstanceDraft) -> Result<Value, Unsaid> {
    let element = &draft.element;
    Ok(Body::default()
        .with("name", draft.name.as_str())
        .with(
            "element",
            json!({
                "key": element.key.as_str(), "name": element.name.as_str(), "hub": element.hub.as_str()
            }),
        )
        .with("tags", tags(&draft.tags))
        .with("configuration", values(&draft.configuration)?)
        .with(
            "externalAuthentication",
            draft.external_authentication.as_str(),
        )
        .done())
}

/// The body of a PATCH. Whether it is disabled is changed elsewhere.
///
/// # Errors
/// For a value that is sealed, and for entries that go.
pub fn instance_patch(patch: &InstancePatch) -> Result<Value, Unsaid> {
    if patch.configuration.keep.is_some() {
        return Err(Unsaid("taking entries out of a configuration"));
    }
    let set = &patch.configuration.set;
    let configuration = (!set.is_empty()).then(|| values(set)).transpose()?;
    Ok(Body::default()
        .given("name", patch.name.as_ref().map(ToString::to_string))
        .given("tags", patch.tags.as_deref().map(tags))
        .given("configuration", configuration)
        .given(
            "externalAuthentication",
            patch
                .external_authentication
                .map(ExternalAuthentication::as_str),
        )
        .done())
}

fn tags(tags: &[Text]) -> Value {
    Value::Array(tags.iter().map(|tag| Value::from(tag.as_str())).collect())
}

fn values(entries: &[(Text, ConfigurationValue)]) -> Result<Value, Unsaid> {
    let mut members = Map::new();
    for (key, value) in entries {
        let ConfigurationValue::Clear(text) = value else {
            return Err(Unsaid("a configuration value that is sealed already"));
        };
        members.insert(key.to_string(), Value::from(text.as_str()));
    }
    Ok(Value::Object(members))
}
