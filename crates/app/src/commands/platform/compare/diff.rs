//! Where two replies differ, field by field. Must not know where they come from.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenantry_domain::{Text, names_a_credential};

/// Fields whose values nobody may see in a report.
const HIDDEN: &[&str] = &[
    "secret",
    "token",
    "password",
    "userSecret",
    "organizationSecret",
];
/// What stands for such a value.
const HIDDEN_VALUE: &str = "(hidden)";

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    /// `user.firstName`, `tags[2]`; empty for a value that is no object.
    pub(super) field: String,
    /// As one server has it; `None` if it has none.
    pub(super) left: Option<Value>,
    /// As the other one has it.
    pub(super) right: Option<Value>,
}

impl Difference {
    /// Of a thing as a whole, which one side may lack.
    pub(super) fn whole(left: Option<&Value>, right: Option<&Value>) -> Self {
        Self::at("", Room::Reply, left, right)
    }

    fn at(field: &str, room: Room, left: Option<&Value>, right: Option<&Value>) -> Self {
        let shown = |value: Option<&Value>| value.map(|value| room.shown(value));
        Self {
            field: field.to_owned(),
            left: shown(left),
            right: shown(right),
        }
    }
}

/// What kind of values there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    /// Those of a reply, of which a few fields are hidden.
    Reply,
    /// Those of an instance's configuration: what is a credential there is hidden.
    Configuration,
    /// Those that nobody may see.
    Hidden,
}

impl Room {
    /// What there is in the field of this name.
    fn inside(self, name: &str) -> Self {
        match self {
            Self::Hidden => Self::Hidden,
            _ if HIDDEN.contains(&name) => Self::Hidden,
            Self::Configuration if is_credential(name) => Self::Hidden,
            Self::Reply if name == "configuration" => Self::Configuration,
            other => other,
        }
    }

    fn shown(self, value: &Value) -> Value {
        if self == Self::Hidden {
            return json!(HIDDEN_VALUE);
        }
        match value {
            Value::Object(object) => object
                .iter()
                .map(|(name, value)| (name.clone(), self.inside(name).shown(value)))
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.shown(item)).collect(),
            other => other.clone(),
        }
    }
}

/// A key that cannot be one here may be anything.
fn is_credential(key: &str) -> bool {
    Text::parse(key).map_or(true, |key| names_a_credential(&key))
}

/// Fields that are not compared: by their whole names (`user.emailAddress`) or by their last ones (`updatedDate`).
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored(BTreeSet<String>);

impl Ignored {
    pub(super) fn new(fields: impl IntoIterator<Item = String>) -> Self {
        Self(fields.into_iter().collect())
    }

    fn covers(&self, field: &str) -> bool {
        let last = field.rsplit('.').next().unwrap_or_default();
        self.0.contains(field) || self.0.contains(last)
    }
}

/// Where `right` differs from `left`. A value of `null` is as good as none: one server leaves it out, another does not.
pub(super) fn differences(left: &Value, right: &Value, ignored: &Ignored) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(
        "",
        Room::Reply,
        Some(left),
        Some(right),
        ignored,
        &mut found,
    );
    found
}

fn compare(
    field: &str,
    room: Room,
    left: Option<&Value>,
    right: Option<&Value>,
    ignored: &Ignored,
    found: &mut Vec<Difference>,
) {
    let left = left.filter(|value| !value.is_null());
    let right = right.filter(|value| !value.is_null());
    if left == right || ignored.covers(field) {
        return;
    }
    match (left, right) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let inner = if field.is_empty() {
                    name.clone()
                } else {
                    format!("{field}.{name}")
                };
                let room = room.inside(name);
                compare(&inner, room, a.get(name), b.get(name), ignored, found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            for (place, (a, b)) in a.iter().zip(b).enumerate() {
                let inner = format!("{field}[{place}]");
                compare(&inner, room, Some(a), Some(b), ignored, found);
            }
        }
        _ => found.push(Difference::at(field, room, left, right)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(left: &Value, right: &Value, ignored: &[&str]) -> Vec<String> {
        let ignored = Ignored::new(ignored.iter().map(ToString::to_string));
        differences(left, right, &ignored)
            .into_iter()
            .map(|one| {
                let shown = |value: Option<Value>| value.map_or("-".to_owned(), |v| v.to_string());
                format!("{} {} {}", one.field, shown(one.left), shown(one.right))
            })
            .collect()
    }

    #[test]
    fn replies_are_compared_field_by_field() {
        let left = json!({"id": 1, "name": "A", "tags": ["a", "b"], "user": {"id": 3, "city": null}, "only": true});
        assert!(found(&left, &left, &[]).is_empty());
        let right = json!({"id": 1, "name": "B", "tags": ["a", "c"], "user": {"id": 4}, "here": 1});
        assert_eq!(
            found(&left, &right, &[]),
            [
                "here - 1",
                r#"name "A" "B""#,
                "only true -",
                r#"tags[1] "b" "c""#,
                "user.id 3 4"
            ]
        );
        assert_eq!(
            found(&left, &right, &["id", "only", "here", "tags[1]"]),
            [r#"name "A" "B""#]
        );
        assert_eq!(
            found(&json!([1]), &json!([1, 2]), &[]),
            [" [1] [1,2]"],
            "a list of another length differs as a whole"
        );
    }

    #[test]
    fn secrets_are_compared_and_not_shown() {
        let (left, right) = (json!({"token": "ti_1"}), json!({"token": "ti_2"}));
        assert_eq!(
            found(&left, &right, &[]),
            [r#"token "(hidden)" "(hidden)""#]
        );
        let one = json!([{"id": 1, "token": "ti_1", "configuration": {"password": "s3cret", "host": "a"}}]);
        assert_eq!(
            found(&one, &json!([]), &[]),
            [
                r#" [{"id":1,"token":"(hidden)","configuration":{"password":"(hidden)","host":"a"}}] []"#
            ]
        );
        let configured = |key: &str, value: &str| {
            let configuration =
                json!({"oauth.api.key": key, "oauth": {"user": {"apiSecret": key}}, "host": value});
            json!({"configuration": configuration, "passwordMinLength": value.len()})
        };
        assert_eq!(
            found(&configured("a", "b"), &configured("c", "bb"), &[]),
            [
                r#"configuration.host "b" "bb""#,
                r#"configuration.oauth.user.apiSecret "(hidden)" "(hidden)""#,
                r#"configuration.oauth.api.key "(hidden)" "(hidden)""#,
                "passwordMinLength 1 2",
            ]
        );
        assert_eq!(
            found(&json!({"secret": ["a"]}), &json!({"secret": ["b"]}), &[]),
            [r#"secret[0] "(hidden)" "(hidden)""#]
        );
    }
}
