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
/// Several values that one field may equal, side by side, are one list: a store looks it up at once.
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
    let mut flat = listed(flat, conjunction);
    match (flat.len(), conjunction) {
        (0, _) => constant(conjunction),
        (1, _) => flat.remove(0),
        (_, true) => Normal::And(flat),
        (_, false) => Normal::Or(flat),
    }
}

/// Makes one list of the equalities that a group asks of one field. `a = 1 OR a = 2` is `a IN (1, 2)`, and so is its
/// opposite, `NOT a = 1 AND NOT a = 2`, the opposite of the list.
fn listed<F: Field>(parts: Vec<Normal<F>>, conjunction: bool) -> Vec<Normal<F>> {
    let mut listed: Vec<Normal<F>> = Vec::with_capacity(parts.len());
    for part in parts {
        let place = equality(&part, conjunction).and_then(|field| {
            listed
                .iter()
                .position(|other| equality(other, conjunction) == Some(field))
        });
        match (place.and_then(|place| listed.get_mut(place)), part) {
            (Some(Normal::Leaf(list)), Normal::Leaf(leaf)) => list.test.extend(leaf.test),
            (_, part) => listed.push(part),
        }
    }
    listed
}

/// The field that the part asks to equal something, in the way that groups of this kind can list.
fn equality<F: Field>(part: &Normal<F>, conjunction: bool) -> Option<F> {
    match part {
        Normal::Leaf(leaf) if leaf.denied == conjunction => matches!(
            leaf.test,
            Test::In { .. }
                | Test::Compare {
                    op: Comparison::Equal,
                    ..
                }
        )
        .then_some(leaf.field),
        _ => None,
    }
}

impl Test {
    /// Lets another equality in; both are `In`, or `Compare` with `=`.
    fn extend(&mut self, other: Self) {
        let mut values = std::mem::replace(self, Self::IsNull).into_values();
        values.extend(other.into_values());
        *self = Self::In { values };
    }

    fn into_values(self) -> Vec<Value> {
        match self {
            Self::In { values } | Self::NotIn { values } => values,
            Self::Compare { value, .. } => vec![value],
            Self::Like { .. } | Self::NotLike { .. } | Self::IsNull | Self::IsNotNull => Vec::new(),
        }
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
