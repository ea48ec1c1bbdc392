//! An instance in a request: tolerant of what it does not know, exact about what it does.

use serde_json::{Map, Value};
use tenantry_domain::{
    ConfigurationText, ElementDraft, ElementId, ExternalAuthentication, Instance, MAX_ENTRIES,
    Name, Problem, Text, TextError,
    services::{ElementKey, ElementName, InstanceChanges, NewInstance},
};

use super::markup::without_tags;
use crate::{
    object::{JsonObject, Problems, kind},
    path,
    query::Query,
};

/// Reads the body of a POST. `of_path` is the element that the path names; the body's may then be left out.
///
/// # Errors
/// Everything that is wrong with it.
pub fn new_instance(
    object: &JsonObject,
    of_path: Option<ElementKey>,
) -> Result<NewInstance, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.require(object, "name");
    let name = problems.text(object, "name", stripped);
    let element = element(&mut problems, object, of_path);
    let tags = tags(&mut problems, object).unwrap_or_default();
    let configuration = configuration(&mut problems, object).unwrap_or_default();
    let external_authentication =
        external_authentication(&mut problems, object).unwrap_or_default();
    provider_data(&mut problems, object);
    let (Some(name), Some(element)) = (name, element) else {
        return problems.finish(None);
    };
    problems.finish(Some(NewInstance {
        name,
        element,
        tags,
        configuration,
        external_authentication,
    }))
}

/// Reads the body of a PATCH: what is left out stays.
///
/// # Errors
/// Everything that is wrong with it.
pub fn changes_of_patch(object: &JsonObject) -> Result<InstanceChanges, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.refuse_null(object, "name");
    let changes = changes(&mut problems, object);
    problems.finish(Some(changes))
}

/// Reads the body of a PUT: as a PATCH, but the name is required, and configuration entries that are not given go, if
/// there is a configuration at all.
///
/// # Errors
/// Everything that is wrong with it.
pub fn changes_of_put(object: &JsonObject) -> Result<InstanceChanges, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.require(object, "name");
    let changes = changes(&mut problems, object);
    problems.finish(Some(InstanceChanges {
        replace_configuration: true,
        ..changes
    }))
}

/// Reads the body of a PATCH of a configuration entry.
///
/// # Errors
/// What is wrong with it.
pub fn property_value(object: &JsonObject) -> Result<ConfigurationText, Vec<Problem>> {
    const FIELD: &str = "propertyValue";
    let mut problems = Problems::default();
    problems.require(object, FIELD);
    let given = object.get(FIELD);
    let value = given.and_then(|value| value_text(&mut problems, FIELD, value));
    problems.finish(value)
}

/// What `tags[]` and `searchText` select.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Tags that the instance must have, all of them.
    pub tags: Vec<Text>,
    /// What its name or the key of its element must contain.
    pub search_text: Option<Text>,
}

/// Reads `tags[]` and `searchText`. An empty value is as good as none.
///
/// # Errors
/// Everything that is wrong with them.
pub fn selection(query: &Query) -> Result<Selection, Vec<Problem>> {
    const TAGS: &str = "tags[]";
    const SEARCH_TEXT: &str = "searchText";
    let mut problems = Vec::new();
    let mut selection = Selection::default();
    match query.many("tags") {
        Ok(tags) if tags.len() > Instance::MAX_TAGS => problems.push(Problem::new(
            TAGS,
            format!("must be at most {}", Instance::MAX_TAGS),
        )),
        Ok(tags) => {
            for tag in tags.into_iter().filter(|tag| !tag.is_empty()) {
                match Text::parse(tag) {
                    Ok(tag) => selection.tags.push(tag),
                    Err(error) => problems.push(Problem::new(TAGS, error)),
                }
            }
        }
        Err(problem) => problems.push(problem),
    }
    match query.one(SEARCH_TEXT).map(|text| text.map(Text::parse)) {
        Ok(Some(Ok(text))) => selection.search_text = Some(text),
        Ok(Some(Err(error))) => problems.push(Problem::new(SEARCH_TEXT, error)),
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    }
    if problems.is_empty() {
        Ok(selection)
    } else {
        Err(problems)
    }
}

fn changes(problems: &mut Problems, object: &JsonObject) -> InstanceChanges {
    for field in ["tags", "configuration", "externalAuthentication"] {
        problems.refuse_null(object, field);
    }
    provider_data(problems, object);
    InstanceChanges {
        name: problems.text(object, "name", stripped),
        tags: tags(problems, object),
        configuration: configuration(problems, object),
        replace_configuration: false,
        external_authentication: external_authentication(problems, object),
    }
}

/// A name without HTML tags, of which something must be left.
fn stripped(text: String) -> Result<Name, TextError> {
    Name::parse(if text.contains('<') {
        without_tags(&text)
    } else {
        text
    })
}

fn tags(problems: &mut Problems, object: &JsonObject) -> Option<Vec<Text>> {
    let items = match object.get("tags")? {
        Value::Array(items) => items,
        other => {
            problems.add(
                "tags",
                format!("must be an array of texts, not {}", kind(other)),
            );
            return None;
        }
    };
    if items.len() > Instance::MAX_TAGS {
        problems.add("tags", format!("must be at most {}", Instance::MAX_TAGS));
        return None;
    }
    let mut tags = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let field = format!("tags[{place}]");
        match item {
            Value::String(text) => match stripped(text.clone()) {
                Ok(tag) => tags.push(tag.into()),
                Err(error) => problems.add(field, error),
            },
            other => problems.add(field, format!("must be a text, not {}", kind(other))),
        }
    }
    Some(tags)
}

