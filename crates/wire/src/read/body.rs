//! The outermost form of a body: an object, or an array of objects, whichever it is.

use serde_json::Value;

use crate::{JsonObject, NotAnObject, object::kind};

/// The one object of a body. An array of one object is that object.
///
/// # Errors
/// If it is no JSON, or something else.
pub fn one(body: &[u8]) -> Result<JsonObject, NotAnObject> {
    match parse(body)? {
        Value::Object(object) => Ok(JsonObject::from(object)),
        Value::Array(mut items) if items.len() == 1 => match items.pop() {
            Some(Value::Object(object)) => Ok(JsonObject::from(object)),
            other => Err(unexpected("an object", other.as_ref())),
        },
        other => Err(unexpected("an object", Some(&other))),
    }
}

/// The objects of a body. An object alone is one of them, `null` is none.
///
/// # Errors
/// If it is no JSON, or something else.
pub fn many(body: &[u8]) -> Result<Vec<JsonObject>, NotAnObject> {
    let items = match parse(body)? {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        object @ Value::Object(_) => vec![object],
        other => return Err(unexpected("an array of objects", Some(&other))),
    };
    let object = |item| match item {
        Value::Null => None,
        Value::Object(object) => Some(Ok(JsonObject::from(object))),
        other => Some(Err(unexpected("an array of objects", Some(&other)))),
    };
    items.into_iter().filter_map(object).collect()
}

fn parse(body: &[u8]) -> Result<Value, NotAnObject> {
    serde_json::from_slice(body).map_err(|error| NotAnObject(format!("is not valid JSON: {error}")))
}

fn unexpected(wanted: &str, found: Option<&Value>) -> NotAnObject {
    NotAnObject(format!(
        "must be {wanted}, not {}",
        found.map_or("nothing", kind)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_object_may_stand_in_an_array() {
        for (body, expected) in [
            (r#"{"id": 1}"#, Ok(1)),
            (r#"[{"id": 1}]"#, Ok(1)),
            ("[]", Err("body must be an object, not an array")),
            (
                r#"[{"id": 1}, {"id": 2}]"#,
                Err("body must be an object, not an array"),
            ),
            ("[1]", Err("body must be an object, not a number")),
            ("null", Err("body must be an object, not null")),
            (
                "<html>",
                Err("body is not valid JSON: expected value at line 1 column 1"),
            ),
        ] {
            let read = one(body.as_bytes())
                .map(|object| object.get("id").and_then(Value::as_i64).unwrap())
                .map_err(|error| error.to_string());
            assert_eq!(read, expected.map_err(str::to_owned), "{body}");
        }
    }

    #[test]
    fn a_list_may_be_a_single_object_or_nothing() {
        for (body, expected) in [
            ("[]", Ok(0)),
            ("null", Ok(0)),
            (r#"{"id": 1}"#, Ok(1)),
            (r#"[{"id": 1}, null, {"id": 2}]"#, Ok(2)),
            ("[1]", Err("body must be an array of objects, not a number")),
            ("\"x\"", Err("body must be an array of objects, not a text")),
        ] {
            let read = many(body.as_bytes())
                .map(|objects| objects.len())
                .map_err(|error| error.to_string());
            assert_eq!(read, expected.map_err(str::to_owned), "{body}");
        }
    }
}
