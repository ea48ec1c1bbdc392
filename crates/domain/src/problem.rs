//! One thing wrong with what a caller sent.

use std::fmt;

/// A field or parameter and what is wrong with it. A reply lists all of them, never just the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field or parameter as the caller wrote it, for example `firstName` or `roles[0].key`.
    pub field: String,
    /// What is wrong and how to mend it; a fragment that follows the field's name, for example `is required`.
    pub message: String,
}

impl Problem {
    /// `field` and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self {
            field: field.into(),
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message)
    }
}
