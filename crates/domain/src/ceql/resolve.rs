//! From expressions to filters: finds the field of each name and the value of each literal.
//!
//! It must not know what a filter selects.

use super::{
    date::{self, Moment},
    error::{CeqlError, ErrorKind, excerpt},
    expr::{Expr, FieldName, Literal, LiteralValue},
    field::{Field, Kind, look_up},
    filter::Filter,
    fold::fold,
    pattern::Pattern,
    value::{Comparison, Value},
};
use time::{Date, OffsetDateTime};

pub(super) fn resolve<F: Field>(expr: &Expr) -> Result<Filter<F>, CeqlError> {
    match expr {
        Expr::And(parts) => Ok(Filter::And(
            parts.iter().map(resolve).collect::<Result<_, _>>()?,
        )),
        Expr::Or(parts) => Ok(Filter::Or(
            parts.iter().map(resolve).collect::<Result<_, _>>()?,
        )),
        Expr::Not(inner) => Ok(Filter::Not(Box::new(resolve(inner)?))),
        Expr::Compare { field, op, value } => compare(field, *op, value),
        Expr::Like {
            field,
            pattern,
            negated,
        } => like(field, pattern, *negated),
        Expr::In {
            field,
            values,
            negated,
        } => list(look_up(field)?, values, *negated),
        Expr::IsNull { field, negated } => Ok(Filter::IsNull {
            field: look_up(field)?,
            negated: *negated,
        }),
    }
}

fn compare<F: Field>(
    name: &FieldName,
    op: Comparison,
    literal: &Literal,
) -> Result<Filter<F>, CeqlError> {
    let field: F = look_up(name)?;
    if field.kind() == Kind::Boolean && !op.is_equality() {
        let kind = ErrorKind::NoOrder {
            field: field.name(),
        };
        return Err(CeqlError::new(kind, name.span.start).advise("use = or !="));
    }
    Ok(match typed(field, literal)? {
        Typed::Value(value) => Filter::Compare { field, op, value },
        Typed::Day(day) => compare_day(field, op, day),
    })
}

fn like<F: Field>(
    name: &FieldName,
    pattern: &Literal,
    negated: bool,
) -> Result<Filter<F>, CeqlError> {
    let field: F = look_up(name)?;
    if !field.kind().is_text() {
        let kind = ErrorKind::NotText {
            field: field.name(),
            kind: field.kind(),
        };
        return Err(CeqlError::new(kind, name.span.start));
    }
    let LiteralValue::Text(text) = &pattern.value else {
        return Err(wrong_type(
            field,
            pattern,
            format!("write '{}'", bare(pattern)),
        ));
    };
    // The column inside of the pattern is of no use to somebody who looks at the whole text.
    let pattern = Pattern::parse(text).map_err(|error| error.at(pattern.span.start))?;
    Ok(Filter::Like {
        field,
        pattern,
        negated,
    })
}

/// A day in a list is a range, so a list with days becomes several conditions.
fn list<F: Field>(field: F, literals: &[Literal], negated: bool) -> Result<Filter<F>, CeqlError> {
    let mut values = Vec::with_capacity(literals.len());
    let mut parts = Vec::new();
    for literal in literals {
        match typed(field, literal)? {
            Typed::Value(value) => values.push(value),
            Typed::Day(day) => {
                let op = if negated {
                    Comparison::NotEqual
                } else {
                    Comparison::Equal
                };
                parts.push(compare_day(field, op, day));
            }
        }
    }
    if parts.is_empty() {
        return Ok(Filter::In {
            field,
            values,
            negated,
        });
    }
    if !values.is_empty() {
        parts.insert(
            0,
            Filter::In {
                field,
                values,
                negated,
            },
        );
    }
    Ok(if negated {
        Filter::And(parts)
    } else {
        Filter::Or(parts)
    })
}

/// What a literal means to a field.
enum Typed {
    Value(Value),
    Day(Date),
}

fn typed<F: Field>(field: F, literal: &Literal) -> Result<Typed, CeqlError> {
    let value = match field.kind() {
        Kind::Text => Value::Text(text(field, literal)?.to_owned()),
        Kind::FoldedText => Value::Text(fold(text(field, literal)?)),
        Kind::Integer => Value::Integer(integer(field, literal)?),
        Kind::Boolean => Value::Boolean(boolean(field, literal)?),
        Kind::Instant => match moment(field, literal)? {
            Moment::Day(day) => return Ok(Typed::Day(day)),
            Moment::Instant(instant) => Value::Instant(instant),
        },
    };
    Ok(Typed::Value(value))
}

