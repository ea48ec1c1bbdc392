//! CEQL to SQL: a filter becomes a condition in which every value is bound. What it selects is specified by
//! `Filter::matches`.
//!
//! The filter arrives without negations above its conditions, so unknown (a comparison with NULL) counts as false
//! everywhere; only a denied condition has to turn unknown into true.

use tenantry_domain::ceql::{
    Comparison, Filter, Kind, Leaf, Normal, Pattern, PatternToken, Prefix, Test, Value, fold,
};
use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::{
    sql::Sql,
    table::{Column, Table},
};

/// So many conditions on fields with several values have a query each, from which PostgreSQL can start.
const FEW: usize = 3;

/// Appends the condition that a row is selected by `filter`.
pub(crate) fn push<F: Table>(sql: &mut Sql, filter: &Filter<F>) {
    push_normal(sql, &filter.normalized(), View::Row);
}

/// From where a condition is asked.
#[derive(Clone, Copy)]
enum View {
    /// From the row. A field with several values takes a query of its own.
    Row,
    /// From a query over the rows that hold such values, which aggregates.
    Values(&'static str),
}

fn push_normal<F: Table>(sql: &mut Sql, normal: &Normal<F>, view: View) {
    match normal {
        Normal::All => {
            sql.push("TRUE");
        }
        Normal::Nothing => {
            sql.push("FALSE");
        }
        Normal::And(parts) => push_group(sql, parts, " AND ", view),
        Normal::Or(parts) => push_group(sql, parts, " OR ", view),
        Normal::Leaf(leaf) => push_leaf(sql, leaf, view),
    }
}

/// Asks many conditions on the same values in one query: each query is planned, and its rows are looked up, by itself.
fn push_group<F: Table>(sql: &mut Sql, parts: &[Normal<F>], between: &'static str, view: View) {
    let all: Vec<_> = parts.iter().collect();
    let (View::Row, Some(values)) = (view, much_asked(parts)) else {
        return push_parts(sql, &all, between, view);
    };
    let (asking, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|part| asks(part, values) > 0);
    sql.push("(");
    if !own.is_empty() {
        // It costs less, and often decides already.
        push_parts(sql, &own, between, view);
        sql.push(between);
    }
    sql.push("(SELECT ");
    push_parts(sql, &asking, between, View::Values(values));
    sql.push(values).push("))");
}

fn push_parts<F: Table>(sql: &mut Sql, parts: &[&Normal<F>], between: &'static str, view: View) {
    for (place, part) in parts.iter().enumerate() {
        sql.push(if place == 0 { "(" } else { between });
        push_normal(sql, part, view);
    }
    sql.push(")");
}

/// The values that more than a [`FEW`] conditions ask.
fn much_asked<F: Table>(parts: &[Normal<F>]) -> Option<&'static str> {
    F::ALL.iter().find_map(|field| {
        let values = field.column().values?;
        let asked: usize = parts.iter().map(|part| asks(part, values)).sum();
        (asked > FEW).then_some(values)
    })
}

/// How many conditions ask these values.
fn asks<F: Table>(normal: &Normal<F>, values: &'static str) -> usize {
    match normal {
        Normal::All | Normal::Nothing => 0,
        Normal::And(parts) | Normal::Or(parts) => parts.iter().map(|part| asks(part, values)).sum(),
        Normal::Leaf(leaf) => usize::from(leaf.field.column().values == Some(values)),
    }
}

fn push_leaf<F: Table>(sql: &mut Sql, leaf: &Leaf<F>, view: View) {
    let (column, kind) = (leaf.field.column(), leaf.field.kind());
    let Some(values) = column.values else {
        sql.push(if leaf.denied { "((" } else { "(" });
        push_test(sql, column, kind, &leaf.test);
        sql.push(if leaf.denied { ") IS NOT TRUE)" } else { ")" });
        return;
    };
    if matches!(view, View::Values(own) if own == values) {
        return push_aggregate(sql, leaf, column);
    }
    let absent = matches!(leaf.test, Test::IsNull) != leaf.denied;
    sql.push(if absent {
        "NOT EXISTS (SELECT 1"
    } else {
        "EXISTS (SELECT 1"
    })
    .push(values);
    if !matches!(leaf.test, Test::IsNull | Test::IsNotNull) {
        sql.push(" AND (");
        push_test(sql, column, kind, &leaf.test);
        sql.push(")");
    }
    sql.push(")");
}

