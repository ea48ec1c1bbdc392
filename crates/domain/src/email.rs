//! E-mail addresses: what people log in with, unique in the deployment whatever the case of their letters.

use std::fmt;

use crate::ceql::fold;

/// An e-mail address as its owner wrote it, with the folded form that comparisons use.
#[derive(Clone, Debug)]
pub struct Email {
    text: String,
    folded: String,
}

impl Email {
    /// Longest address, in bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX_LENGTH: usize = 254;

    /// Checks that `text` has the shape `local@domain`.
    ///
    /// Deliberately lenient about what stands left of the last `@`: the platform never sends mail, and addresses that
    /// were accepted elsewhere must be able to move in.
    ///
    /// # Errors
    /// A fragment fit for "email …" that says what is wrong.
    pub fn parse(text: impl Into<String>) -> Result<Self, EmailError> {
        let text = text.into();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(EmailError::TooLong);
        }
        if has_blank(&text) {
            return Err(EmailError::Blank);
        }
        let Some((local, domain)) = text.rsplit_once('@') else {
            return Err(EmailError::Shape);
        };
        let labels_filled = domain.split('.').all(|label| !label.is_empty());
        if local.is_empty() || local.contains('@') || !labels_filled {
            return Err(EmailError::Shape);
        }
        let folded = fold(&text);
        Ok(Self { text, folded })
    }

    /// The address as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address as it is compared: case folded.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// What stands before the `@`; passwords must not contain it.
    pub fn local_part(&self) -> &str {
        self.text
            .rsplit_once('@')
            .map_or(&self.text, |(local, _)| local)
    }
}

/// Whether there is white space or a control character.
fn has_blank(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|c| c == b' ' || c.is_ascii_control());
    }
    text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Two addresses are equal if they differ only in case.
impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Email {}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// No text at all.
    #[error("must not be empty")]
    Empty,
    /// Longer than [`Email::MAX_LENGTH`].
    #[error("must have at most 254 bytes")]
    TooLong,
    /// White space or a control character inside.
    #[error("must not contain blanks or control characters")]
    Blank,
    /// Not `local@domain`.
    #[error("must have the form name@domain")]
    Shape,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_or_refused_with_the_reason() {
        let long = format!("{}@example.org", "a".repeat(243));
        for (text, expected) in [
            ("frodo@example.org", Ok(())),
            ("Frodo.Baggins+ring@Example.org", Ok(())),
            ("o'hara@localhost", Ok(())),
            ("ödön@müller.example", Ok(())),
            ("", Err(EmailError::Empty)),
            ("frodo", Err(EmailError::Shape)),
            ("@example.org", Err(EmailError::Shape)),
            ("frodo@", Err(EmailError::Shape)),
            ("a@b@c.org", Err(EmailError::Shape)),
            ("frodo@example..org", Err(EmailError::Shape)),
            ("frodo @example.org", Err(EmailError::Blank)),
            ("frodo\0@example.org", Err(EmailError::Blank)),
            (long.as_str(), Err(EmailError::TooLong)),
        ] {
            assert_eq!(Email::parse(text).map(|_| ()), expected, "{text:?}");
        }
    }

    #[test]
    fn comparison_ignores_case() {
        let (a, b) = (
            Email::parse("Frodo@Example.ORG").unwrap(),
            Email::parse("frodo@example.org").unwrap(),
        );
        assert_eq!(a, b);
        assert_eq!(a.as_str(), "Frodo@Example.ORG");
        assert_eq!(a.local_part(), "Frodo");
    }

    #[test]
    fn a_character_is_blank_or_not_whatever_stands_beside_it() {
        for c in '\0'..=char::MAX {
            let blank = c.is_whitespace() || c.is_control();
            for text in [format!("a{c}@b"), format!("ä{c}@b")] {
                let refused = Email::parse(text).is_err_and(|error| error == EmailError::Blank);
                assert_eq!(refused, blank, "{c:?}");
            }
        }
    }
}
