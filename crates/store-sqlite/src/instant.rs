//! Instants as integers: microseconds since 1970-01-01 UTC, which sort and compare as the instants do.

use time::{OffsetDateTime, error::ComponentRange};

/// The stored form of `instant`. What is finer than a microsecond is cut off, towards the past; clocks give nothing finer.
pub(crate) fn to_micros(instant: OffsetDateTime) -> i64 {
    let micros = instant.unix_timestamp_nanos().div_euclid(1_000);
    // Years -9999 to 9999 fit.
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

/// Whether nothing of `instant` would be cut off.
pub(crate) fn is_whole(instant: OffsetDateTime) -> bool {
    instant.nanosecond().is_multiple_of(1_000)
}

/// The instant that is stored as `micros`.
pub(crate) fn from_micros(micros: i64) -> Result<OffsetDateTime, ComponentRange> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn instants_of_all_years_come_back_to_the_microsecond() {
        for (instant, micros) in [
            (datetime!(1970-01-01 00:00:00 UTC), 0),
            (datetime!(1969-12-31 23:59:59.999_999 UTC), -1),
            (
                datetime!(2026-01-15 12:00:00.000_001 UTC),
                1_768_478_400_000_001,
            ),
            (datetime!(2026-01-15 13:00:00 +1), 1_768_478_400_000_000),
            (datetime!(0001-01-01 00:00:00 UTC), -62_135_596_800_000_000),
            (
                datetime!(9999-12-31 23:59:59.999_999 UTC),
                253_402_300_799_999_999,
            ),
        ] {
            assert_eq!(to_micros(instant), micros);
            assert_eq!(from_micros(micros), Ok(instant));
        }
        assert!(from_micros(i64::MAX).is_err());
    }
}
