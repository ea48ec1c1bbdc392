//! The canonical text of expressions and filters, which this and other implementations of the language understand.
//!
//! It must not decide what an expression means; a filter is printed by turning it back into an expression.

use super::{
    date,
    expr::{Expr, FieldName, Literal, LiteralValue},
    field::Field,
    filter::Filter,
    lexer,
    value::Value,
};
use std::fmt::{self, Write as _};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => join(f, parts, " AND ", |part| {
                matches!(part, Self::And(_) | Self::Or(_))
            }),
            Self::Or(parts) => join(f, parts, " OR ", |part| matches!(part, Self::Or(_))),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                child(
                    f,
                    inner,
                    matches!(**inner, Self::And(_) | Self::Or(_) | Self::Not(_)),
                )
            }
            Self::Compare { field, op, value } => write!(f, "{field} {op} {value}"),
            Self::Like {
                field,
                pattern,
                negated,
            } => {
                write!(f, "{field} {}LIKE {pattern}", not(*negated))
            }
            Self::In {
                field,
                values,
                negated,
            } => {
                write!(f, "{field} {}IN (", not(*negated))?;
                for (index, value) in values.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{value}")?;
                }
                f.write_char(')')
            }
            Self::IsNull { field, negated } => write!(f, "{field} IS {}NULL", not(*negated)),
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if lexer::is_plain_name(&self.text) {
            return f.write_str(&self.text);
        }
        quoted(f, &self.text, '`')
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            LiteralValue::Text(text) => quoted(f, text, '\''),
            LiteralValue::Number(text) | LiteralValue::Date(text) => f.write_str(text),
            LiteralValue::Boolean(truth) => write!(f, "{truth}"),
        }
    }
}

/// The canonical text. [`Filter::parse`] reads it as a filter that selects the same records, unless it passes the
/// limits of the language: a day is printed as the two instants that bound it, which takes more room.
///
/// [`Filter::All`] has no text of its own and prints as a condition that always holds; where no filter at all can be
/// sent, that is better.
impl<F: Field> fmt::Display for Filter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expr(self).fmt(f)
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expr],
    separator: &str,
    in_parentheses: impl Fn(&Expr) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        child(f, part, in_parentheses(part))?;
    }
    Ok(())
}

fn child(f: &mut fmt::Formatter<'_>, expr: &Expr, in_parentheses: bool) -> fmt::Result {
    if in_parentheses {
        write!(f, "({expr})")
    } else {
        write!(f, "{expr}")
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for c in text.chars() {
        if c == quote {
            f.write_char(quote)?;
        }
        f.write_char(c)?;
    }
    f.write_char(quote)
}

fn expr<F: Field>(filter: &Filter<F>) -> Expr {
    match filter {
        Filter::All => constant::<F>(true),
        Filter::Nothing => constant::<F>(false),
        Filter::And(parts) => group(parts, true),
        Filter::Or(parts) => group(parts, false),
        Filter::Not(inner) => Expr::Not(Box::new(expr(inner))),
        Filter::Compare { field, op, value } => Expr::Compare {
            field: field.name().into(),
            op: *op,
            value: literal(value),
        },
        Filter::Like {
            field,
            pattern,
            negated,
        } => Expr::Like {
            field: field.name().into(),
            pattern: LiteralValue::Text(pattern.escaped('\\')).into(),
            negated: *negated,
        },
        // The language has no empty list: nothing is in it, and every present value is outside.
        Filter::In {
            values,
            negated: false,
            ..
        } if values.is_empty() => constant::<F>(false),
        Filter::In {
            field,
            values,
            negated: true,
        } if values.is_empty() => Expr::IsNull {
            field: field.name().into(),
            negated: true,
        },
        Filter::In {
            field,
            values,
            negated,
        } => Expr::In {
            field: field.name().into(),
            values: values.iter().map(literal).collect(),
            negated: *negated,
        },
        Filter::IsNull { field, negated } => Expr::IsNull {
            field: field.name().into(),
            negated: *negated,
        },
    }
}

/// Parts of the same operator are taken apart: that saves parentheses, of which a reader takes only so many.
fn group<F: Field>(parts: &[Filter<F>], conjunction: bool) -> Expr {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match (expr(part), conjunction) {
            (Expr::And(inner), true) | (Expr::Or(inner), false) => flat.extend(inner),
            (other, _) => flat.push(other),
        }
    }
    match (flat.len(), conjunction) {
        (0, _) => constant::<F>(conjunction),
        (1, _) => flat.remove(0),
        (_, true) => Expr::And(flat),
        (_, false) => Expr::Or(flat),
    }
}

/// The language has no constants, but a value is either absent or not. The choice of the field does not matter.
fn constant<F: Field>(truth: bool) -> Expr {
    let name = F::ALL.first().map_or("id", |field| field.name());
    let sides = [false, true]
        .map(|negated| Expr::IsNull {
            field: name.into(),
            negated,
        })
        .to_vec();
    if truth {
        Expr::Or(sides)
    } else {
        Expr::And(sides)
    }
}

fn literal(value: &Value) -> Literal {
    Literal::from(match value {
        Value::Text(text) => LiteralValue::Text(text.clone()),
        Value::Integer(number) => LiteralValue::Number(number.to_string()),
        Value::Boolean(truth) => LiteralValue::Boolean(*truth),
        Value::Instant(instant) => LiteralValue::Text(date::print(*instant)),
    })
}
