//! Page tokens: where in an order a page ended, bound to the query they came from.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;

use super::{Direction, Listed, Sort};
use crate::{
    Scope,
    ceql::{Comparison, Filter, Kind, Record, Value, ValueRef, Values},
};

/// An opaque page token. Stores make it of a [`Keyset`]; a remote adapter carries the remote's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The token with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, safe in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The place in an order behind one record: its values of the sort keys, the last of which is its id.
///
/// The token holds a fingerprint of scope, filter and order, and a checksum, so a damaged token and one of another query
/// are refused. Neither is a secret: whoever forges a token reaches another place in a list that is open to him anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyset {
    values: Vec<Option<Value>>,
}

impl Keyset {
    /// The place behind `record`.
    pub fn of<F: Listed, R: Record<F>>(sort: &Sort<F>, record: &R) -> Self {
        let value = |field: F| match record.values(field) {
            Values::One(value) => Some(owned(value)),
            Values::None | Values::Many(_) => None,
        };
        Self {
            values: sort.keys().iter().map(|(field, _)| value(*field)).collect(),
        }
    }

    /// The token for this place in the list that `scope`, `filter` and `sort` make.
    pub fn cursor<F: Listed>(&self, scope: &Scope, filter: &Filter<F>, sort: &Sort<F>) -> Cursor {
        let mut payload = fingerprint(scope, filter, sort).to_be_bytes().to_vec();
        for value in &self.values {
            encode(value.as_ref(), &mut payload);
        }
        let mut token = fnv1a(&payload).to_be_bytes().to_vec();
        token.append(&mut payload);
        Cursor(URL_SAFE_NO_PAD.encode(token))
    }

    /// The place that `cursor` means in the list that `scope`, `filter` and `sort` make; `None` if it is damaged or
    /// belongs to another list.
    pub fn parse<F: Listed>(
        cursor: &Cursor,
        scope: &Scope,
        filter: &Filter<F>,
        sort: &Sort<F>,
    ) -> Option<Self> {
        let token = URL_SAFE_NO_PAD.decode(cursor.as_str()).ok()?;
        let (checksum, payload) = token.split_first_chunk::<8>()?;
        if fnv1a(payload) != u64::from_be_bytes(*checksum) {
            return None;
        }
        let (found, mut rest) = payload.split_first_chunk::<8>()?;
        if u64::from_be_bytes(*found) != fingerprint(scope, filter, sort) {
            return None;
        }
        let values = sort
            .keys()
            .iter()
            .map(|_| decode(&mut rest))
            .collect::<Option<Vec<_>>>()?;
        let kinds_fit = sort.keys().iter().zip(&values).all(|((field, _), value)| {
            value.as_ref().is_none_or(|value| fits(value, field.kind()))
        });
        let id_present = values.last().is_some_and(Option::is_some);
        (rest.is_empty() && kinds_fit && id_present).then_some(Self { values })
    }

    /// What lies behind this place, as a filter: adapters that translate filters need nothing else to page.
    pub fn filter<F: Listed>(&self, sort: &Sort<F>) -> Filter<F> {
        let mut alternatives = Vec::new();
        let mut ties: Vec<Filter<F>> = Vec::new();
        for ((field, direction), value) in sort.keys().iter().zip(&self.values) {
            let mut terms = ties.clone();
            terms.push(beyond(*field, *direction, value.as_ref()));
            alternatives.push(Filter::And(terms));
            ties.push(match value {
                Some(value) => Filter::compare(*field, Comparison::Equal, value.clone()),
                None => Filter::IsNull {
                    field: *field,
                    negated: false,
                },
            });
        }
        let behind = if alternatives.len() == 1 {
            alternatives.remove(0)
        } else {
            Filter::Or(alternatives)
        };
        // The first key bounds all alternatives; said aloud, it lets an index start there instead of at the beginning.
        match (sort.keys().first(), self.values.first()) {
            (Some((field, Direction::Ascending)), Some(Some(value))) if self.values.len() > 1 => {
                Filter::compare(*field, Comparison::GreaterOrEqual, value.clone()).and(behind)
            }
            _ => behind,
        }
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Text(text) => Value::Text(text.into_owned()),
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Boolean(truth) => Value::Boolean(truth),
        ValueRef::Instant(instant) => Value::Instant(instant),
    }
}

fn fits(value: &Value, kind: Kind) -> bool {
    match value {
        Value::Text(_) => matches!(kind, Kind::Text | Kind::FoldedText),
        Value::Integer(_) => kind == Kind::Integer,
        Value::Boolean(_) => kind == Kind::Boolean,
        Value::Instant(_) => kind == Kind::Instant,
    }
}

fn beyond<F: Listed>(field: F, direction: Direction, value: Option<&Value>) -> Filter<F> {
    match (direction, value) {
        (Direction::Ascending, Some(value)) => {
            Filter::compare(field, Comparison::Greater, value.clone())
        }
        (Direction::Ascending, None) => Filter::IsNull {
            field,
            negated: true,
        },
        (Direction::Descending, None) => Filter::Nothing,
        (Direction::Descending, Some(value)) if field == F::ID => {
            Filter::compare(field, Comparison::Less, value.clone())
        }
        (Direction::Descending, Some(value)) => Filter::Or(vec![
            Filter::compare(field, Comparison::Less, value.clone()),
            Filter::IsNull {
                field,
                negated: false,
            },
        ]),
    }
}

fn fingerprint<F: Listed>(scope: &Scope, filter: &Filter<F>, sort: &Sort<F>) -> u64 {
    fnv1a(format!("{scope:?}\n{filter}\n{sort}").as_bytes())
}

/// FNV-1a, 64 bits: the standard library's hashers may change between releases, and tokens outlive a restart.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn encode(value: Option<&Value>, into: &mut Vec<u8>) {
    match value {
        None => into.push(0),
        Some(Value::Text(text)) => {
            into.push(1);
            into.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            into.extend(text.as_bytes());
        }
        Some(Value::Integer(number)) => {
            into.push(2);
            into.extend(number.to_be_bytes());
        }
        Some(Value::Boolean(truth)) => into.extend([3, u8::from(*truth)]),
        Some(Value::Instant(instant)) => {
            into.push(4);
            into.extend(instant.unix_timestamp_nanos().to_be_bytes());
        }
    }
}

#[expect(
    clippy::option_option,
    reason = "the outer one says damaged, the inner one absent"
)]
fn decode(from: &mut &[u8]) -> Option<Option<Value>> {
    let (tag, rest) = from.split_first()?;
    *from = rest;
    let value = match tag {
        0 => return Some(None),
        1 => {
            let length = usize::try_from(u32::from_be_bytes(*take(from)?)).ok()?;
            let (text, rest) = from.split_at_checked(length)?;
            *from = rest;
            Value::Text(std::str::from_utf8(text).ok()?.to_owned())
        }
        2 => Value::Integer(i64::from_be_bytes(*take(from)?)),
        3 => match take::<1>(from)? {
            [0] => Value::Boolean(false),
            [1] => Value::Boolean(true),
            _ => return None,
        },
        4 => {
            let nanoseconds = i128::from_be_bytes(*take(from)?);
            Value::Instant(OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?)
        }
        _ => return None,
    };
    Some(Some(value))
}

fn take<'a, const N: usize>(from: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (chunk, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(chunk)
}
