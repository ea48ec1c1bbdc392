//! What holds for every expression and every filter.

use crate::sample::{Item, ItemField};
use proptest::{collection::vec, option, prelude::*, sample::select};
use tenantry_domain::ceql::{
    Comparison, Expr, Field, Filter, Kind, Leaf, Literal, LiteralValue, Normal, Pattern, Record,
    Test, Value, ValueRef, fold,
};
use time::{OffsetDateTime, macros::datetime};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "", "a", "B", "ab", "É", "é", "'", "%", "a_", "\\", "aB'`"
        ])
        .prop_map(str::to_owned),
        ".{0,6}"
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(LiteralValue::Text),
        any::<i64>().prop_map(|number| LiteralValue::Number(number.to_string())),
        "-?[0-9]{1,30}(\\.[0-9]{1,5})?".prop_map(LiteralValue::Number),
        any::<bool>().prop_map(LiteralValue::Boolean),
        "[1-9][0-9]{3}-0[1-9]-[01][1-9](T[01][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?[+-]0[0-9]:[0-5][0-9])?"
            .prop_map(LiteralValue::Date),
    ]
    .prop_map(Literal::from)
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_é][a-z0-9_.]{0,6}",
        select(vec![
            "and", "OR", "Not", "like", "true", "null", "a b", "`", "1"
        ])
        .prop_map(str::to_owned),
        ".{1,5}",
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (name(), select(&Comparison::ALL[..]), literal()).prop_map(|(field, op, value)| {
            Expr::Compare {
                field: field.as_str().into(),
                op,
                value,
            }
        }),
        (name(), text(), any::<bool>()).prop_map(|(field, text, negated)| Expr::Like {
            field: field.as_str().into(),
            pattern: LiteralValue::Text(text).into(),
            negated
        }),
        (name(), vec(literal(), 1..4), any::<bool>()).prop_map(|(field, values, negated)| {
            Expr::In {
                field: field.as_str().into(),
                values,
                negated,
            }
        }),
        (name(), any::<bool>()).prop_map(|(field, negated)| Expr::IsNull {
            field: field.as_str().into(),
            negated
        }),
    ];
    leaf.prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Expr::And),
            vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

/// Few instants, so that they meet: around midnights, and some with decimals.
fn instant() -> impl Strategy<Value = OffsetDateTime> {
    select(vec![
        datetime!(2017-01-14 23:59:59.999999 UTC),
        datetime!(2017-01-15 0:00 UTC),
        datetime!(2017-01-15 12:00:00.5 UTC),
        datetime!(2017-01-16 0:00 UTC),
        datetime!(9999-12-31 23:59:59 UTC),
        datetime!(0001-01-01 0:00 UTC),
    ])
}

fn short_text() -> impl Strategy<Value = String> {
    "[aBé'%_]{0,2}"
}

fn item() -> impl Strategy<Value = Item> {
    let texts = (
        short_text(),
        option::of(short_text()),
        option::of(short_text()),
    );
    let others = (
        option::of(any::<bool>()),
        option::of(instant()),
        option::of(instant()),
    );
    (
        0_i64..4,
        texts,
        others,
        vec(short_text(), 0..3),
        vec(0_i64..4, 0..3),
    )
        .prop_map(
            |(id, (name, note, email), (active, created, last_seen), tags, instances)| Item {
                id,
                name,
                note,
                email,
                active,
                created,
                last_seen,
                tags,
                instances,
            },
        )
}

fn value(field: ItemField) -> BoxedStrategy<Value> {
    match field.kind() {
        Kind::Text => short_text().prop_map(Value::Text).boxed(),
        Kind::FoldedText => short_text()
            .prop_map(|text| Value::Text(fold(&text)))
            .boxed(),
        Kind::Integer => (0_i64..4).prop_map(Value::Integer).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::Instant => instant().prop_map(Value::Instant).boxed(),
    }
}

