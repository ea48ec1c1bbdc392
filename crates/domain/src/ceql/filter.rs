//! Filters: what to select, with every name resolved and every value typed.
//!
//! It must not know how a store selects; see [`Filter::matches`] for what is to be selected.

use super::{
    error::CeqlError,
    expr::Expr,
    field::{Field, Kind},
    fold::fold,
    pattern::Pattern,
    resolve,
    value::{Comparison, Value},
};

/// A condition on records whose fields are `F`.
///
/// There are two truth values. Every condition on an absent value is false, the negated ones included; only `IS NULL`
/// holds. [`Filter::Not`] is the plain opposite, so `NOT (name = 'x')` selects the records without a name. Where a
/// field has several values, any of them satisfies a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter<F> {
    /// Every record.
    All,
    /// No record.
    Nothing,
    /// Records that all of these select; every record if there are none.
    And(Vec<Filter<F>>),
    /// Records that at least one of these selects; no record if there are none.
    Or(Vec<Filter<F>>),
    /// Records that this one does not select.
    Not(Box<Filter<F>>),
    /// Records with a value that compares in this way.
    Compare {
        /// The field.
        field: F,
        /// How the record's value compares with this one.
        op: Comparison,
        /// The value; of the type of the field.
        value: Value,
    },
    /// Records with a text that fits the pattern, ignoring case.
    Like {
        /// The field.
        field: F,
        /// The pattern.
        pattern: Pattern,
        /// Whether the text must not fit instead.
        negated: bool,
    },
    /// Records with a value that is among these.
    In {
        /// The field.
        field: F,
        /// The values; of the type of the field.
        values: Vec<Value>,
        /// Whether the value must not be among these instead.
        negated: bool,
    },
    /// Records without a value.
    IsNull {
        /// The field.
        field: F,
        /// Whether there must be a value instead.
        negated: bool,
    },
}

impl<F: Field> Filter<F> {
    /// Reads a filter from the text of a `where` parameter.
    pub fn parse(text: &str) -> Result<Self, CeqlError> {
        Self::resolve(&Expr::parse(text)?)
    }

    /// Gives meaning to an expression: finds the fields, types the values, turns days into half-open ranges of instants.
    pub fn resolve(expr: &Expr) -> Result<Self, CeqlError> {
        resolve::resolve(expr)
    }

    /// Records whose value equals this one.
    pub fn equals(field: F, value: impl Into<Value>) -> Self {
        Self::compare(field, Comparison::Equal, value)
    }

    /// Records whose value compares with this one in this way. Text is folded if the field asks for it.
    pub fn compare(field: F, op: Comparison, value: impl Into<Value>) -> Self {
        let value = match (field.kind(), value.into()) {
            (Kind::FoldedText, Value::Text(text)) => Value::Text(fold(&text)),
            (_, value) => value,
        };
        Self::Compare { field, op, value }
    }

    /// Records that both filters select.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, only) | (only, Self::All) => only,
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (left, right) => {
                let mut parts = left.into_conjunction();
                parts.extend(right.into_conjunction());
                Self::And(parts)
            }
        }
    }

    /// Whether the filter has a condition on this field.
    pub fn mentions(&self, field: F) -> bool {
        match self {
            Self::All | Self::Nothing => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(field)),
            Self::Not(inner) => inner.mentions(field),
            Self::Compare { field: own, .. }
            | Self::Like { field: own, .. }
            | Self::In { field: own, .. }
            | Self::IsNull { field: own, .. } => *own == field,
        }
    }

    fn into_conjunction(self) -> Vec<Self> {
        match self {
            Self::And(parts) => parts,
            other => vec![other],
        }
    }
}
