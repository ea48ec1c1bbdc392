//! Whether a value is what a schema of the document says: the part of JSON Schema that the document uses.

use serde_json::Value;

/// The value that a `$ref` points to, or the value itself.
pub(crate) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(pointer) => document
            .pointer(&pointer[1..])
            .unwrap_or_else(|| panic!("{pointer} leads nowhere")),
        None => value,
    }
}

/// Panics if `value` is not what `schema` says, or has a field that the schema does not name.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolved(document, schema);
    assert!(
        is_of_type(schema, value),
        "{place} is {value}, but the schema says {}",
        schema["type"]
    );
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{place}[{at}]"));
    }
    let (Value::Object(fields), false) = (value, is_free_form(schema)) else {
        return;
    };
    for (name, field) in fields {
        let place = format!("{place}.{name}");
        let described = [&schema["properties"][name], &schema["additionalProperties"]];
        let described = described.into_iter().find(|schema| schema.is_object());
        check(
            document,
            described.unwrap_or_else(|| panic!("{place} is not in the schema")),
            field,
            &place,
        );
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(
            fields.contains_key(name),
            "{place}.{name} is required and left out"
        );
    }
}

fn is_of_type(schema: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    };
    match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

/// An object about which nothing is said.
fn is_free_form(schema: &Value) -> bool {
    schema["properties"].is_null() && !schema["additionalProperties"].is_object()
}

/// The example of a request body; that of an array is one item.
pub(crate) fn example(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if schema["type"] == "array" {
        return Value::Array(vec![example(document, &schema["items"])]);
    }
    schema["example"].clone()
}
