//! Short texts that people type: names, addresses, telephone numbers.

use std::fmt;

/// A text of at most 255 characters that every store can keep: no control character but the tab.
///
/// The tab is let through because the legacy platform has it inside names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Longest text, in characters.
    pub const MAX_LENGTH: usize = 255;

    /// Checks length and characters.
    ///
    /// # Errors
    /// A fragment fit for "city …" that says what is wrong.
    pub fn parse(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if has_control(&text) {
            return Err(TextError::Control);
        }
        // There are never more characters than bytes.
        if text.len() > Self::MAX_LENGTH && text.chars().count() > Self::MAX_LENGTH {
            return Err(TextError::TooLong);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether there is a control character other than the tab.
fn has_control(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|c| c.is_ascii_control() && c != b'\t');
    }
    text.chars().any(|c| c.is_control() && c != '\t')
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A [`Text`] with at least one character that is not white space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Text);

impl Name {
    /// Checks length and characters, and that there is something to see.
    ///
    /// # Errors
    /// A fragment fit for "firstName …" that says what is wrong.
    pub fn parse(text: impl Into<String>) -> Result<Self, TextError> {
        let text = Text::parse(text)?;
        if text.as_str().trim().is_empty() {
            return Err(TextError::Blank);
        }
        Ok(Self(text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Every name is a text.
impl From<Name> for Text {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than [`Text::MAX_LENGTH`].
    #[error("must have at most 255 characters")]
    TooLong,
    /// A control character other than the tab.
    #[error("must not contain control characters")]
    Control,
    /// Nothing but white space.
    #[error("must not be empty")]
    Blank,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_accepted_or_refused_with_the_reason() {
        let (longest, too_long) = ("ä".repeat(255), "ä".repeat(256));
        for (text, as_text, as_name) in [
            ("Frodo", Ok(()), Ok(())),
            ("Frodo\tBaggins", Ok(()), Ok(())),
            ("", Ok(()), Err(TextError::Blank)),
            (" \t", Ok(()), Err(TextError::Blank)),
            ("a\0b", Err(TextError::Control), Err(TextError::Control)),
            ("a\nb", Err(TextError::Control), Err(TextError::Control)),
            (&longest, Ok(()), Ok(())),
            (&too_long, Err(TextError::TooLong), Err(TextError::TooLong)),
        ] {
            assert_eq!(Text::parse(text).map(|_| ()), as_text, "{text:?}");
            assert_eq!(Name::parse(text).map(|_| ()), as_name, "{text:?}");
        }
    }

    #[test]
    fn a_character_is_refused_or_not_whatever_stands_beside_it() {
        for c in '\0'..=char::MAX {
            let refused = c.is_control() && c != '\t';
            for text in [format!("{c}"), format!("{c}ä")] {
                assert_eq!(Text::parse(text).is_err(), refused, "{c:?}");
            }
        }
    }
}
