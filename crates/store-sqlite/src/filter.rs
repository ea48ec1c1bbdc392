//! CEQL filters as SQL conditions, and the SQL functions that they need. It must not know any resource.

use std::sync::Arc;

use rusqlite::{Connection, functions::FunctionFlags, types::Value as Bound};
use tenantry_domain::{
    ceql::{Comparison, Filter, Kind, Leaf, Normal, Pattern, Test, Value, fold},
    ports::BoxError,
};

use crate::{
    instant::{is_whole, to_micros},
    selectable::{Column, Selectable},
    sql::Sql,
    trigrams,
};

/// So many conditions on rows beside a row have a query each, which ends at the first row that it finds.
const FEW: usize = 3;

/// Writes the condition that `filter` selects a row.
pub(crate) fn condition<F: Selectable>(filter: &Filter<F>, sql: &mut Sql) {
    normal(&filter.normalized(), View::Row, sql);
}

/// Gives a connection the functions that conditions and indexes call.
///
/// `LIKE` of SQLite stops at a NUL, takes some characters for others and folds only ASCII, so the domain's own matching
/// is called instead.
pub(crate) fn define_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("ceql_like", 2, flags, |context| {
        let Some(text) = context.get_raw(0).as_str_or_null()? else {
            return Ok(None);
        };
        let pattern: Arc<Pattern> = context
            .get_or_create_aux(1, |pattern| -> Result<Pattern, BoxError> {
                Ok(Pattern::parse(pattern.as_str()?)?)
            })?;
        Ok(Some(pattern.matches(text)))
    })?;
    connection.create_scalar_function("ceql_fold", 1, flags, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(fold))
    })?;
    trigrams::define_function(connection)
}

