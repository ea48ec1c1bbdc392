//! Filters without `NOT`, for translation into languages that have three truth values.
//!
//! It must not know any such language.

use super::{
    field::Field,
    filter::Filter,
    pattern::Pattern,
    value::{Comparison, Value},
};

/// A filter in which no negation is left above a condition, nothing is nested in its like, and constants stand alone.
///
/// As there is no negation left, a translation may let a condition on an absent value be unknown instead of false:
/// nothing turns the unknown into a selection. Only a [denied](Leaf::denied) leaf has to name the absent value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Normal<F> {
    /// Every record.
    All,
    /// No record.
    Nothing,
    /// Records that all of these select; two or more, none of them a constant or another conjunction.
    And(Vec<Normal<F>>),
    /// Records that at least one of these selects; two or more, none of them a constant or another disjunction.
    Or(Vec<Normal<F>>),
    /// Records that satisfy one condition, or do not.
    Leaf(Leaf<F>),
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<F> {
    /// The field.
    pub field: F,
    /// What one of the field's values has to pass.
    pub test: Test,
    /// Whether the record must *not* satisfy the condition: the value is absent or fails the test. Where the field has
    /// several values, all of them fail it. Never with [`Test::IsNull`] and [`Test::IsNotNull`].
    pub denied: bool,
}

/// What a value has to pass. An absent value passes only [`Test::IsNull`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The value compares in this way.
    Compare {
        /// How it compares.
        op: Comparison,
        /// With what.
        value: Value,
    },
    /// The text, folded, fits.
    Like {
        /// The pattern.
        pattern: Pattern,
    },
    /// The text, folded, does not fit.
    NotLike {
        /// The pattern.
        pattern: Pattern,
    },
    /// The value is among these, one or more.
    In {
        /// The list.
        values: Vec<Value>,
    },
    /// The value is not among these, one or more.
    NotIn {
        /// The list.
        values: Vec<Value>,
    },
    /// There is no value.
    IsNull,
    /// There is a value.
    IsNotNull,
}

impl<F: Field> Filter<F> {
    /// The same filter with negations pushed into the conditions.
    pub fn normalized(&self) -> Normal<F> {
        normal(self, false)
    }
}

/// `denied` tells whether an odd number of negations stands above.
fn normal<F: Field>(filter: &Filter<F>, denied: bool) -> Normal<F> {
    let leaf = |field: F, test: Test| {
        Normal::Leaf(Leaf {
            field,
            test,
            denied,
        })
    };
    match filter {
        Filter::All => constant(!denied),
        Filter::Nothing => constant(denied),
        Filter::And(parts) => group(parts, denied, !denied),
        Filter::Or(parts) => group(parts, denied, denied),
        Filter::Not(inner) => normal(inner, !denied),
        Filter::Compare { field, op, value } => leaf(
            *field,
            Test::Compare {
                op: *op,
                value: value.clone(),
            },
        ),
        Filter::Like {
            field,
            pattern,
            negated: false,
        } => leaf(
            *field,
            Test::Like {
                pattern: pattern.clone(),
            },
        ),
        Filter::Like {
            field,
            pattern,
            negated: true,
        } => leaf(
            *field,
            Test::NotLike {
                pattern: pattern.clone(),
            },
        ),
        // Nothing is in an empty list, and every present value is outside of it.
        Filter::In {
            values,
            negated: false,
            ..
        } if values.is_empty() => constant(denied),
        Filter::In {
            field,
            values,
            negated: true,
        } if values.is_empty() => presence(*field, !denied),
        Filter::In {
            field,
            values,
            negated: false,
        } => leaf(
            *field,
            Test::In {
                values: values.clone(),
            },
        ),
        Filter::In {
            field,
            values,
            negated: true,
        } => leaf(
            *field,
            Test::NotIn {
                values: values.clone(),
            },
        ),
        Filter::IsNull { field, negated } => presence(*field, *negated != denied),
    }
}

fn group<F: Field>(parts: &[Filter<F>], denied: bool, conjunction: bool) -> Normal<F> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match (normal(part, denied), conjunction) {
            // One of these decides the whole group …
            (Normal::Nothing, true) | (Normal::All, false) => return constant(!conjunction),
            // … and one of those adds nothing to it.
            (Normal::All, true) | (Normal::Nothing, false) => {}
            (Normal::And(inner), true) | (Normal::Or(inner), false) => flat.extend(inner),
            (other, _) => flat.push(other),
        }
    }
    match (flat.len(), conjunction) {
        (0, _) => constant(conjunction),
        (1, _) => flat.remove(0),
        (_, true) => Normal::And(flat),
        (_, false) => Normal::Or(flat),
    }
}

fn constant<F>(truth: bool) -> Normal<F> {
    if truth { Normal::All } else { Normal::Nothing }
}

fn presence<F>(field: F, present: bool) -> Normal<F> {
    let test = if present {
        Test::IsNotNull
    } else {
        Test::IsNull
    };
    Normal::Leaf(Leaf {
        field,
        test,
        denied: false,
    })
}
