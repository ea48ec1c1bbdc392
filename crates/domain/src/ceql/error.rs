//! Why a text is no filter: what is wrong, at which column, and what was probably meant.
//!
//! It must not know how an error travels to the caller.

use super::{MAX_LENGTH, MAX_LIST, MAX_NESTING, field::Kind};
use std::fmt;
use thiserror::Error;

/// A text that is not CEQL, or that does not fit the fields it speaks of.
///
/// The message is meant for whoever wrote the text: `unknown field 'fristName' at column 1, did you mean 'firstName'?`
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} at column {column}{advice}")]
pub struct CeqlError {
    kind: ErrorKind,
    column: usize,
    advice: Advice,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no expression, only blanks or nothing.
    #[error("empty expression")]
    Empty,
    /// The text passes [`MAX_LENGTH`].
    #[error("expression longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The text passes [`MAX_NESTING`].
    #[error("more than {MAX_NESTING} nested parentheses")]
    TooDeep,
    /// A list passes [`MAX_LIST`].
    #[error("more than {MAX_LIST} values in a list")]
    ListTooLong,
    /// Something no part of the language begins with.
    #[error("unexpected {found}")]
    Unexpected {
        /// The offending characters, as shown to the reader.
        found: String,
    },
    /// A part of the language in a place where another one is due.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What is due.
        expected: &'static str,
        /// What stands there, as shown to the reader.
        found: String,
    },
    /// A text or a back-quoted name that does not end.
    #[error("missing closing {quote}")]
    Unterminated {
        /// The quote that should have come.
        quote: char,
    },
    /// A bare value that is neither a number nor a date.
    #[error("{found} is neither a number nor a date")]
    MalformedValue {
        /// The value, as shown to the reader.
        found: String,
    },
    /// A value that should be a date and is not one that exists.
    #[error("{found} is not a date")]
    MalformedDate {
        /// The value, as shown to the reader.
        found: String,
    },
    /// A pattern that ends in an escape character with nothing to escape.
    #[error("pattern ends in a single \\")]
    DanglingEscape,
    /// A name that is not a field of the resource.
    #[error("unknown field {found}")]
    UnknownField {
        /// The name, as shown to the reader.
        found: String,
    },
    /// A value that the field cannot have.
    #[error("field '{field}' takes {kind}, not {found}")]
    WrongType {
        /// The canonical name of the field.
        field: &'static str,
        /// What the field holds.
        kind: Kind,
        /// The value, as shown to the reader.
        found: String,
    },
    /// An integer that no record can hold.
    #[error("{found} is outside the range of field '{field}'")]
    OutOfRange {
        /// The canonical name of the field.
        field: &'static str,
        /// The value, as shown to the reader.
        found: String,
    },
    /// `<`, `<=`, `>` or `>=` on true and false.
    #[error("field '{field}' is true or false and has no order")]
    NoOrder {
        /// The canonical name of the field.
        field: &'static str,
    },
    /// `LIKE` on something else than text.
    #[error("LIKE compares text, but field '{field}' takes {kind}")]
    NotText {
        /// The canonical name of the field.
        field: &'static str,
        /// What the field holds.
        kind: Kind,
    },
}

impl CeqlError {
    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where it is wrong: the first character of the text is column 1.
    pub fn column(&self) -> usize {
        self.column
    }

    pub(super) fn new(kind: ErrorKind, column: usize) -> Self {
        Self {
            kind,
            column,
            advice: Advice::None,
        }
    }

    /// The same error at another place.
    pub(super) fn at(self, column: usize) -> Self {
        Self { column, ..self }
    }

    /// Adds the word that was probably meant, if there is one.
    pub(super) fn meant(self, word: Option<&str>) -> Self {
        match word {
            Some(word) => Self {
                advice: Advice::DidYouMean(word.to_owned()),
                ..self
            },
            None => self,
        }
    }

    /// Adds what to write instead, unless there is something better already.
    pub(super) fn advise(self, text: impl Into<String>) -> Self {
        match self.advice {
            Advice::None => Self {
                advice: Advice::Write(text.into()),
                ..self
            },
            _ => self,
        }
    }
}

/// Shows a piece of the text in a message: in quotes, cut to a bearable length, without control characters.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown = String::new();
    for c in text.chars().take(LONGEST) {
        if c.is_control() {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    // A text brings its own quotes; a second pair would only puzzle.
    if shown.starts_with('\'') {
        shown
    } else {
        format!("'{shown}'")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Advice {
    None,
    DidYouMean(String),
    Write(String),
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::DidYouMean(word) => write!(f, ", did you mean '{word}'?"),
            Self::Write(text) => write!(f, ": {text}"),
        }
    }
}