fn leaf(field: ItemField) -> BoxedStrategy<Filter<ItemField>> {
    let op = select(&Comparison::ALL[..]).prop_filter("no order", move |op| {
        field.kind() != Kind::Boolean || op.is_equality()
    });
    let compare =
        (op, value(field)).prop_map(move |(op, value)| Filter::Compare { field, op, value });
    let list =
        (vec(value(field), 0..3), any::<bool>()).prop_map(move |(values, negated)| Filter::In {
            field,
            values,
            negated,
        });
    let null = any::<bool>().prop_map(move |negated| Filter::IsNull { field, negated });
    if !matches!(field.kind(), Kind::Text | Kind::FoldedText) {
        return prop_oneof![compare, list, null].boxed();
    }
    let like = (short_text(), any::<bool>()).prop_map(move |(text, negated)| Filter::Like {
        field,
        pattern: Pattern::parse(&text).unwrap(),
        negated,
    });
    prop_oneof![compare, list, null, like].boxed()
}

fn filter() -> impl Strategy<Value = Filter<ItemField>> {
    let leaf = prop_oneof![
        8 => select(ItemField::ALL).prop_flat_map(leaf),
        1 => Just(Filter::All),
        1 => Just(Filter::Nothing),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::And),
            vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

/// The text of a filter as a user would write it, days included.
fn written() -> impl Strategy<Value = String> {
    let day = select(vec![
        "2017-01-14",
        "'2017-01-15'",
        "2017-01-15T12:00:00.5Z",
        "9999-12-31",
        "0001-01-01",
    ]);
    let field = select(vec!["createdDate", "`last seen`"]);
    let leaf = prop_oneof![
        (field.clone(), select(&Comparison::ALL[..]), day.clone())
            .prop_map(|(field, op, day)| format!("{field} {op} {day}")),
        (field, vec(day, 1..4), any::<bool>()).prop_map(|(field, days, negated)| {
            format!(
                "{field} {}IN ({})",
                if negated { "NOT " } else { "" },
                days.join(", ")
            )
        }),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" AND "))),
            vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

/// Evaluates a normal form the way a store would: no negation but the denial of a single leaf.
fn evaluate(normal: &Normal<ItemField>, item: &Item) -> bool {
    match normal {
        Normal::All => true,
        Normal::Nothing => false,
        Normal::And(parts) => parts.iter().all(|part| evaluate(part, item)),
        Normal::Or(parts) => parts.iter().any(|part| evaluate(part, item)),
        Normal::Leaf(Leaf {
            field,
            test,
            denied,
        }) => {
            let values = item.values(*field);
            let satisfied = match test {
                Test::IsNull => values.as_slice().is_empty(),
                Test::IsNotNull => !values.as_slice().is_empty(),
                _ => values
                    .as_slice()
                    .iter()
                    .any(|own| passes(*field, own, test)),
            };
            satisfied != *denied
        }
    }
}

fn passes(field: ItemField, own: &ValueRef<'_>, test: &Test) -> bool {
    let own = match own {
        ValueRef::Text(own) if field.kind() == Kind::FoldedText => ValueRef::from(fold(own)),
        own => own.clone(),
    };
    let fits =
        |pattern: &Pattern| matches!(&own, ValueRef::Text(own) if pattern.matches(&fold(own)));
    let among = |values: &[Value]| values.iter().any(|value| own.order(value).unwrap().is_eq());
    match test {
        Test::Compare { op, value } => op.holds(own.order(value).unwrap()),
        Test::Like { pattern } => fits(pattern),
        Test::NotLike { pattern } => !fits(pattern),
        Test::In { values } => among(values),
        Test::NotIn { values } => !among(values),
        Test::IsNull | Test::IsNotNull => panic!("a value is there"),
    }
}

