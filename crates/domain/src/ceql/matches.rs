//! What a filter selects. This is the specification: every other translation of filters has to agree with it.
//!
//! It must not know any record.

use super::{
    field::{Field, Kind},
    filter::Filter,
    fold::fold,
    value::{Value, ValueRef, Values},
};
use std::{borrow::Cow, cmp::Ordering};

/// Something that can be selected by a filter over the fields `F`.
pub trait Record<F> {
    /// What the record has in a field, of the type that the field says. [`Values::None`] where the value is absent.
    fn values(&self, field: F) -> Values<'_>;
}

impl<F: Field> Filter<F> {
    /// Whether the filter selects the record.
    pub fn matches<R: Record<F> + ?Sized>(&self, record: &R) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::And(parts) => parts.iter().all(|part| part.matches(record)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(record)),
            Self::Not(inner) => !inner.matches(record),
            Self::Compare { field, op, value } => any(record, *field, |own| {
                order(*field, own, value).is_some_and(|ordering| op.holds(ordering))
            }),
            Self::Like {
                field,
                pattern,
                negated,
            } => any(record, *field, |own| match own {
                ValueRef::Text(text) => pattern.matches(&fold(text)) != *negated,
                _ => false,
            }),
            Self::In {
                field,
                values,
                negated,
            } => any(record, *field, |own| {
                let among = values
                    .iter()
                    .any(|value| order(*field, own, value).is_some_and(Ordering::is_eq));
                among != *negated
            }),
            Self::IsNull { field, negated } => {
                record.values(*field).as_slice().is_empty() != *negated
            }
        }
    }
}

fn any<F, R: Record<F> + ?Sized>(
    record: &R,
    field: F,
    holds: impl Fn(&ValueRef<'_>) -> bool,
) -> bool {
    record.values(field).as_slice().iter().any(holds)
}

/// Compares by the rules of the field. Both sides of a folded field are folded here too, whoever forgot it before.
fn order<F: Field>(field: F, own: &ValueRef<'_>, value: &Value) -> Option<Ordering> {
    match (field.kind(), own, value) {
        (Kind::FoldedText, ValueRef::Text(own), Value::Text(value)) => {
            ValueRef::Text(Cow::Owned(fold(own))).order(&Value::Text(fold(value)))
        }
        _ => own.order(value),
    }
}
