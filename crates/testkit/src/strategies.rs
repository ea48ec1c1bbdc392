//! Random rows, filters and orders, made so that filters often hit: texts come from a small alphabet full of trouble,
//! and filters mostly ask for values that some row has.

mod transfer;

pub use transfer::whole_organizations;

use proptest::{
    collection::vec,
    prelude::{BoxedStrategy, Just, Strategy, any},
    sample::{select, subsequence},
    strategy::{Union, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tenantry_domain::{
    AccountId, Name, Profile, Text, UserDraft,
    ceql::{Comparison, Field, Filter, Kind, Pattern, Record, Value, ValueRef},
    page::{Listed, Sort},
};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::samples;

/// Upper and lower case, letters that change their length when folded, wildcards and escapes of several languages,
/// white space, and a character beyond the basic plane.
const ALPHABET: &[char] = &[
    'a', 'a', 'A', 'b', 'B', 'ß', 'é', 'É', 'İ', 'ı', 'Σ', 'σ', 'ς', '😀', '%', '_', '\\', '\'',
    '"', '*', '?', '[', '!', ' ', '\t',
];

/// The values of `strategy`, the same in every run; another `seed` gives others.
///
/// # Panics
/// If the strategy rejects too many of its own values.
pub fn sample<S: Strategy>(strategy: &S, seed: u8, count: usize) -> Vec<S::Value> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut next = || match strategy.new_tree(&mut runner) {
        Ok(tree) => tree.current(),
        Err(reason) => panic!("a strategy gave up: {reason}"),
    };
    (0..count).map(|_| next()).collect()
}

/// Short texts, the empty one included.
pub fn texts() -> impl Strategy<Value = String> + Clone {
    vec(select(ALPHABET), 0..5).prop_map(|chars| chars.into_iter().collect())
}

/// Short names.
pub fn names() -> impl Strategy<Value = Name> {
    texts().prop_map(|text| {
        let blank = text.trim().is_empty();
        samples::name(&if blank { format!("{text}n") } else { text })
    })
}

/// Profiles with absent, empty and short texts.
pub fn profiles() -> impl Strategy<Value = Profile> {
    let field = || proptest::option::of(texts().prop_map(|text| samples::text(&text)));
    let fields: [BoxedStrategy<Option<Text>>; 8] = std::array::from_fn(|_| field().boxed());
    fields.prop_map(
        |[
            external_id,
            phone,
            street1,
            street2,
            city,
            state_province,
            postal_code,
            country,
        ]| Profile {
            external_id,
            phone,
            street1,
            street2,
            city,
            state_province,
            postal_code,
            country,
        },
    )
}

/// So many drafts of users in an account, each with its own e-mail.
pub fn user_drafts(account: AccountId, count: usize) -> impl Strategy<Value = Vec<UserDraft>> {
    let one = (texts(), names(), names(), any::<bool>(), profiles());
    vec(one, count).prop_map(move |people| {
        let numbered = people.into_iter().enumerate();
        numbered
            .map(
                |(number, (local, first_name, last_name, active, profile))| {
                    let local: String = local.split_whitespace().collect();
                    UserDraft {
                        first_name,
                        last_name,
                        active,
                        profile,
                        ..samples::user_draft(account, &format!("{local}{number}@Example.test"))
                    }
                },
            )
            .collect()
    })
}

/// Filters over the fields of `rows`, most of whose values stand in some row.
pub fn filters<F: Field, R: Record<F>>(rows: &[R]) -> BoxedStrategy<Filter<F>> {
    let fields = F::ALL.iter().map(|field| condition(*field, rows));
    let leaf = Union::new(fields).boxed();
    let leaf =
        proptest::prop_oneof![20 => leaf, 1 => Just(Filter::All), 1 => Just(Filter::Nothing)];
    leaf.prop_recursive(4, 16, 3, |inner| {
        proptest::prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::And),
            vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

/// Filters with many conditions, all of them on `fields`, and nested in both ways.
pub fn wide_filters<F: Field, R: Record<F>>(fields: &[F], rows: &[R]) -> BoxedStrategy<Filter<F>> {
    let leaf = Union::new(fields.iter().map(|field| condition(*field, rows))).boxed();
    let denied = leaf.clone().prop_map(|leaf| Filter::Not(Box::new(leaf)));
    let leaf = proptest::prop_oneof![2 => leaf, 1 => denied].boxed();
    let group = |parts: BoxedStrategy<Filter<F>>, most: usize| {
        (vec(parts, most / 3..most), any::<bool>()).prop_map(|(parts, conjunction)| {
            if conjunction {
                Filter::And(parts)
            } else {
                Filter::Or(parts)
            }
        })
    };
    let small = group(leaf.clone(), 5).boxed();
    group(proptest::prop_oneof![leaf, small].boxed(), 10).boxed()
}

/// Orders by up to three fields, up and down.
///
/// # Panics
/// Never: the names are those of the fields.
pub fn sorts<F: Listed>() -> impl Strategy<Value = Sort<F>> {
    let fields: Vec<&str> = F::ALL
        .iter()
        .filter(|field| !field.is_many())
        .map(|field| field.name())
        .collect();
    let most = fields.len().min(3);
    let chosen = subsequence(fields, 1..=most).prop_shuffle();
    let directions = vec(select(&["asc", "desc"][..]), most);
    (chosen, directions).prop_map(|(fields, directions)| {
        let keys = fields.iter().zip(directions);
        let text: Vec<_> = keys.map(|(field, way)| format!("{field} {way}")).collect();
        Sort::parse(&text.join(", ")).unwrap_or_else(|error| panic!("orderBy {error}"))
    })
}

fn condition<F: Field, R: Record<F>>(field: F, rows: &[R]) -> BoxedStrategy<Filter<F>> {
    let value = values(field, rows);
    let compare = (select(&Comparison::ALL[..]), value.clone())
        .prop_map(move |(op, value)| Filter::compare(field, op, value))
        .boxed();
    let list = (vec(value.clone(), 0..4), any::<bool>())
        .prop_map(move |(values, negated)| Filter::In {
            field,
            values: folded(field, values),
            negated,
        })
        .boxed();
    let presence = any::<bool>()
        .prop_map(move |negated| Filter::IsNull { field, negated })
        .boxed();
    if !matches!(field.kind(), Kind::Text | Kind::FoldedText) {
        return proptest::prop_oneof![4 => compare, 1 => list, 1 => presence].boxed();
    }
    let like = (patterns(value), any::<bool>())
        .prop_map(move |(pattern, negated)| Filter::Like {
            field,
            pattern,
            negated,
        })
        .boxed();
    proptest::prop_oneof![4 => compare, 4 => like, 1 => list, 1 => presence].boxed()
}

/// [`Filter::compare`] folds; a list has to be folded by whoever makes it.
fn folded<F: Field>(field: F, values: Vec<Value>) -> Vec<Value> {
    let fold = |value| match Filter::equals(field, value) {
        Filter::Compare { value, .. } => Some(value),
        _ => None,
    };
    values.into_iter().filter_map(fold).collect()
}

fn values<F: Field, R: Record<F>>(field: F, rows: &[R]) -> BoxedStrategy<Value> {
    let mut found: Vec<Value> = Vec::new();
    for row in rows {
        found.extend(row.values(field).as_slice().iter().map(owned));
    }
    let strange = match field.kind() {
        Kind::Text | Kind::FoldedText => proptest::prop_oneof![
            4 => texts(),
            1 => (texts(), texts()).prop_map(|(before, behind)| format!("{before}\0{behind}")),
        ]
        .prop_map(Value::Text)
        .boxed(),
        Kind::Integer => select(vec![-1, 0, 1, i64::MIN, i64::MAX])
            .prop_map(Value::Integer)
            .boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::Instant => select(vec![
            datetime!(0001-01-01 0:00 UTC),
            OffsetDateTime::UNIX_EPOCH,
            datetime!(9999-12-31 23:59:59.999_999_999 UTC),
        ])
        .prop_map(Value::Instant)
        .boxed(),
    };
    if found.is_empty() {
        return strange;
    }
    let nudged = (select(found), -1i64..=1).prop_map(|(value, by)| match value {
        Value::Instant(instant) => Value::Instant(instant + Duration::nanoseconds(by)),
        other => other,
    });
    proptest::prop_oneof![4 => nudged, 1 => strange].boxed()
}

/// Patterns that come from a text: some characters stand for themselves, some become wildcards.
fn patterns(value: BoxedStrategy<Value>) -> impl Strategy<Value = Pattern> {
    (value, vec(0..10u8, 8)).prop_map(|(value, choices)| {
        let text = match value {
            Value::Text(text) => text,
            _ => String::new(),
        };
        let mut pattern = String::new();
        for (c, choice) in text.chars().zip(choices.iter().cycle()) {
            match choice {
                0 => pattern.push('%'),
                1 => pattern.push('_'),
                2 => pattern.extend(['%', '\\', c]),
                3 => pattern.extend(std::iter::once('\\').chain(c.to_lowercase().take(1))),
                _ => pattern.extend(['\\', c]),
            }
        }
        if choices.first().is_some_and(|choice| *choice > 6) {
            pattern.push('%');
        }
        Pattern::parse(&pattern).unwrap_or_else(|error| panic!("pattern {pattern:?}: {error}"))
    })
}

fn owned(value: &ValueRef<'_>) -> Value {
    match value {
        ValueRef::Text(text) => Value::Text(text.to_string()),
        ValueRef::Integer(number) => Value::Integer(*number),
        ValueRef::Boolean(truth) => Value::Boolean(*truth),
        ValueRef::Instant(instant) => Value::Instant(*instant),
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::UserField;

    use super::*;
    use crate::reference::UserWithInstances;

    #[test]
    fn a_seed_always_gives_the_same() {
        assert_eq!(sample(&texts(), 7, 50), sample(&texts(), 7, 50));
        assert_ne!(sample(&texts(), 7, 50), sample(&texts(), 8, 50));
    }

    #[test]
    fn emails_differ_whatever_the_case() {
        let drafts = sample(&user_drafts(AccountId::new(2), 60), 1, 1).remove(0);
        let mut folded: Vec<_> = drafts.iter().map(|draft| draft.email.folded()).collect();
        folded.sort_unstable();
        folded.dedup();
        assert_eq!(folded.len(), 60);
    }

    #[test]
    fn filters_of_no_rows_are_made_too() {
        let rows: [UserWithInstances; 0] = [];
        let strategy = filters::<UserField, _>(&rows);
        assert_eq!(sample(&strategy, 1, 40).len(), 40);
    }
}
