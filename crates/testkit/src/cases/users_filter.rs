//! Which users a filter selects.

use tenantry_domain::{
    UserField,
    ceql::{Comparison, Filter},
    page::Sort,
};
use time::{Duration, macros::datetime};

use super::users_list::{fellowship, found};
use crate::{Fresh, samples::START};

pub async fn text_is_compared_exactly(fresh: Fresh) {
    check(
        &fresh,
        &[
            ("city = 'Hobbiton'", &["Frodo"]),
            ("city = 'hobbiton'", &["sam"]),
            ("city = 'Hobbiton '", &[]),
            ("city = ''", &["legolas"]),
            (
                "city != 'Hobbiton'",
                &["sam", "gandalf", "ärwen", "legolas"],
            ),
            ("city IN ('Hobbiton', 'hobbiton', 'x')", &["Frodo", "sam"]),
            ("city NOT IN ('Hobbiton', '')", &["sam", "gandalf", "ärwen"]),
            ("lastName = 'Undómiel'", &["ärwen"]),
            ("lastName = 'UNDÓMIEL'", &[]),
            ("fullName = 'Gandalf the Grey'", &["gandalf"]),
            ("name LIKE 'SAM% %GEE'", &["sam"]),
            ("externalId = 'FB-1'", &["Frodo"]),
        ],
    )
    .await;
}

pub async fn text_is_ordered_by_code_point(fresh: Fresh) {
    check(
        &fresh,
        &[
            ("city < 'R'", &["Frodo", "gandalf", "legolas"]),
            (
                "city <= 'Rivendell'",
                &["Frodo", "gandalf", "ärwen", "legolas"],
            ),
            ("city > 'Z'", &["sam"]),
            ("city >= 'Hobbiton'", &["Frodo", "sam", "ärwen"]),
            ("firstName > 'Z'", &["ärwen"]),
            ("firstName >= 'Ä'", &["ärwen"]),
            ("firstName > 'Ärwen'", &[]),
        ],
    )
    .await;
}

pub async fn email_is_compared_ignoring_case(fresh: Fresh) {
    check(
        &fresh,
        &[
            ("email = 'FRODO@fellowship.example'", &["Frodo"]),
            ("username = 'ÄRWEN@fellowship.example'", &["ärwen"]),
            ("email IN ('Sam@Fellowship.Example')", &["sam"]),
            ("email LIKE '%FELLOWSHIP%' AND email < 'G'", &["Frodo"]),
            ("email > 'SAM@fellowship.example'", &["ärwen"]),
            (
                "email != 'frodo@fellowship.example' AND email < 'H'",
                &["gandalf"],
            ),
        ],
    )
    .await;
}

pub async fn like_ignores_case_beyond_ascii(fresh: Fresh) {
    check(
        &fresh,
        &[
            ("firstName LIKE 'ÄRW%'", &["ärwen"]),
            ("firstName LIKE 'ärw__'", &["ärwen"]),
            ("lastName LIKE '%DÓM%'", &["ärwen"]),
            ("lastName NOT LIKE '%g%'", &["pippin", "ärwen"]),
            ("fullName LIKE '%the grey'", &["gandalf"]),
            ("city LIKE 'hobbiton'", &["Frodo", "sam"]),
        ],
    )
    .await;
}

pub async fn the_wildcards_of_like_can_be_escaped(fresh: Fresh) {
    // Gandalf's city is 100%_sure\ and nobody else's has a wildcard in it.
    check(
        &fresh,
        &[
            ("city LIKE '100%'", &["gandalf"]),
            (r"city LIKE '%\%%'", &["gandalf"]),
            (r"city LIKE '%\_%'", &["gandalf"]),
            (r"city LIKE '%\\'", &["gandalf"]),
            (r"city LIKE '100\%\_SURE\\'", &["gandalf"]),
            (r"city LIKE '100\_\%sure\\'", &[]),
            ("city LIKE '100%\\_s_re_'", &["gandalf"]),
            (r"city LIKE '\H\o\b%'", &["Frodo", "sam"]),
            (
                "city LIKE '%'",
                &["Frodo", "sam", "gandalf", "ärwen", "legolas"],
            ),
            ("city LIKE '_%'", &["Frodo", "sam", "gandalf", "ärwen"]),
            ("city LIKE ''", &["legolas"]),
            ("city LIKE '%%_%%'", &["Frodo", "sam", "gandalf", "ärwen"]),
            ("city LIKE '[h]%'", &[]),
            ("city LIKE '*'", &[]),
            ("city LIKE '!%'", &[]),
        ],
    )
    .await;
}

