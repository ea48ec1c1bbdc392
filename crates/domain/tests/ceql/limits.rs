//! The limits, and hostile texts. All of it must be answered at once, without a panic or an overflow of the stack.

use crate::sample::{Item, ItemField};
use tenantry_domain::ceql::{ErrorKind, Expr, Filter, MAX_LENGTH, MAX_LIST, MAX_NESTING};

fn refusal(text: &str) -> (ErrorKind, usize) {
    let error = Filter::<ItemField>::parse(text).unwrap_err();
    (error.kind().clone(), error.column())
}

#[test]
fn length_is_counted_in_characters() {
    let text = |name: &str, count: usize| format!("name = '{}'", name.repeat(count));
    let room = MAX_LENGTH - text("", 0).len();
    for letter in ["x", "é", "🐎"] {
        assert!(Expr::parse(&text(letter, room)).is_ok());
        assert_eq!(
            refusal(&text(letter, room + 1)),
            (ErrorKind::TooLong, MAX_LENGTH + 1)
        );
    }
    let message = Expr::parse(&"🐎".repeat(1_000_000))
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "expression longer than 4096 characters at column 4097"
    );
}

#[test]
fn parentheses_nest_so_deep_and_no_deeper() {
    let nested =
        |open: &str, depth: usize| format!("{}id = 1{}", open.repeat(depth), ")".repeat(depth));
    for open in ["(", "NOT (", "name = 'x' OR ("] {
        assert!(
            Filter::<ItemField>::parse(&nested(open, MAX_NESTING)).is_ok(),
            "{open}"
        );
        let column = open.chars().count() * (MAX_NESTING + 1);
        assert_eq!(
            refusal(&nested(open, MAX_NESTING + 1)),
            (ErrorKind::TooDeep, column),
            "{open}"
        );
    }
    let message = Expr::parse(&"(".repeat(4000)).unwrap_err().to_string();
    assert_eq!(message, "more than 32 nested parentheses at column 33");
    assert_eq!(refusal(&nested("(", 100_000)).0, ErrorKind::TooLong);
    assert_eq!(refusal(&"(".repeat(100_000)).0, ErrorKind::TooLong);
}

#[test]
fn siblings_do_not_count_as_nesting() {
    let text = vec!["(id = 1)"; 300].join(" OR ");
    assert!(Filter::<ItemField>::parse(&text).is_ok());
}

#[test]
fn lists_have_so_many_values_and_no_more() {
    let list = |count: usize| format!("id IN ({})", vec!["1"; count].join(","));
    assert!(Filter::<ItemField>::parse(&list(MAX_LIST)).is_ok());
    let column = "id IN (".len() + 2 * MAX_LIST + 1;
    assert_eq!(
        refusal(&list(MAX_LIST + 1)),
        (ErrorKind::ListTooLong, column)
    );
}

#[test]
fn long_chains_need_no_stack() {
    for operator in ["and ", "or "] {
        let mut text = "id=1 ".to_owned();
        while text.len() + operator.len() + "id=1 ".len() <= MAX_LENGTH {
            text.push_str(operator);
            text.push_str("id=1 ");
        }
        let filter = Filter::<ItemField>::parse(&text).unwrap();
        assert!(filter.matches(&Item {
            id: 1,
            ..Item::default()
        }));
        assert!(!filter.matches(&Item::default()));
        let canonical = filter.to_string();
        assert_eq!(
            canonical.matches("id = 1").count(),
            text.matches("id=1").count()
        );
    }
}

#[test]
fn hostile_texts_are_refused() {
    let parts = [
        "(", ")", "NOT ", "NOT(", "'", "`", "id", "id=", "id IN (", "1", "-", "\\", "%", ".", "0-",
        "\u{301}",
    ];
    for part in parts {
        let text = part.repeat(4000 / part.chars().count());
        assert!(Expr::parse(&text).is_err(), "{part}");
        assert!(Expr::parse(&format!("id = 1 {text}")).is_err(), "{part}");
        assert!(
            Expr::parse(&format!("id = 1 AND {text}")).is_err(),
            "{part}"
        );
    }
}