/// The same of all values at once: true if one is, false or unknown otherwise.
fn push_aggregate<F: Table>(sql: &mut Sql, leaf: &Leaf<F>, column: Column) {
    match leaf.test {
        Test::IsNull => {
            sql.push("count(*) = 0");
        }
        Test::IsNotNull => {
            sql.push("count(*) > 0");
        }
        _ => {
            sql.push("bool_or(");
            push_test(sql, column, leaf.field.kind(), &leaf.test);
            sql.push(if leaf.denied { ") IS NOT TRUE" } else { ")" });
        }
    }
}

fn push_test(sql: &mut Sql, column: Column, kind: Kind, test: &Test) {
    match test {
        Test::IsNull => {
            sql.push(column.expression).push(" IS NULL");
        }
        Test::IsNotNull => {
            sql.push(column.expression).push(" IS NOT NULL");
        }
        Test::Compare { op, value } => push_comparison(sql, column, *op, Bound::of(kind, value)),
        Test::Like { pattern } => push_like(sql, column, pattern, false),
        Test::NotLike { pattern } => push_like(sql, column, pattern, true),
        Test::In { values } => push_in(sql, column, kind, values, false),
        Test::NotIn { values } => push_in(sql, column, kind, values, true),
    }
}

fn push_comparison(sql: &mut Sql, column: Column, op: Comparison, bound: Bound) {
    match (bound, op) {
        (Bound::Foreign, _) | (Bound::After(_), Comparison::Equal) => {
            sql.push("FALSE");
        }
        (Bound::After(_), Comparison::NotEqual) => {
            sql.push(column.expression).push(" IS NOT NULL");
        }
        (Bound::After(floor), Comparison::Less | Comparison::LessOrEqual) => {
            bind(sql.push(column.expression).push(" <= "), floor);
        }
        (Bound::After(floor), Comparison::Greater | Comparison::GreaterOrEqual) => {
            bind(sql.push(column.expression).push(" > "), floor);
        }
        (Bound::Exactly(value), op) => {
            bind(sql.push(column.expression).push(operator(op)), value);
        }
    }
}

fn push_like(sql: &mut Sql, column: Column, pattern: &Pattern, negated: bool) {
    let Some(folded) = column.folded else {
        sql.push("FALSE");
        return;
    };
    let has_nul =
        |token: &PatternToken| matches!(token, PatternToken::Literal(text) if text.contains('\0'));
    if pattern.tokens().iter().any(has_nul) {
        // No stored text contains a NUL, so none fits.
        sql.push(if negated { column.expression } else { "FALSE" });
        sql.push(if negated { " IS NOT NULL" } else { "" });
        return;
    }
    let prefix = pattern.prefix().filter(|_| !negated);
    if let (Some(beginnings), Some(prefix)) = (column.beginnings, prefix) {
        // An index in this order finds just these. Where they are not all that is asked for, they follow from it.
        push_beginning(sql, beginnings, &prefix);
        if prefix.is_all && beginnings == folded {
            return;
        }
        sql.push(" AND ");
    }
    sql.push(folded)
        .push(if negated { " NOT LIKE " } else { " LIKE " })
        .bind(pattern.escaped('\\'))
        .push(r" ESCAPE '\'");
    if let Some(within) = column.within.filter(|_| !negated && is_selective(pattern)) {
        // Follows from the condition, and tells PostgreSQL where to look.
        let longer = [within.before, &pattern.escaped('\\'), within.behind].concat();
        sql.push(" AND ")
            .push(within.folded)
            .push(" LIKE ")
            .bind(longer)
            .push(r" ESCAPE '\'");
    }
}

fn push_beginning(sql: &mut Sql, beginnings: &'static str, prefix: &Prefix<'_>) {
    sql.push(beginnings)
        .push(" >= ")
        .bind(prefix.from.to_owned());
    if let Some(below) = &prefix.below {
        sql.push(" AND ")
            .push(beginnings)
            .push(" < ")
            .bind(below.clone());
    }
}

/// Whether an index of trigrams can have a part in finding what fits.
pub(crate) fn is_selective(pattern: &Pattern) -> bool {
    let literal = |token: &PatternToken| matches!(token, PatternToken::Literal(text) if text.chars().nth(1).is_some());
    pattern.tokens().iter().any(literal)
}

