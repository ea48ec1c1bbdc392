//! Texts that are filters, and their canonical form.

use crate::sample::ItemField;
use tenantry_domain::ceql::{Comparison, Expr, Filter, Pattern, PatternToken, Span, Value};
use time::macros::datetime;

#[test]
fn expressions_have_one_canonical_text() {
    for (text, canonical) in [
        ("id=1", "id = 1"),
        ("  id\t=\n1  ", "id = 1"),
        ("id = -12", "id = -12"),
        ("id = 007", "id = 007"),
        ("id = 1.5", "id = 1.5"),
        ("id != 1", "id != 1"),
        ("id <> 1", "id != 1"),
        ("id<1", "id < 1"),
        ("id<=1", "id <= 1"),
        ("id>1", "id > 1"),
        ("id>=-1", "id >= -1"),
        ("id>-1", "id > -1"),
        ("name = ''", "name = ''"),
        ("name='O''Hara'", "name = 'O''Hara'"),
        ("name=''''", "name = ''''"),
        ("name = 'a (b) AND `c`'", "name = 'a (b) AND `c`'"),
        ("name = 'Žluťoučký 🐎'", "name = 'Žluťoučký 🐎'"),
        ("active = true", "active = true"),
        ("active = FALSE", "active = false"),
        ("active = 'True'", "active = 'True'"),
        ("createdDate > 2017-01-15", "createdDate > 2017-01-15"),
        ("createdDate > '2017-01-15'", "createdDate > '2017-01-15'"),
        (
            "createdDate>2017-01-15T10:00:00+02:00",
            "createdDate > 2017-01-15T10:00:00+02:00",
        ),
        ("name like 'gre%'", "name LIKE 'gre%'"),
        ("name LIKE'gre%'", "name LIKE 'gre%'"),
        ("name Not Like '_\\%'", "name NOT LIKE '_\\%'"),
        ("id in(1,2 , 3)", "id IN (1, 2, 3)"),
        ("id NOT IN (1)", "id NOT IN (1)"),
        (
            "name IN ('a', 1, true, 2017-01-15)",
            "name IN ('a', 1, true, 2017-01-15)",
        ),
        ("id is null", "id IS NULL"),
        ("id IS NOT NULL", "id IS NOT NULL"),
        ("`id` = 1", "id = 1"),
        ("`last seen` IS NULL", "`last seen` IS NULL"),
        ("`and` = 1", "`and` = 1"),
        ("`a``b` = 1", "`a``b` = 1"),
        ("`1st` = 1", "`1st` = 1"),
        ("user.name.first = 'x'", "user.name.first = 'x'"),
        ("_x1 = 1", "_x1 = 1"),
        (
            "notary = 1 AND orange = 2 AND inner = 3 AND isle = 4",
            "notary = 1 AND orange = 2 AND inner = 3 AND isle = 4",
        ),
        ("a=1 and b=2 or c=3", "a = 1 AND b = 2 OR c = 3"),
        ("a=1 or b=2 and c=3", "a = 1 OR b = 2 AND c = 3"),
        ("(a=1 or b=2)and c=3", "(a = 1 OR b = 2) AND c = 3"),
        ("(a=1 and b=2) or c=3", "a = 1 AND b = 2 OR c = 3"),
        ("(a=1 and b=2) and c=3", "(a = 1 AND b = 2) AND c = 3"),
        ("a=1 or (b=2 or c=3)", "a = 1 OR (b = 2 OR c = 3)"),
        ("((a=1))", "a = 1"),
        ("not a=1", "NOT a = 1"),
        ("NOT(a=1)", "NOT a = 1"),
        ("not a=1 and b=2", "NOT a = 1 AND b = 2"),
        ("not (a=1 and b=2)", "NOT (a = 1 AND b = 2)"),
        ("NOT (NOT a = 1)", "NOT (NOT a = 1)"),
        ("NOT a NOT IN (1)", "NOT a NOT IN (1)"),
        ("NOT a IS NOT NULL", "NOT a IS NOT NULL"),
    ] {
        let expr = Expr::parse(text).unwrap();
        assert_eq!(expr.to_string(), canonical, "{text}");
        assert_eq!(Expr::parse(canonical).unwrap(), expr, "{text}");
    }
}

