//! Which passwords are good enough, and how long they stay so (contract, section 10).

use std::fmt;

use time::{Duration, OffsetDateTime};

use crate::{Email, Name, Password, Problem, Snapshot, Text, ceql::fold};

/// Which passwords an organization accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub min_length: u32,
    /// Fewest upper-case letters.
    pub min_uppercase: u32,
    /// Fewest lower-case letters.
    pub min_lowercase: u32,
    /// Fewest digits.
    pub min_numbers: u32,
    /// Fewest characters of `symbol_character_set`.
    pub min_symbols: u32,
    /// Which characters count as symbols.
    pub symbol_character_set: String,
    /// So many former passwords may not be used again.
    pub previous_password_count: u32,
    /// A password is good for so many days; 0 means for ever.
    pub expiration_days: u32,
}

/// The contract's default policy.
impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: 8,
            min_uppercase: 1,
            min_lowercase: 1,
            min_numbers: 1,
            min_symbols: 1,
            symbol_character_set: r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##.to_owned(),
            previous_password_count: 3,
            expiration_days: 0,
        }
    }
}

/// Whose password it is: what a password must not contain.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// First name.
    pub first_name: &'a Name,
    /// Last name.
    pub last_name: &'a Name,
    /// E-mail; what stands before the `@` counts as the username.
    pub email: &'a Email,
}

/// A rule that a password breaks. `Display` gives the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenRule {
    /// Too short.
    Length(u32),
    /// Too few digits.
    Numbers(u32),
    /// Too few upper-case letters.
    Uppercase(u32),
    /// Too few lower-case letters.
    Lowercase(u32),
    /// Too few symbols.
    Symbols(u32),
    /// Contains the first name, the last name, or the username.
    Contains(&'static str),
    /// More than [`PasswordPolicy::MAX_LENGTH`] characters.
    TooLong,
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(f, "at least {n} characters"),
            Self::Numbers(n) => write!(f, "{n} numeric"),
            Self::Uppercase(n) => write!(f, "{n} uppercase"),
            Self::Lowercase(n) => write!(f, "{n} lowercase"),
            Self::Symbols(n) => write!(f, "{n} special character"),
            Self::Contains(what) => write!(f, "{what}"),
            Self::TooLong => write!(f, "at most {} characters", PasswordPolicy::MAX_LENGTH),
        }
    }
}

impl Person<'_> {
    /// Parts of a person's name that are shorter than this, in characters, may occur in a password.
    const SHORTEST_PART: usize = 3;

    /// What of the person occurs in `password`, ignoring case.
    fn in_password(&self, password: &Password) -> impl Iterator<Item = BrokenRule> {
        let folded = fold(password.expose());
        [
            ("first name", self.first_name.as_str()),
            ("last name", self.last_name.as_str()),
            ("username", self.email.local_part()),
        ]
        .into_iter()
        .filter(move |(_, part)| {
            let part = fold(part.trim());
            part.chars().count() >= Self::SHORTEST_PART && folded.contains(&part)
        })
        .map(|(what, _)| BrokenRule::Contains(what))
    }
}

impl PasswordPolicy {
    /// Longest password, in characters, whatever the policy.
    pub const MAX_LENGTH: usize = 256;