fn configuration(
    problems: &mut Problems,
    object: &JsonObject,
) -> Option<Vec<(Text, ConfigurationText)>> {
    let given = members(problems, object, "configuration")?;
    if given.len() > MAX_ENTRIES {
        let message = format!("must have at most {MAX_ENTRIES} entries");
        problems.add("configuration", message);
        return None;
    }
    let mut entries = Vec::with_capacity(given.len());
    for (key, value) in given {
        // A key that is none is not repeated: nobody knows how long it is.
        let Ok(key) = Name::parse(key.clone()) else {
            let message = format!(
                "has a key that is empty, longer than {} characters, or has control characters",
                Text::MAX_LENGTH
            );
            problems.add("configuration", message);
            continue;
        };
        let field = format!("configuration.{key}");
        let value = value_text(problems, &field, value);
        entries.extend(value.map(|value| (key.into(), value)));
    }
    Some(entries)
}

/// The value of a configuration entry. Clients write `true` and `8443` as they are in JSON.
fn value_text(problems: &mut Problems, field: &str, value: &Value) -> Option<ConfigurationText> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        other => {
            let message = format!("must be a text, a number or a boolean, not {}", kind(other));
            problems.add(field, message);
            return None;
        }
    };
    ConfigurationText::parse(text)
        .map_err(|error| problems.add(field, error))
        .ok()
}

fn external_authentication(
    problems: &mut Problems,
    object: &JsonObject,
) -> Option<ExternalAuthentication> {
    problems.text(object, "externalAuthentication", |text| {
        ExternalAuthentication::parse(&text).ok_or("must be 'none' or 'initial'")
    })
}

/// What an element answered to an authentication is accepted, and not kept.
fn provider_data(problems: &mut Problems, object: &JsonObject) {
    members(problems, object, "providerData");
}

fn element(
    problems: &mut Problems,
    object: &JsonObject,
    of_path: Option<ElementKey>,
) -> Option<ElementName> {
    if of_path.is_none() {
        problems.require(object, "element");
    }
    let given = members(problems, object, "element");
    // What the path says is said: the body can only name what is new.
    match of_path {
        Some(ElementKey::Id(id)) => return Some(ElementName::Path(id)),
        Some(ElementKey::Key(key)) => {
            let given = given.filter(|given| {
                let own = given.get("key").filter(|own| !own.is_null());
                own.is_none_or(|own| own == key.as_str())
            });
            return Some(ElementName::Key(draft(problems, key, given)));
        }
        None => {}
    }
    let given = given?;
    match given.get("id").filter(|id| !id.is_null()) {
        None => {}
        Some(id) => {
            let number = id.as_i64();
            if number.is_none() {
                let message = format!("must be an integer, not {}", kind(id));
                problems.add("element.id", message);
            }
            return Some(ElementName::Id(ElementId::new(number?)));
        }
    }
    match given.get("key") {
        // `{keyOrId}` of a path would take it for an id, and `keys` for the list of keys.
        Some(Value::String(key)) if path::id(key).is_some() || key == "keys" => {
            problems.add("element.key", "must be neither an integer nor 'keys'");
            None
        }
        Some(Value::String(key)) => match Name::parse(key.clone()) {
            Ok(key) => Some(ElementName::Key(draft(problems, key.into(), Some(given)))),
            Err(error) => {
                problems.add("element.key", error);
                None
            }
        },
        None | Some(Value::Null) => {
            problems.add("element.key", "is required, unless there is an element.id");
            None
        }
        Some(other) => {
            problems.add(
                "element.key",
                format!("must be a text, not {}", kind(other)),
            );
            None
        }
    }
}

/// The element of that key, with what the body says of it.
fn draft(problems: &mut Problems, key: Text, given: Option<&Map<String, Value>>) -> ElementDraft {
    let mut text = |field: &str| {
        let value = given.and_then(|given| given.get(field));
        match value.filter(|value| !value.is_null())? {
            Value::String(text) => Text::parse(text.clone())
                .map_err(|error| problems.add(format!("element.{field}"), error))
                .ok(),
            other => {
                let message = format!("must be a text, not {}", kind(other));
                problems.add(format!("element.{field}"), message);
                None
            }
        }
    };
    let (name, hub) = (text("name"), text("hub"));
    let unnamed = ElementDraft::of_key(key);
    ElementDraft {
        name: name.unwrap_or(unnamed.name),
        hub: hub.unwrap_or(unnamed.hub),
        key: unnamed.key,
    }
}

/// The members of the object in `field`; `None` if it is left out or no object.
fn members<'o>(
    problems: &mut Problems,
    object: &'o JsonObject,
    field: &str,
) -> Option<&'o Map<String, Value>> {
    match object.get(field)? {
        Value::Object(members) => Some(members),
        other => {
            problems.add(field, format!("must be an object, not {}", kind(other)));
            None
        }
    }
}
