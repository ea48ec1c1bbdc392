//! Bodies of what is created and changed: standard input first, then `--set`, then the options that have names.

use std::io::{self, Read as _};

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value};

use crate::{cli::Body, failure::Failure};

/// Largest body on standard input, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A body that is put together.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// What standard input and `--set` say. The API passes over what it does not know; a command must not. `settable` are the
    /// texts that can be set.
    pub(super) fn of(body: &Body, settable: &[&str]) -> Result<Self, Failure> {
        let mut fields = Self(if body.body_stdin {
            of_stdin()?
        } else {
            Map::new()
        });
        for text in &body.fields {
            let (field, value) = pair("--set", text)?;
            if !settable.contains(&field) {
                return Err(Failure::usage(anyhow!(
                    "--set: there is no text {field} to be set: there are {}; what has an option of its own is in --help",
                    settable.join(", ")
                )));
            }
            let value = match value {
                "" => Value::Null,
                text => Value::String(text.to_owned()),
            };
            fields.0.insert(field.to_owned(), value);
        }
        Ok(fields)
    }

    /// With this field, if it was given.
    pub(super) fn with(mut self, field: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), value.into());
        }
        self
    }

    /// With this list, if it has anything.
    pub(super) fn with_list(self, field: &str, values: Vec<Value>) -> Self {
        let given = (!values.is_empty()).then_some(values);
        self.with(field, given)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The body of something new.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// The body of a change, which has to be one.
    pub(super) fn into_change(self) -> Result<Value, Failure> {
        if self.is_empty() {
            return Err(nothing_to_change());
        }
        Ok(self.into_value())
    }
}

pub(super) fn nothing_to_change() -> Failure {
    Failure::usage(anyhow!(
        "there is nothing to change: give an option, --set FIELD=VALUE or --body-stdin; --help lists them"
    ))
}

/// The two sides of `NAME=VALUE`.
pub(super) fn pair<'a>(option: &str, text: &'a str) -> Result<(&'a str, &'a str), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        // Not the text itself: the value may be a secret.
        _ => Err(Failure::usage(anyhow!("{option} must be like NAME=VALUE"))),
    }
}

fn of_stdin() -> Result<Map<String, Value>, Failure> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(LARGEST)
        .read_to_string(&mut text)
        .context("standard input cannot be read")?;
    let form = "--body-stdin was given, so standard input must be a JSON object of at most 1 MiB";
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::usage(anyhow!("{form}"))),
        Err(error) => Err(Failure::usage(anyhow!("{form}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_count_more_than_fields() {
        let body = Body {
            fields: vec![
                "city=Bree=Breeland".to_owned(),
                "phone=".to_owned(),
                "email=x".to_owned(),
            ],
            body_stdin: false,
        };
        let settable = &["city", "phone", "email"];
        let fields = Fields::of(&body, settable).unwrap();
        let fields = fields
            .with("email", Some("frodo@shire.example"))
            .with("active", None::<bool>)
            .with_list("roles", vec![json!({"key": "admin"})])
            .with_list("tags", Vec::new());
        assert_eq!(
            fields.into_change().unwrap(),
            json!({"city": "Bree=Breeland", "phone": null, "email": "frodo@shire.example", "roles": [{"key": "admin"}]})
        );
        let failure = Fields::of(&body, &["city", "email"]).unwrap_err();
        assert_eq!(
            failure.error().to_string(),
            "--set: there is no text phone to be set: there are city, email; what has an option of its own is in --help"
        );
        assert!(Fields::default().into_change().is_err());
        let failure = pair("--set", "=s3cret").unwrap_err();
        assert_eq!(failure.error().to_string(), "--set must be like NAME=VALUE");
    }
}
