//! The syntax tree: what was written and where. It must not know which fields there are.

use super::{error::CeqlError, parser, value::Comparison};

/// What an expression says, before anybody asks whether its fields exist.
///
/// Equality looks at the content, not at the place where it stood. `Display` prints the canonical text, and parsing
/// that text gives an equal tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of them; two or more.
    And(Vec<Expr>),
    /// At least one of them; two or more.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// `field = value` and its like.
    Compare {
        /// The left side.
        field: FieldName,
        /// The operator.
        op: Comparison,
        /// The right side.
        value: Literal,
    },
    /// `field LIKE 'pattern'`.
    Like {
        /// The left side.
        field: FieldName,
        /// The pattern as written, escapes and all; always [`LiteralValue::Text`] if it was parsed.
        pattern: Literal,
        /// Whether it is `NOT LIKE`.
        negated: bool,
    },
    /// `field IN (value, …)`.
    In {
        /// The left side.
        field: FieldName,
        /// The list; one or more.
        values: Vec<Literal>,
        /// Whether it is `NOT IN`.
        negated: bool,
    },
    /// `field IS NULL`.
    IsNull {
        /// The left side.
        field: FieldName,
        /// Whether it is `IS NOT NULL`.
        negated: bool,
    },
}

/// The name of a field, without back-quotes.
#[derive(Debug, Clone, Eq)]
pub struct FieldName {
    /// The name as written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A value as written.
#[derive(Debug, Clone, Eq)]
pub struct Literal {
    /// What it says.
    pub value: LiteralValue,
    /// Where it stands.
    pub span: Span,
}

/// What a literal says. The field decides what it means: a quoted text may be a date or a truth value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralValue {
    /// `'O''Hara'`, here without quotes and with single ones inside.
    Text(String),
    /// `-12` or `1.5`, as written.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A bare ISO 8601 day or instant, as written.
    Date(String),
}

/// A piece of the text, counted in characters from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// The column of the first character.
    pub start: usize,
    /// The column after the last character.
    pub end: usize,
}

impl Expr {
    /// Reads an expression. It takes time in proportion to the text, and stack in proportion to
    /// [`MAX_NESTING`](super::MAX_NESTING).
    pub fn parse(text: &str) -> Result<Self, CeqlError> {
        parser::parse(text)
    }
}

impl PartialEq for FieldName {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl From<&str> for FieldName {
    /// A name that stands nowhere, for trees that are built rather than parsed.
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            span: Span::default(),
        }
    }
}

impl From<LiteralValue> for Literal {
    /// A value that stands nowhere, for trees that are built rather than parsed.
    fn from(value: LiteralValue) -> Self {
        Self {
            value,
            span: Span::default(),
        }
    }
}
