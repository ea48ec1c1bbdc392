//! What CEQL has to know about the fields of a resource. It must not know any resource.

use super::{
    error::{CeqlError, ErrorKind, excerpt},
    expr::FieldName,
    nearest::nearest,
};
use std::{fmt, hash::Hash};

/// The fields of one resource that a filter may name, usually an enum.
pub trait Field: Copy + Eq + Hash + fmt::Debug + Send + Sync + 'static {
    /// Every field, once.
    const ALL: &'static [Self];

    /// The name as the platform spells it.
    fn name(self) -> &'static str;

    /// Other names that are understood and never printed.
    fn aliases(self) -> &'static [&'static str] {
        &[]
    }

    /// What the field holds.
    fn kind(self) -> Kind;

    /// Whether one record can have several values, such as the instances of a user. Any of them satisfies a condition.
    ///
    /// Not for [`Kind::Instant`]: a day becomes two conditions, which two different values could satisfy.
    fn is_many(self) -> bool {
        false
    }
}

/// What a field holds, and so how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text; `=` is exact.
    Text,
    /// Text that is compared ignoring case everywhere, such as an e-mail address.
    FoldedText,
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// A point in time.
    Instant,
}

impl Kind {
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::FoldedText)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text | Self::FoldedText => "text",
            Self::Integer => "an integer",
            Self::Boolean => "true or false",
            Self::Instant => "a date",
        })
    }
}

/// Finds the field of a name. Case counts, as everywhere on the platform; the message offers the right spelling.
pub(super) fn look_up<F: Field>(name: &FieldName) -> Result<F, CeqlError> {
    let found = spellings::<F>().find(|(spelling, _)| *spelling == name.text);
    if let Some((_, field)) = found {
        return Ok(field);
    }
    let meant = nearest(&name.text, spellings::<F>().map(|(spelling, _)| spelling));
    let kind = ErrorKind::UnknownField {
        found: excerpt(&name.text),
    };
    Err(CeqlError::new(kind, name.span.start).meant(meant))
}

/// Every name of every field, canonical ones first so that they are the ones offered.
fn spellings<F: Field>() -> impl Iterator<Item = (&'static str, F)> {
    let canonical = F::ALL.iter().map(|field| (field.name(), *field));
    let others = F::ALL
        .iter()
        .flat_map(|field| field.aliases().iter().map(|alias| (*alias, *field)));
    canonical.chain(others)
}