pub async fn an_absent_value_satisfies_is_null_alone(fresh: Fresh) {
    check(
        &fresh,
        &[
            ("city IS NULL", &["pippin"]),
            (
                "city IS NOT NULL",
                &["Frodo", "sam", "gandalf", "ärwen", "legolas"],
            ),
            (
                "externalId IS NULL",
                &["sam", "pippin", "gandalf", "ärwen", "legolas"],
            ),
            ("externalId != 'FB-1'", &[]),
            ("externalId NOT LIKE 'x%'", &["Frodo"]),
            ("externalId NOT IN ('x')", &["Frodo"]),
            ("email IS NULL", &[]),
            ("lastLoginDate IS NULL", &[]),
        ],
    )
    .await;
}

pub async fn not_is_the_plain_opposite(fresh: Fresh) {
    check(
        &fresh,
        &[
            (
                "NOT (city = 'Hobbiton')",
                &["sam", "pippin", "gandalf", "ärwen", "legolas"],
            ),
            ("NOT (city != 'Hobbiton')", &["Frodo", "pippin"]),
            ("NOT (city LIKE '%')", &["pippin"]),
            ("NOT (city NOT LIKE 'h%')", &["Frodo", "sam", "pippin"]),
            ("NOT (city NOT IN ('Hobbiton'))", &["Frodo", "pippin"]),
            (
                "NOT (city IS NULL)",
                &["Frodo", "sam", "gandalf", "ärwen", "legolas"],
            ),
            ("NOT (city < 'R' OR active = false)", &["sam", "pippin"]),
            (
                "NOT (city IS NOT NULL AND active = true)",
                &["pippin", "ärwen"],
            ),
            ("NOT (NOT (city = 'Hobbiton'))", &["Frodo"]),
            (
                "NOT (NOT (city IS NULL AND NOT (active = false)))",
                &["pippin"],
            ),
        ],
    )
    .await;
}

pub async fn conditions_combine_with_and_and_or(fresh: Fresh) {
    check(
        &fresh,
        &[
            (
                "city = 'Hobbiton' OR city = 'Rivendell' AND active = true",
                &["Frodo"],
            ),
            (
                "(city = 'Hobbiton' OR city = 'Rivendell') AND active = false",
                &["ärwen"],
            ),
            (
                "active = true AND (city IS NULL OR city = '')",
                &["pippin", "legolas"],
            ),
            ("active = false", &["ärwen"]),
            ("active != false AND firstName LIKE 'g%'", &["gandalf"]),
        ],
    )
    .await;
}

pub async fn numbers_and_dates_are_compared(fresh: Fresh) {
    // One was created per day, Frodo on 2026-01-15 at 12:00 UTC.
    check(
        &fresh,
        &[
            ("createdDate = '2026-01-15'", &["Frodo"]),
            ("createdDate < '2026-01-17'", &["Frodo", "sam"]),
            ("createdDate <= '2026-01-16T12:00:00Z'", &["Frodo", "sam"]),
            ("createdDate >= '2026-01-20T13:00:00+01:00'", &["legolas"]),
            (
                "createdDate IN ('2026-01-16', '2026-01-17')",
                &["sam", "pippin"],
            ),
            ("createdDate > '9999-12-31T23:59:59Z'", &[]),
            ("createdDate < '0001-01-01'", &[]),
            (
                "lastLoginDate = '1970-01-01'",
                &["Frodo", "sam", "pippin", "gandalf", "ärwen", "legolas"],
            ),
            ("lastLoginDate > '1970-01-01'", &[]),
            ("id = 0", &[]),
            ("id > 9223372036854775806", &[]),
            ("accountId < 1", &[]),
        ],
    )
    .await;
}

pub async fn nanoseconds_in_a_filter_are_not_rounded_away(fresh: Fresh) {
    let company = fellowship(&fresh).await;
    let nano = Duration::nanoseconds(1);
    for (op, at, expected) in [
        (Comparison::Less, START + nano, 1),
        (Comparison::Less, START, 0),
        (Comparison::LessOrEqual, START - nano, 0),
        (Comparison::Equal, START + nano, 0),
        (Comparison::Equal, START, 1),
        (Comparison::NotEqual, START + nano, 6),
        (Comparison::Greater, START - nano, 6),
        (Comparison::Greater, START + nano, 5),
        (Comparison::GreaterOrEqual, START + nano, 5),
        (Comparison::GreaterOrEqual, START - nano, 6),
        (Comparison::Less, datetime!(0001-01-01 0:00 UTC), 0),
        (
            Comparison::Less,
            datetime!(9999-12-31 23:59:59.999_999_999 UTC),
            6,
        ),
    ] {
        let filter = Filter::compare(UserField::CreatedDate, op, at);
        let selected = fresh.users(&company, &filter, &Sort::by_id()).await;
        assert_eq!(selected.len(), expected, "createdDate {op} {at}");
        let opposite = Filter::Not(Box::new(filter));
        let selected = fresh.users(&company, &opposite, &Sort::by_id()).await;
        assert_eq!(selected.len(), 6 - expected, "NOT createdDate {op} {at}");
    }
    let list = |negated| Filter::In {
        field: UserField::CreatedDate,
        values: vec![(START + nano).into(), START.into()],
        negated,
    };
    let selected = fresh.users(&company, &list(false), &Sort::by_id()).await;
    assert_eq!(selected.len(), 1);
    let selected = fresh.users(&company, &list(true), &Sort::by_id()).await;
    assert_eq!(selected.len(), 5);
}