/// What the type of the normal form promises.
fn assert_normal(normal: &Normal<ItemField>) {
    match normal {
        Normal::All | Normal::Nothing => {}
        Normal::Leaf(Leaf { test, denied, .. }) => {
            assert!(
                !denied || !matches!(test, Test::IsNull | Test::IsNotNull),
                "{normal:?}"
            );
            assert!(
                !matches!(test, Test::In { values } | Test::NotIn { values } if values.is_empty()),
                "{normal:?}"
            );
        }
        Normal::And(parts) | Normal::Or(parts) => {
            assert!(parts.len() >= 2, "{normal:?}");
            let conjunction = matches!(normal, Normal::And(_));
            let mut listed: Vec<_> = parts
                .iter()
                .filter_map(|part| equality(part, conjunction))
                .collect();
            listed.sort_unstable_by_key(|field| field.name());
            listed.dedup();
            let equalities = parts
                .iter()
                .filter(|part| equality(part, conjunction).is_some());
            assert_eq!(listed.len(), equalities.count(), "{normal:?}");
            for part in parts {
                assert!(!matches!(part, Normal::All | Normal::Nothing), "{normal:?}");
                assert_ne!(
                    std::mem::discriminant(part),
                    std::mem::discriminant(normal),
                    "{normal:?}"
                );
                assert_normal(part);
            }
        }
    }
}

/// The field that a part of a group compares for equality, if such parts of the group make a list.
fn equality(part: &Normal<ItemField>, conjunction: bool) -> Option<ItemField> {
    let op = Comparison::Equal;
    match part {
        Normal::Leaf(Leaf {
            field,
            test: Test::In { .. },
            denied,
        }) if *denied == conjunction => Some(*field),
        Normal::Leaf(Leaf {
            field,
            test: Test::Compare { op: own, .. },
            denied,
        }) if *denied == conjunction && *own == op => Some(*field),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_expressions_parse_to_themselves(expr in expr()) {
        let text = expr.to_string();
        prop_assume!(text.chars().count() <= 4096);
        prop_assert_eq!(Expr::parse(&text).unwrap(), expr, "{}", text);
    }

    #[test]
    fn printed_filters_select_the_same(filter in filter(), items in vec(item(), 1..8)) {
        let text = filter.to_string();
        let again = Filter::<ItemField>::parse(&text).unwrap();
        prop_assert_eq!(again.to_string(), text.clone());
        for item in &items {
            prop_assert_eq!(again.matches(item), filter.matches(item), "{} {:?}", text, item);
        }
    }

    #[test]
    fn written_filters_print_as_filters_that_select_the_same(text in written(), items in vec(item(), 1..8)) {
        let filter = Filter::<ItemField>::parse(&text).unwrap();
        let again = Filter::<ItemField>::parse(&filter.to_string()).unwrap();
        let normal = filter.normalized();
        for item in &items {
            prop_assert_eq!(again.matches(item), filter.matches(item), "{} {:?}", text, item);
            prop_assert_eq!(evaluate(&normal, item), filter.matches(item), "{} {:?}", text, item);
        }
    }

    #[test]
    fn the_normal_form_selects_the_same(filter in filter(), items in vec(item(), 1..8)) {
        let normal = filter.normalized();
        assert_normal(&normal);
        for item in &items {
            prop_assert_eq!(evaluate(&normal, item), filter.matches(item), "{} {:?}", filter, item);
        }
    }

    #[test]
    fn conjunction_selects_what_both_select(left in filter(), right in filter(), item in item()) {
        let both = left.matches(&item) && right.matches(&item);
        prop_assert_eq!(left.and(right).matches(&item), both);
    }

    #[test]
    fn no_text_panics(text in ".{0,80}") {
        let _ = Filter::<ItemField>::parse(&text);
    }

    #[test]
    fn no_sequence_of_words_panics_and_what_parses_prints(words in vec(select(vec![
        "(", ")", ",", "=", "<", ">=", "NOT", "AND", "OR", "IN", "LIKE", "IS", "NULL", "true", "id", "name", "active",
        "createdDate", "'x'", "'%\\'", "1", "-1", "2017-01-15", "2017-01-15T10:00Z", "`tag`", "`", "'", "é", "\u{0}",
    ]), 0..16), separator in select(vec![" ", ""])) {
        let text = words.join(separator);
        if let Ok(expr) = Expr::parse(&text) {
            prop_assert_eq!(Expr::parse(&expr.to_string()).unwrap(), expr.clone());
            if let Ok(filter) = Filter::<ItemField>::resolve(&expr) {
                prop_assert!(Filter::<ItemField>::parse(&filter.to_string()).is_ok());
            }
        } else if let Err(error) = Expr::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column()), "{error}");
        }
    }
}
