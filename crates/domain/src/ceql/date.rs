//! Days and instants in ISO 8601, as CEQL writes them. It must not know fields or comparisons.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// What a date means where a day or an instant may stand: in a `where`, or in a parameter of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A whole day, in UTC.
    Day(Date),
    /// A point in time, in UTC.
    Instant(OffsetDateTime),
}

impl Moment {
    /// Reads a day (`2017-01-15`) or an instant (`2017-01-15T13:30:00.5+02:00`, seconds and fraction optional).
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        parse(text)
    }

    /// The first instant that is meant.
    pub fn start(self) -> OffsetDateTime {
        match self {
            Self::Day(day) => day.midnight().assume_utc(),
            Self::Instant(instant) => instant,
        }
    }

    /// The first instant after what is meant: of the next day, or the instant itself.
    pub fn end(self) -> OffsetDateTime {
        match self {
            Self::Day(day) => day.next_day().unwrap_or(Date::MAX).midnight().assume_utc(),
            Self::Instant(instant) => instant,
        }
    }
}

const SHAPE: &str = "write '2017-01-15' or '2017-01-15T13:30:00Z'";
const NO_SUCH_DAY: &str = "there is no such day in the years 0001 to 9999";
const NO_SUCH_TIME: &str = "there is no such time of day";
const NO_SUCH_OFFSET: &str = "the offset is Z or like +02:00";

/// Reads a day (`2017-01-15`) or an instant (`2017-01-15T13:30:00.5+02:00`, seconds and fraction optional). The error
/// is what to write instead.
pub(super) fn parse(text: &str) -> Result<Moment, &'static str> {
    let mut rest = Cursor(text.as_bytes());
    let day = day(&mut rest)?;
    if rest.is_empty() {
        return Ok(Moment::Day(day));
    }
    if rest.eat(b" ") {
        return Err("put T between the day and the time");
    }
    if !rest.eat(b"Tt") {
        return Err(SHAPE);
    }
    let time = time(&mut rest)?;
    let offset = offset(&mut rest)?;
    if !rest.is_empty() {
        return Err(SHAPE);
    }
    let instant = day
        .with_time(time)
        .assume_offset(offset)
        .checked_to_offset(UtcOffset::UTC)
        .ok_or(NO_SUCH_DAY)?;
    // An offset can push the first or the last hours out of the years the language knows.
    if !(1..=9999).contains(&instant.year()) {
        return Err(NO_SUCH_DAY);
    }
    Ok(Moment::Instant(instant))
}

