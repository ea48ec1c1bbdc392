//! Where two replies differ, field by field. Must not know where they come from.

use std::collections::BTreeSet;

use serde_json::{Value, json};

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
    pub(super) fn new(field: impl Into<String>, left: Option<Value>, right: Option<Value>) -> Self {
        let field = field.into();
        let name = field.rsplit('.').next().unwrap_or_default();
        let hide = |value: Option<Value>| {
            value.map(|value| {
                if HIDDEN.contains(&name) {
                    json!(HIDDEN_VALUE)
                } else {
                    value
                }
            })
        };
        let (left, right) = (hide(left), hide(right));
        Self { field, left, right }
    }
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
    compare("", Some(left), Some(right), ignored, &mut found);
    found
}

fn compare(
    field: &str,
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
                compare(&inner, a.get(name), b.get(name), ignored, found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            for (place, (a, b)) in a.iter().zip(b).enumerate() {
                compare(
                    &format!("{field}[{place}]"),
                    Some(a),
                    Some(b),
                    ignored,
                    found,
                );
            }
        }
        _ => found.push(Difference::new(field, left.cloned(), right.cloned())),
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
    }
}