    /// Checks `password`, which is to be `person`'s.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn check(&self, password: &Password, person: &Person<'_>) -> Result<(), Vec<BrokenRule>> {
        let mut broken = self.check_text(password);
        broken.extend(person.in_password(password));
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }

    /// The rules that `password` breaks, whoever's it is to be.
    pub fn check_text(&self, password: &Password) -> Vec<BrokenRule> {
        let text = password.expose();
        let count = |test: &dyn Fn(char) -> bool| text.chars().filter(|c| test(*c)).count();
        let too_few =
            |found: usize, least: u32| found < usize::try_from(least).unwrap_or(usize::MAX);
        let length = text.chars().count();
        let mut broken = Vec::new();
        if length > Self::MAX_LENGTH {
            broken.push(BrokenRule::TooLong);
        }
        for (found, least, rule) in [
            (length, self.min_length, BrokenRule::Length(self.min_length)),
            (
                count(&char::is_numeric),
                self.min_numbers,
                BrokenRule::Numbers(self.min_numbers),
            ),
            (
                count(&char::is_uppercase),
                self.min_uppercase,
                BrokenRule::Uppercase(self.min_uppercase),
            ),
            (
                count(&char::is_lowercase),
                self.min_lowercase,
                BrokenRule::Lowercase(self.min_lowercase),
            ),
            (
                count(&|c| self.symbol_character_set.contains(c)),
                self.min_symbols,
                BrokenRule::Symbols(self.min_symbols),
            ),
        ] {
            if too_few(found, least) {
                broken.push(rule);
            }
        }
        broken
    }

    /// What is out of its range, by the names of the contract (section 10).
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, value, least, most) in [
            ("minLength", self.min_length, 8, 128),
            ("minUppercase", self.min_uppercase, 0, 10),
            ("minLowercase", self.min_lowercase, 0, 10),
            ("minNumbers", self.min_numbers, 0, 10),
            ("minSymbols", self.min_symbols, 0, 10),
            ("previousPasswordCount", self.previous_password_count, 0, 9),
            ("expirationDays", self.expiration_days, 0, 100_000),
        ] {
            if !(least..=most).contains(&value) {
                problems.push(Problem::new(field, format!("must be {least} to {most}")));
            }
        }
        let set = &self.symbol_character_set;
        if set.chars().count() > Text::MAX_LENGTH {
            problems.push(Problem::new(
                "symbolCharacterSet",
                format!("must have at most {} characters", Text::MAX_LENGTH),
            ));
        }
        if set.chars().any(char::is_control) {
            problems.push(Problem::new(
                "symbolCharacterSet",
                "must not contain control characters",
            ));
        }
        // A policy that no password meets would lock everybody out.
        if self.min_symbols > 0 && set.is_empty() {
            problems.push(Problem::new(
                "symbolCharacterSet",
                "must not be empty while minSymbols is above 0",
            ));
        }
        problems
    }

    /// One message that lists every broken rule, as the problem of the field `password`.
    pub fn problem(broken: &[BrokenRule]) -> Problem {
        let list = |of: &dyn Fn(&BrokenRule) -> bool| {
            broken
                .iter()
                .filter(|rule| of(rule))
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let needed = list(&|rule| !matches!(rule, BrokenRule::Contains(_)));
        let forbidden = list(&|rule| matches!(rule, BrokenRule::Contains(_)));
        let message = match (needed.is_empty(), forbidden.is_empty()) {
            (false, false) => {
                format!("must have {needed}, and must not contain the user's {forbidden}")
            }
            (false, true) => format!("must have {needed}"),
            _ => format!("must not contain the user's {forbidden}"),
        };
        Problem::new("password", message)
    }

    /// Whether a password that was set at `changed_at` is too old at `now`, where it is good for `expiration_days`; 0
    /// means for ever.
    pub fn has_expired(
        expiration_days: u32,
        changed_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> bool {
        expiration_days > 0 && now - changed_at >= Duration::days(i64::from(expiration_days))
    }

    /// Its fields as the audit log keeps them, by their names after `passwordPolicy.`.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new()
            .field("passwordPolicy.minLength", self.min_length)
            .field("passwordPolicy.minUppercase", self.min_uppercase)
            .field("passwordPolicy.minLowercase", self.min_lowercase)
            .field("passwordPolicy.minNumbers", self.min_numbers)
            .field("passwordPolicy.minSymbols", self.min_symbols)
            .field(
                "passwordPolicy.symbolCharacterSet",
                &self.symbol_character_set,
            )
            .field(
                "passwordPolicy.previousPasswordCount",
                self.previous_password_count,
            )
            .field("passwordPolicy.expirationDays", self.expiration_days)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn check(password: &str) -> String {
        let (first_name, last_name) = (Name::parse("Jo").unwrap(), Name::parse("Baggins").unwrap());
        let email = Email::parse("ring.bearer@example.org").unwrap();
        let person = Person {
            first_name: &first_name,
            last_name: &last_name,
            email: &email,
        };
        match PasswordPolicy::default().check(&Password::new(password), &person) {
            Ok(()) => String::new(),
            Err(broken) => PasswordPolicy::problem(&broken).to_string(),
        }
    }

    #[test]
    fn a_refused_password_lists_every_broken_rule() {
        let too_long = format!("Aa1!{}", "x".repeat(253));
        for (password, expected) in [
            ("Secret-1", ""),
            (
                "",
                "password must have at least 8 characters, 1 numeric, 1 uppercase, 1 lowercase, 1 special character",
            ),
            (
                "secret",
                "password must have at least 8 characters, 1 numeric, 1 uppercase, 1 special character",
            ),
            ("Secret12", "password must have 1 special character"),
            ("Secret1é", "password must have 1 special character"),
            (
                "xBAGGINS-1",
                "password must not contain the user's last name",
            ),
            ("Jo-secret1", ""),
            (
                "RING.bearer",
                "password must have 1 numeric, and must not contain the user's username",
            ),
            (
                too_long.as_str(),
                "password must have at most 256 characters",
            ),
        ] {
            assert_eq!(check(password), expected, "{password:?}");
        }
    }

    #[test]
    fn a_policy_keeps_to_its_ranges() {
        assert_eq!(PasswordPolicy::default().problems(), []);
        let widest = PasswordPolicy {
            min_length: 128,
            min_uppercase: 10,
            min_lowercase: 10,
            min_numbers: 10,
            min_symbols: 0,
            symbol_character_set: String::new(),
            previous_password_count: 9,
            expiration_days: 100_000,
        };
        assert_eq!(widest.problems(), []);
        let wrong = PasswordPolicy {
            min_length: 7,
            min_uppercase: 11,
            min_lowercase: 11,
            min_numbers: 11,
            min_symbols: 11,
            symbol_character_set: String::new(),
            previous_password_count: 10,
            expiration_days: 100_001,
        };
        let messages: Vec<_> = wrong.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "minLength must be 8 to 128",
                "minUppercase must be 0 to 10",
                "minLowercase must be 0 to 10",
                "minNumbers must be 0 to 10",
                "minSymbols must be 0 to 10",
                "previousPasswordCount must be 0 to 9",
                "expirationDays must be 0 to 100000",
                "symbolCharacterSet must not be empty while minSymbols is above 0",
            ]
        );
    }

    #[test]
    fn passwords_expire_after_the_days_of_the_policy() {
        let set = datetime!(2026-02-27 12:00 UTC);
        let expired = |days, now| PasswordPolicy::has_expired(days, set, now);
        assert!(!expired(2, datetime!(2026-03-01 11:59:59 UTC)));
        assert!(expired(2, datetime!(2026-03-01 12:00 UTC)));
        assert!(!expired(0, datetime!(2999-01-01 0:00 UTC)));
    }
}