fn push_in(sql: &mut Sql, column: Column, kind: Kind, values: &[Value], negated: bool) {
    // What no row can equal does not matter to either list.
    let exact: Vec<Value> = values
        .iter()
        .filter_map(|value| match Bound::of(kind, value) {
            Bound::Exactly(value) => Some(value),
            Bound::After(_) | Bound::Foreign => None,
        })
        .collect();
    if exact.is_empty() {
        sql.push(if negated { column.expression } else { "FALSE" });
        sql.push(if negated { " IS NOT NULL" } else { "" });
        return;
    }
    sql.push(column.expression)
        .push(if negated { " <> ALL(" } else { " = ANY(" });
    match kind {
        Kind::Text | Kind::FoldedText => {
            sql.bind(exact.iter().filter_map(text).collect::<Vec<&str>>())
        }
        Kind::Integer => sql.bind(exact.iter().filter_map(integer).collect::<Vec<i64>>()),
        Kind::Boolean => sql.bind(exact.iter().filter_map(boolean).collect::<Vec<bool>>()),
        Kind::Instant => sql.bind(
            exact
                .iter()
                .filter_map(instant)
                .collect::<Vec<OffsetDateTime>>(),
        ),
    };
    sql.push(")");
}

/// A value of a filter as PostgreSQL can hold it.
#[derive(Debug, PartialEq, Eq)]
enum Bound {
    /// It can.
    Exactly(Value),
    /// It cannot: no row has the value, and among what rows can have, this one comes directly before it. Text with a NUL
    /// comes directly after what stands before the NUL; an instant with a fraction of a microsecond after the whole one.
    After(Value),
    /// Of another type than the field: compares with nothing.
    Foreign,
}

impl Bound {
    fn of(kind: Kind, value: &Value) -> Self {
        match (kind, value) {
            (Kind::Text, Value::Text(text)) => Self::of_text(text.clone()),
            (Kind::FoldedText, Value::Text(text)) => Self::of_text(fold(text)),
            (Kind::Instant, Value::Instant(instant)) => Self::of_instant(*instant),
            (Kind::Integer, Value::Integer(_)) | (Kind::Boolean, Value::Boolean(_)) => {
                Self::Exactly(value.clone())
            }
            _ => Self::Foreign,
        }
    }

    fn of_text(text: String) -> Self {
        match text.find('\0') {
            None => Self::Exactly(Value::Text(text)),
            Some(nul) => Self::After(Value::Text(text.get(..nul).unwrap_or_default().to_owned())),
        }
    }

    fn of_instant(instant: OffsetDateTime) -> Self {
        let instant = instant.max(earliest());
        match instant.nanosecond() % 1_000 {
            0 => Self::Exactly(Value::Instant(instant)),
            rest => Self::After(Value::Instant(
                instant - Duration::nanoseconds(i64::from(rest)),
            )),
        }
    }
}

/// PostgreSQL knows no instant before 4713 BC. No row has one before the year 1, so all of those compare as the
/// midnight before it.
fn earliest() -> OffsetDateTime {
    let day = Date::from_calendar_date(-1, Month::January, 1).unwrap_or(Date::MIN);
    OffsetDateTime::new_utc(day, Time::MIDNIGHT)
}

fn bind(sql: &mut Sql, value: Value) {
    match value {
        Value::Text(text) => sql.bind(text),
        Value::Integer(number) => sql.bind(number),
        Value::Boolean(truth) => sql.bind(truth),
        Value::Instant(instant) => sql.bind(instant),
    };
}

fn operator(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value {
        Some(*number)
    } else {
        None
    }
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Boolean(truth) = value {
        Some(*truth)
    } else {
        None
    }
}

