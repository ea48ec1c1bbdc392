//! Dates as the API writes them (contract, section 1, rule 8).

use time::{OffsetDateTime, macros::format_description};

/// `2017-08-07`: what users, accounts and organizations have, in UTC.
pub fn day(instant: OffsetDateTime) -> String {
    let date = instant.to_offset(time::UtcOffset::UTC).date();
    let (year, month, day) = date.to_calendar_date();
    // Twice for every user in a list, so not by a description that is interpreted.
    if let Ok(year) = u16::try_from(year)
        && year <= 9999
    {
        let (month, day) = (u16::from(u8::from(month)), u16::from(day));
        let digits = [
            year / 1000,
            year / 100 % 10,
            year / 10 % 10,
            year % 10,
            month / 10,
            month % 10,
            day / 10,
            day % 10,
        ];
        let mut text = String::with_capacity(10);
        for (place, digit) in digits.into_iter().enumerate() {
            if place == 4 || place == 6 {
                text.push('-');
            }
            text.push(char::from_digit(digit.into(), 10).unwrap_or('0'));
        }
        return text;
    }
    // Formatting can only fail for components that the value lacks; a date has all of these.
    date.format(format_description!("[year]-[month]-[day]"))
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

    #[test]
    fn days_are_written_as_the_description_says() {
        let mut instant = datetime!(-0044-03-15 12:00 UTC);
        while instant < datetime!(9999-06-01 0:00 UTC) {
            let described = instant.format(format_description!("[year]-[month]-[day]"));
            assert_eq!(day(instant), described.unwrap());
            instant += time::Duration::days(97);
        }
    }
}
