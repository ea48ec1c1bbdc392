//! Dates as the API writes them (contract, section 1, rule 8).

use time::{OffsetDateTime, macros::format_description};

/// `2017-08-07`: what users, accounts and organizations have, in UTC.
pub fn day(instant: OffsetDateTime) -> String {
    let utc = instant.to_offset(time::UtcOffset::UTC);
    // Formatting can only fail for components that the value lacks; a date has all of these.
    utc.format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_default()
}

/// `2017-08-07T18:46:38Z`: what instances have, in UTC.
pub fn instant(instant: OffsetDateTime) -> String {
    let utc = instant.to_offset(time::UtcOffset::UTC);
    utc.format(format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second]Z"
    ))
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn dates_are_those_of_utc() {
        let late = datetime!(2017-08-07 23:30:38.999 -2);
        assert_eq!(day(late), "2017-08-08");
        assert_eq!(instant(late), "2017-08-08T01:30:38Z");
        assert_eq!(day(OffsetDateTime::UNIX_EPOCH), "1970-01-01");
    }
}