fn instant(value: &Value) -> Option<OffsetDateTime> {
    if let Value::Instant(instant) = value {
        Some(*instant)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::UserField;

    use super::*;

    fn translated(ceql: &str) -> String {
        let mut sql = Sql::default();
        push(&mut sql, &Filter::<UserField>::parse(ceql).unwrap());
        sql.text().to_owned()
    }

    #[test]
    fn filters_become_conditions_without_a_value_in_the_text() {
        let rows = " FROM instances LEFT JOIN elements ON elements.organization_id = instances.organization_id AND \
            elements.id = instances.element_id WHERE instances.organization_id = users.organization_id AND \
            instances.user_id = users.id";
        let instances = format!("SELECT 1{rows}");
        for (ceql, sql) in [
            ("lastName = 'x'", "(users.last_name = $1)".to_owned()),
            (
                "NOT lastName = 'x'",
                "((users.last_name = $1) IS NOT TRUE)".to_owned(),
            ),
            (
                "email = 'X@y.z' OR id > 3",
                "((users.email_folded = $1) OR (users.id > $2))".to_owned(),
            ),
            (
                "city LIKE 'a%'",
                r"(users.city_folded LIKE $1 ESCAPE '\')".to_owned(),
            ),
            (
                "lastName LIKE '%gre%' AND NOT firstName LIKE '%s'",
                r"((users.last_name_folded LIKE $1 ESCAPE '\' AND users.full_name_folded LIKE $2 ESCAPE '\') AND ((users.first_name_folded LIKE $3 ESCAPE '\') IS NOT TRUE))".to_owned(),
            ),
            (
                "lastName LIKE 'gre%'",
                "(users.last_name_folded >= $1 AND users.last_name_folded < $2)".to_owned(),
            ),
            (
                "lastName LIKE 'g%n'",
                r"(users.last_name_folded >= $1 AND users.last_name_folded < $2 AND users.last_name_folded LIKE $3 ESCAPE '\')".to_owned(),
            ),
            (
                "firstName LIKE 'f%'",
                r"(users.full_name_folded >= $1 AND users.full_name_folded < $2 AND users.first_name_folded LIKE $3 ESCAPE '\')".to_owned(),
            ),
            (
                "fullName LIKE '\u{10ffff}%'",
                "(users.full_name_folded >= $1)".to_owned(),
            ),
            (
                "lastName NOT LIKE 'gre%'",
                r"(users.last_name_folded NOT LIKE $1 ESCAPE '\')".to_owned(),
            ),
            (
                "city NOT LIKE 'a%'",
                r"(users.city_folded NOT LIKE $1 ESCAPE '\')".to_owned(),
            ),
            ("city IN ('a', 'b')", "(users.city = ANY($1))".to_owned()),
            ("id NOT IN (1)", "(users.id <> ALL($1))".to_owned()),
            ("city IS NULL", "(users.city IS NULL)".to_owned()),
            (
                "instanceId = 4",
                format!("EXISTS ({instances} AND (instances.id = $1))"),
            ),
            (
                "NOT instanceId = 4",
                format!("NOT EXISTS ({instances} AND (instances.id = $1))"),
            ),
            (
                "city = 'a' OR city IN ('b', 'c') OR id = 4",
                "((users.city = ANY($1)) OR (users.id = $2))".to_owned(),
            ),
            (
                "instanceId = 4 OR NOT elementKey = 'x' OR instanceId > 8 OR elementKey IS NULL OR id = 9",
                format!(
                    "(((users.id = $1)) OR (SELECT (bool_or(instances.id = $2) OR \
                     bool_or(elements.key = $3) IS NOT TRUE OR bool_or(instances.id > $4) OR count(*) = 0){rows}))"
                ),
            ),
            ("instanceId IS NULL", format!("NOT EXISTS ({instances})")),
            ("instanceId IS NOT NULL", format!("EXISTS ({instances})")),
        ] {
            assert_eq!(translated(ceql), sql, "{ceql}");
        }
    }

    #[test]
    fn text_with_a_nul_equals_nothing_and_stands_behind_its_beginning() {
        for (ceql, sql) in [
            ("city = 'a\0b'", "(FALSE)"),
            ("city != 'a\0b'", "(users.city IS NOT NULL)"),
            ("city < 'a\0b'", "(users.city <= $1)"),
            ("city <= 'a\0b'", "(users.city <= $1)"),
            ("city > 'a\0b'", "(users.city > $1)"),
            ("city >= 'a\0b'", "(users.city > $1)"),
            ("city LIKE 'a\0%'", "(FALSE)"),
            ("city NOT LIKE 'a\0%'", "(users.city IS NOT NULL)"),
            ("city IN ('a\0b')", "(FALSE)"),
            ("city IN ('a\0b', 'c')", "(users.city = ANY($1))"),
            ("city NOT IN ('a\0b')", "(users.city IS NOT NULL)"),
        ] {
            assert_eq!(translated(ceql), sql, "{ceql:?}");
        }
        assert_eq!(
            Bound::of_text("a\0b\0".to_owned()),
            Bound::After(Value::Text("a".to_owned()))
        );
    }

    #[test]
    fn instants_that_postgresql_cannot_hold_stand_behind_those_that_it_can() {
        let whole = OffsetDateTime::UNIX_EPOCH - Duration::microseconds(1);
        assert_eq!(
            Bound::of_instant(whole),
            Bound::Exactly(Value::Instant(whole))
        );
        assert_eq!(
            Bound::of_instant(whole + Duration::nanoseconds(1)),
            Bound::After(Value::Instant(whole))
        );
        let first = OffsetDateTime::new_utc(Date::MIN, Time::MIDNIGHT);
        assert_eq!(
            Bound::of_instant(first),
            Bound::Exactly(Value::Instant(earliest()))
        );
    }

    #[test]
    fn values_of_another_type_compare_with_nothing() {
        let mut sql = Sql::default();
        push(
            &mut sql,
            &Filter::compare(UserField::Id, Comparison::NotEqual, Value::Boolean(true)),
        );
        assert_eq!(sql.text(), "(FALSE)");
    }
}
