//! Instants in archives: ISO 8601, UTC, to the microsecond, always the same length: `2026-01-02T03:04:05.678901Z`.

use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
use time::{
    OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::BorrowedFormatItem,
    macros::format_description,
};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// As archives write it.
pub(crate) fn text(instant: OffsetDateTime) -> String {
    let utc = instant.to_offset(UtcOffset::UTC);
    let Ok(text) = utc.format(FORMAT) else {
        unreachable!("a format of numbers alone");
    };
    text
}

/// As archives write it, and in no other way.
pub(crate) fn parse(written: &str) -> Option<OffsetDateTime> {
    let instant = PrimitiveDateTime::parse(written, FORMAT).ok()?.assume_utc();
    (text(instant) == written).then_some(instant)
}

pub(crate) fn serialize<S: Serializer>(
    instant: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*instant))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(EXPECTED))
}

const EXPECTED: &str = "an instant must have the form 2026-01-02T03:04:05.678901Z";

/// The same for those that may be absent.
pub(crate) mod option {
    use super::{Deserializer, EXPECTED, OffsetDateTime, Serializer, parse};
    use serde::{Deserialize as _, de::Error as _};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(
        instant: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => super::serialize(instant, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        match parse(&text) {
            Some(instant) => Ok(Some(instant)),
            None => Err(D::Error::custom(EXPECTED)),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn instants_have_one_spelling() {
        let instant = datetime!(2026-01-02 05:04:05.678_901 +2);
        assert_eq!(text(instant), "2026-01-02T03:04:05.678901Z");
        assert_eq!(parse("2026-01-02T03:04:05.678901Z"), Some(instant));
        for other in [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.678901+00:00",
            "2026-01-02t03:04:05.678901Z",
            "2026-13-02T03:04:05.678901Z",
            "+2026-01-02T03:04:05.678901Z",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
