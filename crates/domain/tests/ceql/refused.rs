//! Texts that are no filters, and what the writer is told.

use crate::sample::ItemField;
use tenantry_domain::ceql::{ErrorKind, Filter, Pattern};

const REFUSED: &[(&str, &str)] = &[
    ("", "empty expression at column 1"),
    (" \n ", "empty expression at column 1"),
    // Names
    (
        "fristName = 'x'",
        "unknown field 'fristName' at column 1, did you mean 'firstName'?",
    ),
    (
        "FIRSTNAME = 'x'",
        "unknown field 'FIRSTNAME' at column 1, did you mean 'firstName'?",
    ),
    (
        "id = 1 AND nmae = 'x'",
        "unknown field 'nmae' at column 12, did you mean 'name'?",
    ),
    (
        "`last sen` IS NULL",
        "unknown field 'last sen' at column 1, did you mean 'last seen'?",
    ),
    ("colour LIKE 'x'", "unknown field 'colour' at column 1"),
    ("colour IN (1)", "unknown field 'colour' at column 1"),
    ("password = 'x'", "unknown field 'password' at column 1"),
    (
        "'name' = 'x'",
        "expected a field, found 'name' at column 1: fields are written without quotes or in back-quotes",
    ),
    (
        "1 = id",
        "expected a field, found '1' at column 1: the field comes first, then the value",
    ),
    (
        "and = 1",
        "expected a field, found 'and' at column 1: a field of that name is written in back-quotes",
    ),
    ("= 1", "expected a field, found '=' at column 1"),
    (
        "``=1",
        "expected a name, found nothing in back-quotes at column 1",
    ),
    ("`id = 1", "missing closing ` at column 1"),
    // Operators
    ("id", "expected a comparison, found the end at column 3"),
    ("id 1", "expected a comparison, found '1' at column 4"),
    ("id == 1", "unexpected '==' at column 4: use ="),
    ("id !== 1", "unexpected '!==' at column 4: use !="),
    ("id => 1", "unexpected '=>' at column 4: use >="),
    ("id =< 1", "unexpected '=<' at column 4: use <="),
    ("id ! 1", "unexpected '!' at column 4: use NOT"),
    ("id = 1 && id = 2", "unexpected '&&' at column 8: use AND"),
    ("id = 1 || id = 2", "unexpected '||' at column 8: use OR"),
    ("!id = 1", "unexpected '!' at column 1: use NOT"),
    ("id = 1; id = 2", "unexpected ';' at column 7"),
    ("id = \u{0}", "unexpected '\\u{0}' at column 6"),
    ("id < = 1", "expected a value, found '=' at column 6"),
    (
        "name LIEK 'x'",
        "expected a comparison, found 'LIEK' at column 6, did you mean 'LIKE'?",
    ),
    (
        "id BETWEEN 1 AND 2",
        "expected a comparison, found 'BETWEEN' at column 4: use >= and <=",
    ),
    ("id NOT = 1", "expected LIKE or IN, found '=' at column 8"),
    (
        "id IS 1",
        "expected NULL or NOT NULL, found '1' at column 7",
    ),
    ("id IS NOT 1", "expected NULL, found '1' at column 11"),
    (
        "NOT NOT id = 1",
        "expected a condition after NOT, found 'NOT' at column 5: a second NOT needs parentheses, NOT (NOT …)",
    ),
    // Values
    ("id =", "expected a value, found the end at column 5"),
    (
        "name = Greg",
        "expected a value, found 'Greg' at column 8: text is written in single quotes",
    ),
    (
        "name = \"Greg\"",
        "unexpected '\"' at column 8: text is written in single quotes",
    ),
    (
        "name = ‘Greg’",
        "unexpected '‘' at column 8: text is written in straight single quotes",
    ),
    ("name = 'Greg", "missing closing ' at column 8"),
    (
        "name = 'O'Hara'",
        "expected AND, OR or the end, found 'Hara' at column 11: conditions are joined by AND or OR",
    ),
    (
        "name = 'O' 'H'",
        "expected AND, OR or the end, found 'H' at column 12: a quote inside of text is doubled",
    ),
    (
        "id = null",
        "expected a value, found 'null' at column 6: use IS NULL",
    ),
    (
        "id <> NULL",
        "expected a value, found 'NULL' at column 7: use IS NOT NULL",
    ),
    (
        "id = +1",
        "unexpected '+' at column 6: numbers are written without +",
    ),
    (
        "id = 1e5",
        "'1e5' is neither a number nor a date at column 6: text is written in single quotes",
    ),
    (
        "id = 1AND id = 2",
        "'1AND' is neither a number nor a date at column 6: text is written in single quotes",
    ),
    (
        "id = 1.",
        "'1.' is neither a number nor a date at column 6: text is written in single quotes",
    ),
    ("id = - 1", "unexpected '-' at column 6"),
    // Types
    (
        "name = 12345",
        "field 'firstName' takes text, not 12345 at column 8: write '12345'",
    ),
    (
        "name = true",
        "field 'firstName' takes text, not true at column 8: write 'true'",
    ),
    (
        "email < 2017-01-15",
        "field 'email' takes text, not 2017-01-15 at column 9: write '2017-01-15'",
    ),
    (
        "id = '12'",
        "field 'id' takes an integer, not '12' at column 6: write 12 without quotes",
    ),
    (
        "id = 'x'",
        "field 'id' takes an integer, not 'x' at column 6: write a whole number without quotes",
    ),
    (
        "id = 1.0",
        "field 'id' takes an integer, not 1.0 at column 6: write a whole number without quotes",
    ),
    (
        "id = true",
        "field 'id' takes an integer, not true at column 6: write a whole number without quotes",
    ),
    (
        "id IN (1, 'x')",
        "field 'id' takes an integer, not 'x' at column 11: write a whole number without quotes",
    ),
    (
        "id = 9223372036854775808",
        "'9223372036854775808' is outside the range of field 'id' at column 6",
    ),
    (
        "active = 1",
        "field 'active' takes true or false, not 1 at column 10: write true or false",
    ),
    (
        "active = 'yes'",
        "field 'active' takes true or false, not 'yes' at column 10: write true or false",
    ),
    (
        "active > false",
        "field 'active' is true or false and has no order at column 1: use = or !=",
    ),
    (
        "createdDate = 2017",
        "field 'createdDate' takes a date, not 2017 at column 15: write '2017-01-15' or '2017-01-15T13:30:00Z'",
    ),
    (
        "createdDate = true",
        "field 'createdDate' takes a date, not true at column 15: write '2017-01-15' or '2017-01-15T13:30:00Z'",
    ),
    (
        "createdDate = 'today'",
        "'today' is not a date at column 15: write '2017-01-15' or '2017-01-15T13:30:00Z'",
    ),
    (
        "createdDate = 2017-02-30",
        "'2017-02-30' is not a date at column 15: there is no such day in the years 0001 to 9999",
    ),
    (
        "createdDate = '2017-01-15T10:00:00'",
        "'2017-01-15T10:00:00' is not a date at column 15: add the offset, Z for UTC",
    ),
    (
        "createdDate = 2017-01-15T10:00:00",
        "'2017-01-15T10:00:00' is not a date at column 15: add the offset, Z for UTC",
    ),
    (
        "createdDate = '2017-01-15T10:00:00 02:00'",
        "'2017-01-15T10:00:00 02:00' is not a date at column 15: the + of an offset is sent as %2B in a query",
    ),
    // Patterns
    (
        "name LIKE 5",
        "expected a pattern in single quotes, found '5' at column 11",
    ),
    (
        "name LIKE",
        "expected a pattern in single quotes, found the end at column 10",
    ),
    (
        "name LIKE 'a\\'",
        "pattern ends in a single \\ at column 11: write \\\\ for a backslash itself",
    ),
    (
        "id LIKE '1%'",
        "LIKE compares text, but field 'id' takes an integer at column 1",
    ),
    (
        "active NOT LIKE 't%'",
        "LIKE compares text, but field 'active' takes true or false at column 1",
    ),
    (
        "createdDate LIKE '2017%'",
        "LIKE compares text, but field 'createdDate' takes a date at column 1",
    ),
    // Lists and groups
    (
        "id IN 1",
        "expected '(' and a list of values, found '1' at column 7",
    ),
    ("id IN ()", "expected a value, found ')' at column 8"),
    ("id IN (1,)", "expected a value, found ')' at column 10"),
    ("id IN (1 2)", "expected ',' or ')', found '2' at column 10"),
    ("id IN (1", "expected ',' or ')', found the end at column 9"),
    ("()", "expected a field, found ')' at column 2"),
    (
        "(id = 1",
        "expected AND, OR or ')', found the end at column 8",
    ),
    (
        "(id = 1 id = 2)",
        "expected AND, OR or ')', found 'id' at column 9: conditions are joined by AND or OR",
    ),
    (
        "id = 1)",
        "expected AND, OR or the end, found ')' at column 7: it closes nothing",
    ),
    (
        "id = 1 id = 2",
        "expected AND, OR or the end, found 'id' at column 8: conditions are joined by AND or OR",
    ),
    (
        "id = 1 ADN id = 2",
        "expected AND, OR or the end, found 'ADN' at column 8, did you mean 'AND'?",
    ),
    (
        "id = 1, id = 2",
        "expected AND, OR or the end, found ',' at column 7: conditions are joined by AND or OR",
    ),
    ("id = 1 AND", "expected a field, found the end at column 11"),
    (
        "id = 1 OR OR id = 2",
        "expected a field, found 'OR' at column 11: a field of that name is written in back-quotes",
    ),
    ("NOT", "expected a field, found the end at column 4"),
    ("é = 'ü' OR", "expected a field, found the end at column 11"),
];