#[test]
fn filters_have_one_canonical_text() {
    for (text, canonical) in [
        ("name = 'x'", "firstName = 'x'"),
        ("id = 007", "id = 7"),
        ("id = -0", "id = 0"),
        ("id = -9223372036854775808", "id = -9223372036854775808"),
        ("email = 'Ann@X.org'", "email = 'ann@x.org'"),
        ("email IN ('A', 'b')", "email IN ('a', 'b')"),
        ("firstName = 'Ann'", "firstName = 'Ann'"),
        ("firstName LIKE 'A%%_B\\_'", "firstName LIKE 'a_%b\\_'"),
        ("active <> 'TRUE'", "active != true"),
        ("active IN (true, 'false')", "active IN (true, false)"),
        ("`note.text` IS NULL", "note.text IS NULL"),
        ("`last seen` IS NOT NULL", "`last seen` IS NOT NULL"),
        (
            "createdDate = '2017-01-15T01:30+02:00'",
            "createdDate = '2017-01-14T23:30:00Z'",
        ),
        (
            "createdDate > 2017-01-15T01:30:00.250Z",
            "createdDate > '2017-01-15T01:30:00.25Z'",
        ),
        (
            "createdDate = 2016-02-28",
            "createdDate >= '2016-02-28T00:00:00Z' AND createdDate < '2016-02-29T00:00:00Z'",
        ),
        (
            "createdDate != 2017-12-31",
            "createdDate < '2017-12-31T00:00:00Z' OR createdDate >= '2018-01-01T00:00:00Z'",
        ),
        (
            "createdDate < '2017-01-15'",
            "createdDate < '2017-01-15T00:00:00Z'",
        ),
        (
            "createdDate <= '2017-01-15'",
            "createdDate < '2017-01-16T00:00:00Z'",
        ),
        (
            "createdDate > '2017-01-15'",
            "createdDate >= '2017-01-16T00:00:00Z'",
        ),
        (
            "createdDate >= '2017-01-15'",
            "createdDate >= '2017-01-15T00:00:00Z'",
        ),
        (
            "createdDate = 9999-12-31",
            "createdDate >= '9999-12-31T00:00:00Z'",
        ),
        (
            "createdDate != 9999-12-31",
            "createdDate < '9999-12-31T00:00:00Z'",
        ),
        ("createdDate <= 9999-12-31", "createdDate IS NOT NULL"),
        ("createdDate > 9999-12-31", "id IS NULL AND id IS NOT NULL"),
        (
            "createdDate IN (2017-01-15T00:00Z)",
            "createdDate IN ('2017-01-15T00:00:00Z')",
        ),
        (
            "createdDate IN (2017-01-15, 2018-01-01T00:00Z)",
            "createdDate IN ('2018-01-01T00:00:00Z') OR \
             createdDate >= '2017-01-15T00:00:00Z' AND createdDate < '2017-01-16T00:00:00Z'",
        ),
        (
            "createdDate NOT IN (2017-01-15, 2018-01-01T00:00Z)",
            "createdDate NOT IN ('2018-01-01T00:00:00Z') AND \
             (createdDate < '2017-01-15T00:00:00Z' OR createdDate >= '2017-01-16T00:00:00Z')",
        ),
        (
            "id = 1 AND (id = 2 AND (id = 3 AND id = 4))",
            "id = 1 AND id = 2 AND id = 3 AND id = 4",
        ),
        ("NOT (id = 1 OR id = 2)", "NOT (id = 1 OR id = 2)"),
    ] {
        let filter = Filter::<ItemField>::parse(text).unwrap();
        assert_eq!(filter.to_string(), canonical, "{text}");
        assert_eq!(
            Filter::<ItemField>::parse(canonical).unwrap().to_string(),
            canonical,
            "{text}"
        );
    }
}

