//! Reading one field, in every form that servers give it.

use serde_json::Value;
use tenantry_domain::{Name, Text, ceql::Moment};
use time::OffsetDateTime;

use crate::{JsonObject, object::kind};

/// An object that cannot be understood. Never holds the value: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Unreadable {
    /// The object's id; 0 if that is what cannot be read.
    pub id: i64,
    /// In which field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Instants before this many are seconds, others milliseconds: the year 1973 in one, 5138 in the other.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// The fields of one object. A field may have several names, of which the first that is there counts.
pub(super) struct Fields<'a> {
    object: &'a JsonObject,
    id: i64,
}

impl<'a> Fields<'a> {
    /// The fields of an object with an id.
    pub(super) fn of(object: &'a JsonObject) -> Result<Self, Unreadable> {
        let mut fields = Self { object, id: 0 };
        fields.id = fields.required_integer(&["id"])?;
        Ok(fields)
    }

    /// The fields of an object without an id of its own.
    pub(super) fn without_id(object: &'a JsonObject) -> Self {
        Self { object, id: 0 }
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn wrong(&self, field: &'static str, problem: impl std::fmt::Display) -> Unreadable {
        Unreadable {
            id: self.id,
            field,
            problem: problem.to_string(),
        }
    }

    pub(super) fn value(&self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        let found = |name: &&'static str| Some((*name, self.object.get(name)?));
        names.iter().find_map(found)
    }

    /// A whole number, or a text of one.
    pub(super) fn integer(&self, names: &[&'static str]) -> Result<Option<i64>, Unreadable> {
        let Some((field, value)) = self.value(names) else {
            return Ok(None);
        };
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let refuse = || {
            self.wrong(
                field,
                format!("must be a whole number, not {}", kind(value)),
            )
        };
        Ok(Some(number.ok_or_else(refuse)?))
    }

    pub(super) fn required_integer(&self, names: &[&'static str]) -> Result<i64, Unreadable> {
        let first = names.first().copied().unwrap_or_default();
        self.integer(names)?
            .ok_or_else(|| self.wrong(first, "is missing"))
    }

    /// A text, or what is written as one.
    pub(super) fn text(&self, names: &[&'static str]) -> Option<String> {
        match self.value(names)?.1 {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn parsed<T, E: std::fmt::Display>(
        &self,
        names: &[&'static str],
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Result<Option<T>, Unreadable> {
        let first = names.first().copied().unwrap_or_default();
        self.text(names)
            .map(|text| parse(text).map_err(|error| self.wrong(first, error)))
            .transpose()
    }

    pub(super) fn required<T, E: std::fmt::Display>(
        &self,
        names: &[&'static str],
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Result<T, Unreadable> {
        let first = names.first().copied().unwrap_or_default();
        self.parsed(names, parse)?
            .ok_or_else(|| self.wrong(first, "is missing"))
    }

    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<Text>, Unreadable> {
        self.parsed(&[name], Text::parse)
    }

    pub(super) fn name(&self, names: &[&'static str]) -> Result<Name, Unreadable> {
        self.required(names, Name::parse)
    }

    /// A truth, or a text or number of one.
    pub(super) fn boolean(&self, names: &[&'static str]) -> Option<bool> {
        match self.value(names)?.1 {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Value::Number(number) => number.as_i64().map(|number| number != 0),
            _ => None,
        }
    }

    /// A day, an instant, or milliseconds since 1970.
    pub(super) fn instant(
        &self,
        names: &[&'static str],
    ) -> Result<Option<OffsetDateTime>, Unreadable> {
        let Some((field, value)) = self.value(names) else {
            return Ok(None);
        };
        let instant = match value {
            Value::Number(number) => number.as_i64().and_then(since_1970),
            Value::String(text) => of_text(text.trim()),
            _ => None,
        };
        let refuse = || {
            self.wrong(
                field,
                "must be a day, an instant, or milliseconds since 1970",
            )
        };
        Ok(Some(instant.ok_or_else(refuse)?))
    }

    /// When it was created: 1970 where the server does not say.
    pub(super) fn created(&self) -> Result<OffsetDateTime, Unreadable> {
        let created = self.instant(&["createdDate", "createdDt", "created"])?;
        Ok(created.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// An object inside of this one, be it alone in an array.
    pub(super) fn object(&self, names: &[&'static str]) -> Option<JsonObject> {
        let (_, value) = self.value(names)?;
        match value {
            Value::Object(object) => Some(JsonObject::from(object.clone())),
            Value::Array(items) => match items.as_slice() {
                [Value::Object(object)] => Some(JsonObject::from(object.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// The items of an array; a single one may stand alone.
    pub(super) fn items(&self, names: &[&'static str]) -> &'a [Value] {
        match self.value(names) {
            Some((_, Value::Array(items))) => items,
            Some((_, single)) => std::slice::from_ref(single),
            None => &[],
        }
    }
}

fn of_text(text: &str) -> Option<OffsetDateTime> {
    if let Ok(number) = text.parse() {
        return since_1970(number);
    }
    // Java writes +0000 where RFC 3339 has +00:00.
    let colon = match text
        .len()
        .checked_sub(5)
        .and_then(|at| text.split_at_checked(at))
    {
        Some((before, offset))
            if before.contains('T')
                && offset.starts_with(['+', '-'])
                && offset.bytes().skip(1).all(|byte| byte.is_ascii_digit()) =>
        {
            let (hours, minutes) = offset.split_at(3);
            format!("{before}{hours}:{minutes}")
        }
        _ => text.to_owned(),
    };
    Moment::parse(&colon).ok().map(Moment::start)
}

fn since_1970(number: i64) -> Option<OffsetDateTime> {
    let milliseconds = if number.abs() < MILLISECONDS_FROM {
        i128::from(number) * 1_000
    } else {
        i128::from(number)
    };
    OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn dates_are_read_in_every_form() {
        for (value, expected) in [
            ("\"2017-08-07\"", Ok(datetime!(2017-08-07 0:00 UTC))),
            (
                "\"2017-08-07T18:46:38Z\"",
                Ok(datetime!(2017-08-07 18:46:38 UTC)),
            ),
            (
                "\"2017-08-07T18:46:38.250+0200\"",
                Ok(datetime!(2017-08-07 16:46:38.25 UTC)),
            ),
            ("1502131598000", Ok(datetime!(2017-08-07 18:46:38 UTC))),
            (
                "\"1502131598250\"",
                Ok(datetime!(2017-08-07 18:46:38.25 UTC)),
            ),
            ("1502131598", Ok(datetime!(2017-08-07 18:46:38 UTC))),
            ("0", Ok(OffsetDateTime::UNIX_EPOCH)),
            ("\"yesterday\"", Err(())),
            ("true", Err(())),
            ("9223372036854775807", Err(())),
        ] {
            let object = JsonObject::parse(format!("{{\"at\": {value}}}").as_bytes()).unwrap();
            let read = Fields::without_id(&object).instant(&["at"]);
            assert_eq!(
                read.map(Option::unwrap).map_err(|_| ()),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn numbers_and_truths_may_be_texts() {
        let object = JsonObject::parse(
            br#"{"id": " 12 ", "a": "true", "b": 0, "c": "FALSE", "d": null, "e": 1.5, "f": []}"#,
        )
        .unwrap();
        let fields = Fields::of(&object).unwrap();
        assert_eq!(fields.id(), 12);
        let read = ["a", "b", "c", "d", "e"].map(|name| fields.boolean(&[name]));
        assert_eq!(read, [Some(true), Some(false), Some(false), None, None]);
        assert_eq!(fields.integer(&["d"]), Ok(None));
        assert_eq!(
            fields.integer(&["e"]).unwrap_err().to_string(),
            "e must be a whole number, not a number"
        );
        assert_eq!(fields.text(&["f"]), None);
    }
}