#[test]
fn errors_say_what_where_and_what_was_meant() {
    for (text, message) in REFUSED {
        let error = Filter::<ItemField>::parse(text).unwrap_err();
        assert_eq!(error.to_string(), *message, "{text}");
        assert!(
            message.contains(&format!("at column {}", error.column())),
            "{text}"
        );
    }
}

#[test]
fn the_kind_is_there_for_programs() {
    let error = Filter::<ItemField>::parse("id = 1 AND naem = 'x'").unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::UnknownField {
            found: "'naem'".to_owned()
        }
    );
    assert_eq!(error.column(), 12);
    let error = Pattern::parse("ab\\").unwrap_err();
    assert_eq!(
        (error.kind(), error.column()),
        (&ErrorKind::DanglingEscape, 3)
    );
}

#[test]
fn messages_stay_short_and_printable() {
    let error = Filter::<ItemField>::parse(&format!("{} = 1", "x".repeat(4000))).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("unknown field '{}…' at column 1", "x".repeat(40))
    );
    let error = Filter::<ItemField>::parse("`a\nb` = 1").unwrap_err();
    assert_eq!(error.to_string(), "unknown field 'a\\u{a}b' at column 1");
    let error = Filter::<ItemField>::parse(&format!("name = {}", "9".repeat(4000))).unwrap_err();
    assert!(error.to_string().chars().count() < 200, "{error}");
}