/// From where a condition is asked.
#[derive(Clone, Copy)]
enum View {
    /// From the row. A field with rows beside it takes a query of its own.
    Row,
    /// From a query over these rows beside the row, which aggregates.
    Beside(&'static str),
}

fn normal<F: Selectable>(filter: &Normal<F>, view: View, sql: &mut Sql) {
    match filter {
        Normal::All => {
            sql.push("TRUE");
        }
        Normal::Nothing => {
            sql.push("FALSE");
        }
        Normal::And(parts) => group(parts, " AND ", view, sql),
        Normal::Or(parts) => group(parts, " OR ", view, sql),
        Normal::Leaf(leaf) => self::leaf(leaf, view, sql),
    }
}

/// Asks many conditions on the same rows beside the row in one query. SQLite opens and closes the cursors of a query at
/// each row, and passes all others that are open to do so: time grew with the square of the number of queries.
fn group<F: Selectable>(parts: &[Normal<F>], joiner: &'static str, view: View, sql: &mut Sql) {
    let all: Vec<_> = parts.iter().collect();
    let (View::Row, Some(rows)) = (view, much_asked(parts)) else {
        return halves(&all, joiner, view, sql);
    };
    let (beside, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|part| asks(part, rows) > 0);
    sql.push("(");
    if !own.is_empty() {
        // It costs less, and often decides already.
        halves(&own, joiner, view, sql);
        sql.push(joiner);
    }
    sql.push("(SELECT ");
    halves(&beside, joiner, View::Beside(rows), sql);
    sql.push(rows).push("))");
}

/// Joins by halves: SQLite limits the depth of expressions, and an unparenthesized chain is as deep as it is long.
fn halves<F: Selectable>(parts: &[&Normal<F>], joiner: &'static str, view: View, sql: &mut Sql) {
    if let [only] = parts {
        return normal(only, view, sql);
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    sql.push("(");
    halves(left, joiner, view, sql);
    sql.push(joiner);
    halves(right, joiner, view, sql);
    sql.push(")");
}

/// The rows beside the row that more than a [`FEW`] conditions ask.
fn much_asked<F: Selectable>(parts: &[Normal<F>]) -> Option<&'static str> {
    F::ALL.iter().find_map(|field| match field.column() {
        Column::Many { rows, .. } => {
            let asked: usize = parts.iter().map(|part| asks(part, rows)).sum();
            (asked > FEW).then_some(rows)
        }
        Column::One { .. } => None,
    })
}

/// How many conditions ask these rows beside the row.
fn asks<F: Selectable>(filter: &Normal<F>, rows: &'static str) -> usize {
    match filter {
        Normal::All | Normal::Nothing => 0,
        Normal::And(parts) | Normal::Or(parts) => parts.iter().map(|part| asks(part, rows)).sum(),
        Normal::Leaf(leaf) => match leaf.field.column() {
            Column::Many { rows: own, .. } => usize::from(own == rows),
            Column::One { .. } => 0,
        },
    }
}

fn leaf<F: Selectable>(leaf: &Leaf<F>, view: View, sql: &mut Sql) {
    let kind = leaf.field.kind();
    match leaf.field.column() {
        Column::One { exact, folded } if leaf.denied => {
            sql.push("(").push(exact).push(" IS NULL OR NOT (");
            test(&leaf.test, kind, exact, folded, sql);
            sql.push("))");
        }
        Column::One { exact, folded } => test(&leaf.test, kind, exact, folded, sql),
        Column::Many {
            rows,
            exact,
            folded,
        } if matches!(view, View::Beside(own) if own == rows) => match leaf.test {
            Test::IsNull => {
                sql.push("count(*) = 0");
            }
            Test::IsNotNull => {
                sql.push("count(*) > 0");
            }
            // True if one is, false or unknown otherwise.
            _ => {
                sql.push("max(");
                test(&leaf.test, kind, exact, folded, sql);
                sql.push(if leaf.denied { ") IS NOT TRUE" } else { ")" });
            }
        },
        Column::Many { rows, .. } if leaf.test == Test::IsNull => {
            sql.push("NOT EXISTS (SELECT 1").push(rows).push(")");
        }
        Column::Many {
            rows,
            exact,
            folded,
        } => {
            sql.push(if leaf.denied {
                "NOT EXISTS (SELECT 1"
            } else {
                "EXISTS (SELECT 1"
            })
            .push(rows)
            .push(" AND ");
            test(&leaf.test, kind, exact, folded, sql);
            sql.push(")");
        }
    }
}

/// Whether one value passes the test of `leaf`, wherever that value is.
pub(crate) fn test_of<F: Selectable>(leaf: &Leaf<F>, sql: &mut Sql) {
    let (Column::One { exact, folded } | Column::Many { exact, folded, .. }) = leaf.field.column();
    test(&leaf.test, leaf.field.kind(), exact, folded, sql);
}

/// True, false, or unknown for an absent value.
fn test(test: &Test, kind: Kind, exact: &'static str, folded: &'static str, sql: &mut Sql) {
    match test {
        Test::IsNull => {
            sql.push(exact).push(" IS NULL");
        }
        Test::IsNotNull => {
            sql.push(exact).push(" IS NOT NULL");
        }
        Test::Compare { op, value } => compare(*op, value, kind, exact, sql),
        Test::Like { pattern } => like(pattern, kind, "", folded, sql),
        Test::NotLike { pattern } => like(pattern, kind, "NOT ", folded, sql),
        Test::In { values } => among(values, kind, exact, false, sql),
        Test::NotIn { values } => among(values, kind, exact, true, sql),
    }
}

fn compare(op: Comparison, value: &Value, kind: Kind, exact: &'static str, sql: &mut Sql) {
    if let (Value::Boolean(truth), Kind::Boolean) = (value, kind) {
        // Not bound: SQLite has partial indexes of truths, and would plan a statement anew for each value that is bound there.
        sql.push(exact).push(" ").push(op.symbol());
        sql.push(if *truth { " 1" } else { " 0" });
        return;
    }
    if let Some(value) = bound(value, kind) {
        sql.push(exact)
            .push(" ")
            .push(op.symbol())
            .push(" ")
            .bind(value);
        return;
    }
    let (Value::Instant(between), Kind::Instant) = (value, kind) else {
        sql.push("FALSE");
        return;
    };
    // Between two stored instants: behind the one, before the other, equal to none.
    let before = to_micros(*between);
    match op {
        Comparison::Equal => sql.push("FALSE"),
        Comparison::NotEqual => sql.push(exact).push(" IS NOT NULL"),
        Comparison::Less | Comparison::LessOrEqual => sql.push(exact).push(" <= ").bind(before),
        Comparison::Greater | Comparison::GreaterOrEqual => {
            sql.push(exact).push(" > ").bind(before)
        }
    };
}

fn like(
    pattern: &Pattern,
    kind: Kind,
    negation: &'static str,
    folded: &'static str,
    sql: &mut Sql,
) {
    if !matches!(kind, Kind::Text | Kind::FoldedText) {
        sql.push("FALSE");
        return;
    }
    sql.push(negation)
        .push("ceql_like(")
        .push(folded)
        .push(", ")
        .bind(pattern.escaped('\\'))
        .push(")");
}

fn among(values: &[Value], kind: Kind, exact: &'static str, negated: bool, sql: &mut Sql) {
    let mut values = values
        .iter()
        .filter_map(|value| bound(value, kind))
        .peekable();
    if values.peek().is_none() {
        // Nothing that the column could hold: no value is among them, every present one is outside.
        if negated {
            sql.push(exact).push(" IS NOT NULL")
        } else {
            sql.push("FALSE")
        };
        return;
    }
    sql.push(exact)
        .push(if negated { " NOT IN (" } else { " IN (" });
    for (place, value) in values.enumerate() {
        sql.push(if place == 0 { "" } else { ", " }).bind(value);
    }
    sql.push(")");
}

/// The value as the column stores it; `None` if the column cannot hold it: it is of another type, or finer than a
/// microsecond.
fn bound(value: &Value, kind: Kind) -> Option<Bound> {
    match (value, kind) {
        (Value::Text(text), Kind::Text) => Some(Bound::Text(text.clone())),
        (Value::Text(text), Kind::FoldedText) => Some(Bound::Text(fold(text))),
        (Value::Integer(number), Kind::Integer) => Some(Bound::Integer(*number)),
        (Value::Boolean(truth), Kind::Boolean) => Some(Bound::Integer(i64::from(*truth))),
        (Value::Instant(instant), Kind::Instant) if is_whole(*instant) => {
            Some(Bound::Integer(to_micros(*instant)))
        }
        _ => None,
    }
}
