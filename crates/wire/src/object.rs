//! Reading a JSON object field by field, so that one reply can list everything that is wrong with it.

use serde_json::{Map, Value};
use tenantry_domain::{Password, Problem};

/// Longest password that is read at all, in bytes: 256 characters of UTF-8.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Most problems that one reply lists.
const MAX_PROBLEMS: usize = 100;
const LAST: usize = MAX_PROBLEMS - 1;

/// A body that is a JSON object. Fields that nobody asks for are ignored.
#[derive(Clone, Debug)]
pub struct JsonObject(Map<String, Value>);

/// The body is no JSON object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("body {0}")]
pub struct NotAnObject(pub String);

impl JsonObject {
    /// Reads the text of a body.
    ///
    /// # Errors
    /// If it is no JSON, or JSON but no object.
    pub fn parse(body: &[u8]) -> Result<Self, NotAnObject> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(NotAnObject("is missing; send a JSON object".to_owned()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(other) => Err(NotAnObject(format!(
                "must be a JSON object, not {}",
                kind(&other)
            ))),
            Err(error) => Err(NotAnObject(format!("is not valid JSON: {error}"))),
        }
    }

    /// Reads the text of a body that is an array of objects.
    ///
    /// # Errors
    /// If it is no JSON, no array, or an item is no object.
    pub fn parse_array(body: &[u8]) -> Result<Vec<Self>, NotAnObject> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(NotAnObject("is missing; send a JSON array".to_owned()));
        }
        let items = match serde_json::from_slice(body) {
            Ok(Value::Array(items)) => items,
            Ok(other) => {
                return Err(NotAnObject(format!(
                    "must be a JSON array, not {}",
                    kind(&other)
                )));
            }
            Err(error) => return Err(NotAnObject(format!("is not valid JSON: {error}"))),
        };
        let object = |(place, item)| match item {
            Value::Object(object) => Ok(Self(object)),
            other => Err(NotAnObject(format!(
                "must be an array of objects, but [{place}] is {}",
                kind(&other)
            ))),
        };
        items.into_iter().enumerate().map(object).collect()
    }

    /// The field, whatever it is; `None` if it is left out or `null`.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// Whether the field is there, be it `null`.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }
}

impl From<Map<String, Value>> for JsonObject {
    fn from(object: Map<String, Value>) -> Self {
        Self(object)
    }
}

/// What is wrong with a body, gathered while it is read.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn add(&mut self, field: impl Into<String>, message: impl std::fmt::Display) {
        match self.0.len() {
            // A reply must not grow without bound with what is wrong.
            MAX_PROBLEMS.. => {}
            LAST => self.0.push(Problem::new(
                "body",
                "has more that is wrong; mend this first",
            )),
            _ => self.0.push(Problem::new(field, message)),
        }
    }

    /// The text in `field`, parsed; `None` if it is left out or wrong.
    pub fn text<T, E: std::fmt::Display>(
        &mut self,
        object: &JsonObject,
        field: &str,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let text = match object.get(field)? {
            Value::String(text) => text.clone(),
            other => {
                self.add(field, format!("must be a text, not {}", kind(other)));
                return None;
            }
        };
        parse(text).map_err(|error| self.add(field, error)).ok()
    }

    /// The boolean in `field`; `None` if it is left out or wrong.
    pub fn boolean(&mut self, object: &JsonObject, field: &str) -> Option<bool> {
        match object.get(field)? {
            Value::Bool(truth) => Some(*truth),
            other => {
                self.add(field, format!("must be true or false, not {}", kind(other)));
                None
            }
        }
    }

    /// The password in `field`; `None` if it is left out or wrong. One that is longer than any may be is refused before
    /// anybody works on it.
    pub fn password(&mut self, object: &JsonObject, field: &str) -> Option<Password> {
        self.text(object, field, |text| {
            if text.len() > MAX_PASSWORD_BYTES {
                return Err("must have at most 256 characters");
            }
            Ok(Password::new(text))
        })
    }

    /// The whole number in `field`, not below 0; `None` if it is left out or wrong. One beyond every range counts as the
    /// largest, and is refused by whoever knows the range.
    pub fn number(&mut self, object: &JsonObject, field: &str) -> Option<u32> {
        match object.get(field)? {
            Value::Number(number) if number.is_u64() => {
                let number = number.as_u64().unwrap_or(u64::MAX);
                Some(u32::try_from(number).unwrap_or(u32::MAX))
            }
            other => {
                let message = match other {
                    Value::Number(number) => {
                        format!("must be a whole number, 0 or more, not {number}")
                    }
                    other => format!("must be a whole number, not {}", kind(other)),
                };
                self.add(field, message);
                None
            }
        }
    }

    /// Complains if `field` is left out or `null`.
    pub fn require(&mut self, object: &JsonObject, field: &str) {
        if object.get(field).is_none() {
            self.add(field, "is required");
        }
    }

    /// Complains if `field` is there and `null`: it can be changed, but not emptied.
    pub fn refuse_null(&mut self, object: &JsonObject, field: &str) {
        if object.has(field) && object.get(field).is_none() {
            self.add(field, "must not be null; leave it out to keep it as it is");
        }
    }

    /// The same problems, of an item of an array: `[2].key` instead of `key`.
    #[must_use]
    pub fn within(mut self, place: usize) -> Self {
        for problem in &mut self.0 {
            problem.field = format!("[{place}].{}", problem.field);
        }
        self
    }

    /// Takes the other problems in.
    pub fn append(&mut self, mut other: Self) {
        for problem in other.0.drain(..) {
            self.add(problem.field, problem.message);
        }
    }

    /// `value`, if nothing was wrong.
    ///
    /// # Errors
    /// Everything that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// What a JSON value is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_objects_or_refused() {
        for (body, expected) in [
            ("{}", None),
            ("", Some("body is missing; send a JSON object")),
            (" \n", Some("body is missing; send a JSON object")),
            ("null", Some("body must be a JSON object, not null")),
            ("[{}]", Some("body must be a JSON object, not an array")),
            (
                "{\"a\":",
                Some("body is not valid JSON: EOF while parsing a value at line 1 column 5"),
            ),
            (
                "{\"a\":\"\\ud800\"}",
                Some("body is not valid JSON: unexpected end of hex escape at line 1 column 13"),
            ),
        ] {
            let error = JsonObject::parse(body.as_bytes())
                .err()
                .map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{body:?}");
        }
    }
}