/// Prints an instant in UTC, with as many decimals as it needs. One outside of the years 1 to 9999, which no text can
/// name, becomes the first or the last instant of them.
pub(super) fn print(instant: OffsetDateTime) -> String {
    let utc = instant.checked_to_offset(UtcOffset::UTC);
    let utc = match utc.filter(|utc| (1..=9999).contains(&utc.year())) {
        Some(utc) => utc,
        None if instant < OffsetDateTime::UNIX_EPOCH => {
            time::macros::datetime!(0001-01-01 0:00 UTC)
        }
        None => time::macros::datetime!(9999-12-31 23:59:59.999_999 UTC),
    };
    let (hour, minute, second, nanosecond) = utc.to_hms_nano();
    let (year, month, day) = (utc.year(), u8::from(utc.month()), utc.day());
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if nanosecond > 0 {
        text.push_str(format!(".{nanosecond:09}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

fn day(rest: &mut Cursor<'_>) -> Result<Date, &'static str> {
    let year = rest.digits(4).ok_or(SHAPE)?;
    let month = rest.after(b"-", 2).ok_or(SHAPE)?;
    let day = rest.after(b"-", 2).ok_or(SHAPE)?;
    let month = u8::try_from(month)
        .ok()
        .and_then(|month| Month::try_from(month).ok())
        .ok_or(NO_SUCH_DAY)?;
    let (year, day) = (
        i32::try_from(year).map_err(|_| NO_SUCH_DAY)?,
        u8::try_from(day).map_err(|_| NO_SUCH_DAY)?,
    );
    if year == 0 {
        return Err(NO_SUCH_DAY);
    }
    Date::from_calendar_date(year, month, day).map_err(|_| NO_SUCH_DAY)
}

fn time(rest: &mut Cursor<'_>) -> Result<Time, &'static str> {
    let hour = rest.digits(2).ok_or(SHAPE)?;
    let minute = rest.after(b":", 2).ok_or(SHAPE)?;
    let mut second = 0;
    let mut microsecond = 0;
    if rest.eat(b":") {
        second = rest.digits(2).ok_or(SHAPE)?;
        if rest.eat(b".") {
            microsecond = fraction(rest)?;
        }
    }
    let part = |number: u32| u8::try_from(number).map_err(|_| NO_SUCH_TIME);
    Time::from_hms_micro(part(hour)?, part(minute)?, part(second)?, microsecond)
        .map_err(|_| NO_SUCH_TIME)
}

/// The stores keep microseconds; to round what is finer would be to answer another question.
fn fraction(rest: &mut Cursor<'_>) -> Result<u32, &'static str> {
    let count = rest
        .0
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count > 6 {
        return Err("at most 6 decimals of a second are kept");
    }
    let scale = 10_u32.pow(6 - u32::try_from(count).map_err(|_| SHAPE)?);
    rest.digits(count.max(1))
        .map(|digits| digits * scale)
        .ok_or(SHAPE)
}

fn offset(rest: &mut Cursor<'_>) -> Result<UtcOffset, &'static str> {
    if rest.is_empty() {
        return Err("add the offset, Z for UTC");
    }
    if rest.eat(b"Zz") {
        return Ok(UtcOffset::UTC);
    }
    if rest.eat(b" ") {
        return Err("the + of an offset is sent as %2B in a query");
    }
    let west = rest.0.first() == Some(&b'-');
    let hours = rest.after(b"+-", 2).ok_or(NO_SUCH_OFFSET)?;
    let minutes = rest.after(b":", 2).ok_or(NO_SUCH_OFFSET)?;
    if hours > 23 || minutes > 59 {
        return Err(NO_SUCH_OFFSET);
    }
    let seconds = i32::try_from((hours * 60 + minutes) * 60).map_err(|_| NO_SUCH_OFFSET)?;
    UtcOffset::from_whole_seconds(if west { -seconds } else { seconds }).map_err(|_| NO_SUCH_OFFSET)
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one byte if it is among those given.
    fn eat(&mut self, any_of: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if any_of.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes exactly so many digits, nine at most.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut number = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number * 10 + u32::from(digit - b'0');
        }
        self.0 = rest;
        Some(number)
    }

    /// Takes one of the bytes given and then so many digits.
    fn after(&mut self, any_of: &[u8], count: usize) -> Option<u32> {
        if self.eat(any_of) {
            self.digits(count)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, NO_SUCH_DAY, NO_SUCH_OFFSET, NO_SUCH_TIME, SHAPE, parse, print};
    use time::macros::{date, datetime, offset};

    #[test]
    fn days_and_instants_are_read() {
        for (text, moment) in [
            ("2017-01-15", Moment::Day(date!(2017 - 01 - 15))),
            ("0001-01-01", Moment::Day(date!(0001 - 01 - 01))),
            ("2016-02-29", Moment::Day(date!(2016 - 02 - 29))),
            (
                "2017-01-15T13:30Z",
                Moment::Instant(datetime!(2017-01-15 13:30 UTC)),
            ),
            (
                "2017-01-15t13:30:05z",
                Moment::Instant(datetime!(2017-01-15 13:30:05 UTC)),
            ),
            (
                "2017-01-15T13:30:05.25Z",
                Moment::Instant(datetime!(2017-01-15 13:30:05.25 UTC)),
            ),
            (
                "2017-01-15T13:30:05.123456Z",
                Moment::Instant(datetime!(2017-01-15 13:30:05.123456 UTC)),
            ),
            (
                "2017-01-15T01:30:00+02:30",
                Moment::Instant(datetime!(2017-01-14 23:00 UTC)),
            ),
            (
                "2017-01-15T01:30:00-02:30",
                Moment::Instant(datetime!(2017-01-15 4:00 UTC)),
            ),
        ] {
            assert_eq!(parse(text), Ok(moment), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_advice() {
        for (text, advice) in [
            ("", SHAPE),
            ("2017", SHAPE),
            ("2017-1-15", SHAPE),
            ("15.01.2017", SHAPE),
            ("2017-01-15X", SHAPE),
            ("2017-01-15T", SHAPE),
            ("2017-01-15T13Z", SHAPE),
            ("2017-01-15T13:30:00.Z", SHAPE),
            ("2017-01-15T13:30:00Zulu", SHAPE),
            ("２０17-01-15", SHAPE),
            ("0000-01-01", NO_SUCH_DAY),
            ("2017-13-01", NO_SUCH_DAY),
            ("2017-02-29", NO_SUCH_DAY),
            ("0001-01-01T00:00:00+01:00", NO_SUCH_DAY),
            ("9999-12-31T23:59:59-01:00", NO_SUCH_DAY),
            ("2017-01-15T24:00:00Z", NO_SUCH_TIME),
            ("2017-01-15T23:59:60Z", NO_SUCH_TIME),
            ("2017-01-15T13:30:00+0200", NO_SUCH_OFFSET),
            ("2017-01-15T13:30:00+24:00", NO_SUCH_OFFSET),
            ("2017-01-15T13:30:00é", NO_SUCH_OFFSET),
            ("2017-01-15T13:30:00", "add the offset, Z for UTC"),
            (
                "2017-01-15T13:30:00 02:00",
                "the + of an offset is sent as %2B in a query",
            ),
            ("2017-01-15 13:30:00Z", "put T between the day and the time"),
            (
                "2017-01-15T13:30:00.1234567Z",
                "at most 6 decimals of a second are kept",
            ),
        ] {
            assert_eq!(parse(text), Err(advice), "{text}");
        }
    }

    #[test]
    fn instants_are_printed_in_utc_without_needless_decimals() {
        for (instant, text) in [
            (datetime!(2017-01-15 1:30 +2), "2017-01-14T23:30:00Z"),
            (
                datetime!(2017-01-15 1:30:05.5 UTC),
                "2017-01-15T01:30:05.5Z",
            ),
            (
                datetime!(0001-01-01 0:00:00.000001 UTC),
                "0001-01-01T00:00:00.000001Z",
            ),
            (datetime!(0001-01-01 0:00 +2), "0001-01-01T00:00:00Z"),
            (
                datetime!(9999-12-31 23:00 -2),
                "9999-12-31T23:59:59.999999Z",
            ),
        ] {
            assert_eq!(print(instant), text);
        }
        let instant = datetime!(2017-01-15 1:30:05.000120 UTC);
        assert_eq!(
            parse(&print(instant.to_offset(offset!(-7)))),
            Ok(Moment::Instant(instant))
        );
    }
}
