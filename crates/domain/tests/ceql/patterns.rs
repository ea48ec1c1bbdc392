//! `LIKE` against a naive reference.

use proptest::prelude::*;
use tenantry_domain::ceql::{Pattern, PatternToken, fold};

/// What the words say, tried in every way.
fn reference(tokens: &[PatternToken], text: &[char]) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        return text.is_empty();
    };
    match token {
        PatternToken::AnyRun => (0..=text.len()).any(|taken| reference(rest, &text[taken..])),
        PatternToken::AnyOne => !text.is_empty() && reference(rest, &text[1..]),
        PatternToken::Literal(literal) => {
            let literal: Vec<char> = literal.chars().collect();
            text.strip_prefix(literal.as_slice())
                .is_some_and(|text| reference(rest, text))
        }
    }
}

#[test]
fn patterns_fit_whole_texts_ignoring_case() {
    for (pattern, text, fits) in [
        ("", "", true),
        ("", "a", false),
        ("%", "", true),
        ("_", "", false),
        ("_", "é", true),
        ("_", "ab", false),
        ("gre%", "Gregory", true),
        ("gre%", "Agreed", false),
        ("%ORY", "Gregory", true),
        ("%go%", "Gregory", true),
        ("g%y", "Gregory", true),
        ("g_e%", "Gregory", true),
        ("%a%a%", "banana", true),
        ("%ana", "banana", true),
        ("%nab%", "banana", false),
        ("100\\%", "100%", true),
        ("100\\%", "1000", false),
        ("a\\_b", "a_b", true),
        ("a\\_b", "axb", false),
        ("a\\\\b", "a\\b", true),
        ("\\a", "A", true),
        ("straße", "STRAßE", true),
        ("ΟΔΟΣ", "οδοσ", true),
        ("%🐎_", "x🐎y", true),
    ] {
        assert_eq!(
            Pattern::parse(pattern).unwrap().matches(&fold(text)),
            fits,
            "{pattern} {text}"
        );
    }
}

#[test]
fn no_pattern_takes_exponential_time() {
    let pattern = Pattern::parse(&format!("{}b", "%a".repeat(1000))).unwrap();
    assert!(!pattern.matches(&"a".repeat(4000)));
    let pattern = Pattern::parse(&format!("%{}b", "_".repeat(1000))).unwrap();
    assert!(!pattern.matches(&"a".repeat(4000)));
}

#[test]
fn texts_that_begin_as_a_pattern_does_lie_beside_each_other() {
    for (pattern, expected) in [
        ("gre%", Some(("gre", Some("grf"), true))),
        ("Gre%", Some(("gre", Some("grf"), true))),
        ("gre", Some(("gre", Some("grf"), false))),
        ("gr_%", Some(("gr", Some("gs"), false))),
        ("gr%en", Some(("gr", Some("gs"), false))),
        // Behind the last character before the surrogates comes the first one after them.
        ("a\u{d7ff}%", Some(("a\u{d7ff}", Some("a\u{e000}"), true))),
        ("a\u{10ffff}%", Some(("a\u{10ffff}", Some("b"), true))),
        ("\u{10ffff}%", Some(("\u{10ffff}", None, true))),
        ("100\\%%", Some(("100%", Some("100&"), true))),
        ("%gre", None),
        ("_re", None),
        ("", None),
    ] {
        let pattern = Pattern::parse(pattern).unwrap();
        let prefix = pattern.prefix();
        let found = prefix
            .as_ref()
            .map(|prefix| (prefix.from, prefix.below.as_deref(), prefix.is_all));
        assert_eq!(found, expected, "{pattern:?}");
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_the_reference(pattern in "[abé%_]{0,9}", text in "[abé]{0,9}") {
        let pattern = Pattern::parse(&pattern).unwrap();
        let chars: Vec<char> = text.chars().collect();
        prop_assert_eq!(pattern.matches(&text), reference(pattern.tokens(), &chars));
    }

    #[test]
    fn escaping_gives_back_the_pattern(text in "[aBÉ%_\\\\!]{0,12}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            prop_assert_eq!(Pattern::parse(&pattern.escaped('\\')).unwrap(), pattern);
        }
    }

    #[test]
    fn folding_needs_no_context(left in ".{0,8}", right in ".{0,8}") {
        prop_assert_eq!(fold(&format!("{left}{right}")), fold(&left) + &fold(&right));
    }

    #[test]
    fn what_fits_lies_between_the_bounds_of_its_beginning(pattern in "[ab%_\u{10ffff}]{0,5}", text in "[abc\u{10ffff}]{0,5}") {
        let pattern = Pattern::parse(&pattern).unwrap();
        if let Some(prefix) = pattern.prefix() {
            let within = text.as_str() >= prefix.from
                && prefix.below.is_none_or(|below| text < below);
            prop_assert_eq!(within, text.starts_with(prefix.from));
            prop_assert!(within || !pattern.matches(&text));
            prop_assert!(!prefix.is_all || within == pattern.matches(&text));
        }
    }
}