#[test]
fn constants_and_groups_built_by_hand_print_as_text() {
    let one = Filter::equals(ItemField::Id, 1);
    let empty = |negated| Filter::In {
        field: ItemField::Id,
        values: Vec::new(),
        negated,
    };
    for (filter, text) in [
        (Filter::All, "id IS NULL OR id IS NOT NULL"),
        (Filter::Nothing, "id IS NULL AND id IS NOT NULL"),
        (Filter::And(Vec::new()), "id IS NULL OR id IS NOT NULL"),
        (Filter::Or(Vec::new()), "id IS NULL AND id IS NOT NULL"),
        (Filter::And(vec![one.clone()]), "id = 1"),
        (Filter::Not(Box::new(Filter::Or(vec![one]))), "NOT id = 1"),
        (empty(false), "id IS NULL AND id IS NOT NULL"),
        (empty(true), "id IS NOT NULL"),
    ] {
        assert_eq!(filter.to_string(), text);
        assert_eq!(Filter::<ItemField>::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn a_filter_has_names_resolved_and_values_typed() {
    let filter = Filter::<ItemField>::parse(
        "email = 'A' AND NOT (name LIKE 'B%' OR createdDate < 2017-01-15)",
    )
    .unwrap();
    let instant = datetime!(2017-01-15 0:00 UTC);
    let expected = Filter::And(vec![
        Filter::Compare {
            field: ItemField::Email,
            op: Comparison::Equal,
            value: Value::Text("a".to_owned()),
        },
        Filter::Not(Box::new(Filter::Or(vec![
            Filter::Like {
                field: ItemField::Name,
                pattern: Pattern::parse("b%").unwrap(),
                negated: false,
            },
            Filter::compare(ItemField::CreatedDate, Comparison::Less, instant),
        ]))),
    ]);
    assert_eq!(filter, expected);
    let Filter::And(parts) = &filter else {
        panic!("{filter:?}")
    };
    assert_eq!(parts[0], Filter::equals(ItemField::Email, "A"));
    assert!(filter.mentions(ItemField::Email) && filter.mentions(ItemField::CreatedDate));
    assert!(!filter.mentions(ItemField::Id));
}

#[test]
fn conjunctions_are_flat_and_constants_vanish() {
    let [a, b, c] = [1, 2, 3].map(|id: i64| Filter::equals(ItemField::Id, id));
    assert_eq!(Filter::All.and(a.clone()), a);
    assert_eq!(a.clone().and(Filter::All), a);
    assert_eq!(a.clone().and(Filter::Nothing), Filter::Nothing);
    assert_eq!(Filter::Nothing.and(a.clone()), Filter::Nothing);
    assert_eq!(
        a.clone().and(b.clone()).and(c.clone()),
        Filter::And(vec![a, b, c])
    );
}

#[test]
fn spans_count_characters_from_one() {
    let expr = Expr::parse("ñ = 'é' AND `x y` IN (10)").unwrap();
    let Expr::And(parts) = expr else {
        panic!("{expr:?}")
    };
    let [
        Expr::Compare { field, value, .. },
        Expr::In {
            field: second,
            values,
            ..
        },
    ] = parts.as_slice()
    else {
        panic!("{parts:?}")
    };
    assert_eq!(field.span, Span { start: 1, end: 2 });
    assert_eq!(value.span, Span { start: 5, end: 8 });
    assert_eq!(second.span, Span { start: 13, end: 18 });
    assert_eq!(values[0].span, Span { start: 23, end: 25 });
}

#[test]
fn patterns_are_folded_and_escaped() {
    let pattern = Pattern::parse("A\\%%B\\\\_").unwrap();
    let literal = |text: &str| PatternToken::Literal(text.to_owned());
    assert_eq!(
        pattern.tokens(),
        [
            literal("a%"),
            PatternToken::AnyRun,
            literal("b\\"),
            PatternToken::AnyOne
        ]
    );
    assert_eq!(pattern.escaped('\\'), "a\\%%b\\\\_");
    assert_eq!(pattern.escaped('!'), "a!%%b\\_");
}
