//! What filters select: presence, days, several values.

use crate::sample::{Item, ItemField};
use tenantry_domain::ceql::Filter;
use time::macros::datetime;

fn item() -> Item {
    Item {
        id: 7,
        name: "Ünal".to_owned(),
        note: None,
        email: Some("Ann@Example.org".to_owned()),
        active: Some(true),
        created: Some(datetime!(2017-01-15 23:59:59.999999 UTC)),
        last_seen: None,
        tags: vec!["Red".to_owned(), "blue".to_owned()],
        instances: Vec::new(),
    }
}

#[test]
fn conditions_hold_or_not() {
    let item = item();
    for (text, holds) in [
        ("id = 7", true),
        ("id != 7", false),
        ("id > 6 AND id < 8 AND id >= 7 AND id <= 7", true),
        ("id IN (1, 7)", true),
        ("id NOT IN (1, 7)", false),
        // Text is exact and ordered by code point, LIKE ignores case, e-mail ignores it everywhere.
        ("name = 'Ünal'", true),
        ("name = 'ünal'", false),
        ("name > 'Zoe'", true),
        ("name LIKE 'ü%'", true),
        ("name NOT LIKE 'ü%'", false),
        ("email = 'ANN@example.ORG'", true),
        ("email != 'ANN@example.ORG'", false),
        ("email IN ('x', 'ann@EXAMPLE.org')", true),
        ("email > 'ANA'", true),
        ("active = true", true),
        ("active != 'False'", true),
        // Absent values.
        ("note.text = 'x'", false),
        ("note.text != 'x'", false),
        ("note.text LIKE '%'", false),
        ("note.text NOT LIKE 'x'", false),
        ("note.text IN ('x')", false),
        ("note.text NOT IN ('x')", false),
        ("note.text IS NULL", true),
        ("note.text IS NOT NULL", false),
        ("NOT note.text = 'x'", true),
        ("NOT (note.text = 'x' OR id = 7)", false),
        ("NOT (note.text = 'x' AND id = 7)", true),
        ("`last seen` = 2017-01-15", false),
        ("`last seen` != 2017-01-15", false),
        ("`last seen` NOT IN (2017-01-15)", false),
        ("NOT `last seen` = 2017-01-15", true),
        ("`last seen` <= 9999-12-31", false),
        // Days.
        ("createdDate = 2017-01-15", true),
        ("createdDate = '2017-01-16'", false),
        ("createdDate != 2017-01-15", false),
        ("createdDate != 2017-01-14", true),
        ("createdDate < 2017-01-15", false),
        ("createdDate <= 2017-01-15", true),
        ("createdDate <= 2017-01-14", false),
        ("createdDate > 2017-01-15", false),
        ("createdDate > 2017-01-14", true),
        ("createdDate >= 2017-01-15", true),
        ("createdDate >= 2017-01-16", false),
        ("createdDate IN (2017-01-10, 2017-01-15)", true),
        ("createdDate NOT IN (2017-01-10, 2017-01-15)", false),
        ("createdDate NOT IN (2017-01-10, 2017-01-16)", true),
        ("createdDate <= 9999-12-31", true),
        ("createdDate > 9999-12-31", false),
        ("createdDate = '2017-01-16T00:59:59.999999+01:00'", true),
        ("createdDate IN ('2017-01-15T23:59:59.999999Z')", true),
        // Several values: any of them will do, for negated conditions too.
        ("tag = 'blue'", true),
        ("tag = 'red'", false),
        ("tag LIKE 'RED'", true),
        ("tag != 'blue'", true),
        ("tag NOT LIKE 'blue'", true),
        ("tag NOT IN ('Red', 'blue')", false),
        ("tag NOT IN ('Red')", true),
        ("NOT tag = 'blue'", false),
        ("tag = 'blue' AND tag = 'Red'", true),
        ("tag IS NULL", false),
        ("instanceId IS NULL", true),
        ("instanceId != 1", false),
        ("NOT instanceId = 1", true),
    ] {
        let filter = Filter::<ItemField>::parse(text).unwrap();
        assert_eq!(filter.matches(&item), holds, "{text}");
    }
    assert!(Filter::All.matches(&item));
    assert!(!Filter::Nothing.matches(&item));
}