pub async fn a_nul_in_a_filter_is_compared_like_any_character(fresh: Fresh) {
    let company = fellowship(&fresh).await;
    for (condition, expected) in [
        ("city = 'Hobbiton\0'", &[][..]),
        ("city = '\0'", &[]),
        (
            "city != 'Hobbiton\0'",
            &["Frodo", "sam", "gandalf", "ärwen", "legolas"],
        ),
        (
            "NOT (city = '\0')",
            &["Frodo", "sam", "pippin", "gandalf", "ärwen", "legolas"],
        ),
        ("city < 'Hobbiton\0'", &["Frodo", "gandalf", "legolas"]),
        ("city <= 'Hobbiton\0x'", &["Frodo", "gandalf", "legolas"]),
        ("city > 'Hobbiton\0'", &["sam", "ärwen"]),
        ("city >= 'Hobbit\0n'", &["Frodo", "sam", "ärwen"]),
        ("city < '\0'", &["legolas"]),
        ("city LIKE '%\0%'", &[]),
        (
            "city NOT LIKE 'Hob\0'",
            &["Frodo", "sam", "gandalf", "ärwen", "legolas"],
        ),
        ("city IN ('Hobbiton', 'a\0b')", &["Frodo"]),
        ("city IN ('a\0b')", &[]),
        (
            "city NOT IN ('Hobbiton', 'a\0b')",
            &["sam", "gandalf", "ärwen", "legolas"],
        ),
        ("elementKey = 'a\0'", &[]),
        ("email = 'frodo\0@fellowship.example'", &[]),
        ("email > 'sam\0'", &["sam", "ärwen"]),
    ] {
        let found = found(&fresh, &company, condition, "id").await;
        assert_eq!(found, expected, "{condition:?}");
    }
}

pub async fn injected_sql_is_text(fresh: Fresh) {
    check(
        &fresh,
        &[
            ("city = '''; DROP TABLE users; --'", &[]),
            ("city LIKE '%'' OR 1=1 --'", &[]),
            ("city IN (''') OR TRUE --', '$1', '?1', ':city')", &[]),
            ("lastName = 'Baggins'' OR ''1''=''1'", &[]),
            (
                "id > 0",
                &["Frodo", "sam", "pippin", "gandalf", "ärwen", "legolas"],
            ),
        ],
    )
    .await;
}

/// The longest list and the deepest nesting that the language has.
pub async fn the_largest_filters_work(fresh: Fresh) {
    let company = fellowship(&fresh).await;
    let cities: Vec<_> = (0..199).map(|n| format!("'{n}'")).collect();
    let list = format!("city IN ({}, 'Hobbiton')", cities.join(","));
    assert_eq!(found(&fresh, &company, &list, "id").await, ["Frodo"]);
    let nested = format!("{}city = 'Hobbiton'{}", "NOT (".repeat(32), ")".repeat(32));
    assert_eq!(found(&fresh, &company, &nested, "id").await, ["Frodo"]);
    let long = vec!["city = 'Hobbiton'"; 180].join(" OR ");
    assert_eq!(found(&fresh, &company, &long, "id").await, ["Frodo"]);
    let mut deep = String::from("city = 'Hobbiton'");
    for level in 0..31 {
        let op = if level % 2 == 0 { "AND" } else { "OR" };
        deep = format!(
            "({deep}) {op} id {} 0",
            if level % 2 == 0 { ">" } else { "<" }
        );
    }
    assert_eq!(found(&fresh, &company, &deep, "id").await, ["Frodo"]);
    let runs = format!("city LIKE '{}n'", "%_".repeat(7));
    assert_eq!(found(&fresh, &company, &runs, "id").await, ["Frodo", "sam"]);
}

async fn check(fresh: &Fresh, table: &[(&str, &[&str])]) {
    let company = fellowship(fresh).await;
    for (condition, expected) in table {
        let found = found(fresh, &company, condition, "id").await;
        assert_eq!(found, *expected, "{condition}");
    }
}
