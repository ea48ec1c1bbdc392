//! Ids, e-mails and keys in paths (contract, section 1, rules 5 and 6).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tenantry_domain::{
    ElementId, Email, Name, TextError, UserId,
    services::{ElementKey, UserKey},
};

/// What is encoded in a segment of a path, and in a query string: everything but letters, digits and `-._~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `text` as one segment of a path, or as one half of a parameter.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// An integer in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathId {
    /// An id that may exist.
    Id(i64),
    /// An integer too large for any id: well formed, and never there.
    OutOfRange,
}

/// Reads an id: digits, with an optional minus. `None` if it is no integer.
pub fn id(text: &str) -> Option<PathId> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().map_or(PathId::OutOfRange, PathId::Id))
}

/// What `{emailOrId}` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailOrId {
    /// A user that may exist.
    Key(UserKey),
    /// Neither an id that can exist nor an address that anybody can have: never there.
    Nobody,
}

/// Reads `{emailOrId}`, already percent-decoded: an integer is an id, everything else an e-mail. There is no wrong one.
pub fn email_or_id(text: &str) -> EmailOrId {
    match id(text) {
        Some(PathId::Id(id)) => EmailOrId::Key(UserKey::Id(UserId::new(id))),
        Some(PathId::OutOfRange) => EmailOrId::Nobody,
        None => Email::parse(text).map_or(EmailOrId::Nobody, |email| {
            EmailOrId::Key(UserKey::Email(email))
        }),
    }
}

/// Why a text names no element at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoElement {
    /// An integer too large for any id.
    OutOfRange,
    /// No integer, and no text that a key can be.
    NoKey(TextError),
}

/// Reads `{keyOrId}` of an element, already percent-decoded: an integer is an id, everything else a key.
///
/// # Errors
/// If no element can be named so.
pub fn key_or_id(text: &str) -> Result<ElementKey, NoElement> {
    match id(text) {
        Some(PathId::Id(id)) => Ok(ElementKey::Id(ElementId::new(id))),
        Some(PathId::OutOfRange) => Err(NoElement::OutOfRange),
        None => match Name::parse(text) {
            Ok(key) => Ok(ElementKey::Key(key.into())),
            Err(error) => Err(NoElement::NoKey(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_integers() {
        for (text, expected) in [
            ("1", Some(PathId::Id(1))),
            ("-1", Some(PathId::Id(-1))),
            ("007", Some(PathId::Id(7))),
            ("99999999999999999999", Some(PathId::OutOfRange)),
            ("", None),
            ("-", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            ("abc", None),
            ("١", None),
        ] {
            assert_eq!(id(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_integer_is_an_email() {
        let by_id = |id| EmailOrId::Key(UserKey::Id(UserId::new(id)));
        let by_email = |text: &str| EmailOrId::Key(UserKey::Email(Email::parse(text).unwrap()));
        assert_eq!(email_or_id("-1"), by_id(-1));
        assert_eq!(
            email_or_id("frodo+ring@shire.example"),
            by_email("frodo+ring@shire.example")
        );
        assert_eq!(email_or_id("99999999999999999999"), EmailOrId::Nobody);
        assert_eq!(email_or_id("frodo"), EmailOrId::Nobody);
    }

    #[test]
    fn what_is_no_integer_is_a_key() {
        let by_id = |id| Ok(ElementKey::Id(ElementId::new(id)));
        let by_key = |text: &str| Ok(ElementKey::Key(Name::parse(text).unwrap().into()));
        for (text, expected) in [
            ("12", by_id(12)),
            ("-1", by_id(-1)),
            ("hubspotcrm", by_key("hubspotcrm")),
            ("my/own", by_key("my/own")),
            ("12a", by_key("12a")),
            ("99999999999999999999", Err(NoElement::OutOfRange)),
            (" ", Err(NoElement::NoKey(TextError::Blank))),
            ("a\0", Err(NoElement::NoKey(TextError::Control))),
        ] {
            assert_eq!(key_or_id(text), expected, "{text:?}");
        }
    }
}