fn text<F: Field>(field: F, literal: &Literal) -> Result<&str, CeqlError> {
    match &literal.value {
        LiteralValue::Text(text) => Ok(text),
        _ => Err(wrong_type(
            field,
            literal,
            format!("write '{}'", bare(literal)),
        )),
    }
}

fn integer<F: Field>(field: F, literal: &Literal) -> Result<i64, CeqlError> {
    match &literal.value {
        LiteralValue::Number(digits) if !digits.contains('.') => digits.parse().map_err(|_| {
            let kind = ErrorKind::OutOfRange {
                field: field.name(),
                found: excerpt(digits),
            };
            CeqlError::new(kind, literal.span.start)
        }),
        LiteralValue::Text(text) if text.len() < 20 && text.parse::<i64>().is_ok() => Err(
            wrong_type(field, literal, format!("write {text} without quotes")),
        ),
        _ => Err(wrong_type(
            field,
            literal,
            "write a whole number without quotes".to_owned(),
        )),
    }
}

fn boolean<F: Field>(field: F, literal: &Literal) -> Result<bool, CeqlError> {
    match &literal.value {
        LiteralValue::Boolean(truth) => Ok(*truth),
        LiteralValue::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        LiteralValue::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong_type(field, literal, "write true or false".to_owned())),
    }
}

fn moment<F: Field>(field: F, literal: &Literal) -> Result<Moment, CeqlError> {
    let (LiteralValue::Text(text) | LiteralValue::Date(text)) = &literal.value else {
        return Err(wrong_type(
            field,
            literal,
            "write '2017-01-15' or '2017-01-15T13:30:00Z'".to_owned(),
        ));
    };
    date::parse(text).map_err(|advice| {
        let kind = ErrorKind::MalformedDate {
            found: excerpt(text),
        };
        CeqlError::new(kind, literal.span.start).advise(advice)
    })
}

/// Compares with a UTC day as a whole: before it, in it or after it. The last day of the calendar has no next one, and
/// nothing is after it.
fn compare_day<F: Field>(field: F, op: Comparison, day: Date) -> Filter<F> {
    let compare = |op: Comparison, instant: OffsetDateTime| Filter::Compare {
        field,
        op,
        value: Value::Instant(instant),
    };
    let start = day.midnight().assume_utc();
    let end = day
        .next_day()
        .filter(|next| next.year() <= 9999)
        .map(|next| next.midnight().assume_utc());
    let from_start = compare(Comparison::GreaterOrEqual, start);
    let before_start = compare(Comparison::Less, start);
    match (op, end) {
        (Comparison::Less, _) | (Comparison::NotEqual, None) => before_start,
        (Comparison::GreaterOrEqual, _) | (Comparison::Equal, None) => from_start,
        (Comparison::Equal, Some(end)) => {
            Filter::And(vec![from_start, compare(Comparison::Less, end)])
        }
        (Comparison::NotEqual, Some(end)) => {
            Filter::Or(vec![before_start, compare(Comparison::GreaterOrEqual, end)])
        }
        (Comparison::LessOrEqual, Some(end)) => compare(Comparison::Less, end),
        (Comparison::LessOrEqual, None) => Filter::IsNull {
            field,
            negated: true,
        },
        (Comparison::Greater, Some(end)) => compare(Comparison::GreaterOrEqual, end),
        (Comparison::Greater, None) => Filter::Nothing,
    }
}

fn wrong_type<F: Field>(field: F, literal: &Literal, advice: String) -> CeqlError {
    let found = match &literal.value {
        LiteralValue::Text(text) => excerpt(text),
        _ => bare(literal),
    };
    let kind = ErrorKind::WrongType {
        field: field.name(),
        kind: field.kind(),
        found,
    };
    CeqlError::new(kind, literal.span.start).advise(advice)
}

/// A literal without quotes, cut to a length that a message bears.
fn bare(literal: &Literal) -> String {
    excerpt(&literal.to_string()).trim_matches('\'').to_owned()
}
