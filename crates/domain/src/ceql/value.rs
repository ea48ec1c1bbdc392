//! Values on both sides of a comparison, and the comparisons. It must not know which field a value belongs to.

use std::{borrow::Cow, cmp::Ordering, fmt};
use time::OffsetDateTime;

/// A typed value in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text; for a field of [`Kind::FoldedText`](super::Kind::FoldedText) already folded.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A point in time; in UTC if it was parsed.
    Instant(OffsetDateTime),
}

/// A typed value in a record, borrowed where that is possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// Text; owned where the record computes it, such as a full name.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Instant(OffsetDateTime),
}

/// What a record has in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values<'a> {
    /// The value is absent.
    None,
    /// The usual case.
    One(ValueRef<'a>),
    /// A field that [is many](super::Field::is_many); an empty list is an absent value.
    Many(Vec<ValueRef<'a>>),
}

/// How a value is compared with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`, also written `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Every comparison.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    /// The canonical spelling.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether the comparison asks only if two values are the same, not which one comes first.
    pub fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// Whether the comparison holds for values that stand in this order.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl ValueRef<'_> {
    /// The order of a record's value and a filter's: text by code point, instants on the time line; `None` for values
    /// of different types.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            // The bytes of UTF-8 sort as the code points do.
            (Self::Text(left), Value::Text(right)) => Some(left.as_ref().cmp(right.as_str())),
            (Self::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
            (Self::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
            (Self::Instant(left), Value::Instant(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }
}

impl<'a> Values<'a> {
    /// The values there are.
    pub fn as_slice(&self) -> &[ValueRef<'a>] {
        match self {
            Self::None => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<OffsetDateTime> for Value {
    fn from(instant: OffsetDateTime) -> Self {
        Self::Instant(instant)
    }
}

impl<'a> From<&'a str> for ValueRef<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for ValueRef<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for ValueRef<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for ValueRef<'_> {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<OffsetDateTime> for ValueRef<'_> {
    fn from(instant: OffsetDateTime) -> Self {
        Self::Instant(instant)
    }
}

impl<'a, V: Into<ValueRef<'a>>> From<V> for Values<'a> {
    fn from(value: V) -> Self {
        Self::One(value.into())
    }
}

impl<'a, V: Into<ValueRef<'a>>> From<Option<V>> for Values<'a> {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::None, |value| Self::One(value.into()))
    }
}

impl<'a, V: Into<ValueRef<'a>>> FromIterator<V> for Values<'a> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Self::Many(values.into_iter().map(Into::into).collect())
    }
}
