//! Searches in a large organization: what is found, and how many steps SQLite takes for it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rusqlite::Connection;
use tenantry_domain::{
    AccountId, OrganizationId, Scope, UserField, UserId,
    ceql::Filter,
    page::{PageRequest, Sort},
};

use tenantry_testkit::searches;

use super::leads;
use crate::{
    list::Wanted,
    migrate,
    plan::plan,
    rows::user::{COLUMNS, read},
    sql::set_up,
    trigrams::write_waiting,
};

/// The one that stands out, in the middle of its organization.
const ZZYZX: i64 = 30_000;
/// An index is descended, a page is read; nothing grows with the organization. To walk it takes half a million.
const FEW: u64 = 10_000;

/// Organization 7 with 62,000 users, and 8,000 in others. Names of hexadecimal digits, all different.
const ROWS: &str = "
    INSERT INTO organizations (id, name, kind, active, default_account_id, created_at, updated_at, revision)
        SELECT value, 'o', 'customer', 1, value, 0, 0, 1 FROM json_each('[7, 100, 101, 102, 103]');
    INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
        SELECT id, id, 'a', 'a', 1, 1, 0, 0, 1 FROM organizations;
    INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
        VALUES (7, 8, 'b', 'b', 1, 0, 0, 0, 1);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 70000),
        names AS (SELECT n, CASE WHEN n <= 62000 THEN 7 ELSE 100 + n % 4 END AS o,
            CASE WHEN n = 30000 THEN 'Zzyzx' ELSE printf('%08x', n * 2654435761 % 4294967296) END AS l FROM numbers)
    INSERT INTO users (organization_id, account_id, id, email, email_folded, first_name, first_name_folded, last_name,
            last_name_folded, full_name, full_name_folded, active, external_id, external_id_folded, phone, phone_folded,
            street1, street1_folded, street2, street2_folded, city, city_folded, state_province, state_province_folded,
            postal_code, postal_code_folded, country, country_folded, password_must_change, last_login_at, created_at,
            updated_at, revision)
        SELECT o, CASE WHEN n = 30000 THEN 8 ELSE o END, n, l || '@' || o || '.example', lower(l) || '@' || o || '.example',
            l, lower(l), l, lower(l), l || ' ' || l, lower(l || ' ' || l), n <> 30000, l, lower(l), l, lower(l), l, lower(l),
            l, lower(l), l, lower(l), l, lower(l), l, lower(l), l, lower(l), 0, CASE WHEN n = 30000 THEN 1767225600000000 ELSE 0 END,
            n * 1000000, 0, 1 FROM names;
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
    INSERT INTO elements (organization_id, id, key, key_folded) SELECT 7, n, 'k' || n, 'k' || n FROM numbers;
    INSERT INTO instances (organization_id, id, account_id, user_id, name, name_folded, element_id, valid, disabled, created_at,
            updated_at, revision)
        SELECT 7, id, 7, CASE WHEN id = 5 THEN 30000 ELSE id END, 'i', 'i', id, 1, 0, 0, 0, 1 FROM elements;";

/// The schema of the release before the indexes.
const BEFORE: [&str; 4] = [
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_platform.sql"),
    include_str!("../../migrations/0003_transfers.sql"),
    "PRAGMA user_version = 3",
];

struct Large {
    connection: Connection,
    steps: Arc<AtomicU64>,
}

impl Large {
    fn new() -> Self {
        Self::with(ROWS)
    }

    fn with(rows: &str) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        // The rows first, then the indexes of them all: a tenth of the time.
        for step in BEFORE {
            connection.execute_batch(step).unwrap();
        }
        connection.execute_batch(rows).unwrap();
        assert_eq!(migrate::apply(&connection).unwrap(), 2);
        write_waiting(&connection).unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&steps);
        connection
            .progress_handler(
                10,
                Some(move || {
                    counted.fetch_add(10, Ordering::Relaxed);
                    false
                }),
            )
            .unwrap();
        Self { connection, steps }
    }

    /// The numbers of the users on the first page, and the steps to them.
    fn searched(&self, ceql: &str, order: &str) -> (Vec<i64>, u64) {
        let before = self.steps.load(Ordering::Relaxed);
        let wanted = Wanted::new(
            COLUMNS,
            &Scope::organization(OrganizationId::new(7)),
            &Filter::<UserField>::parse(ceql).unwrap(),
            &Sort::parse(order).unwrap(),
            &PageRequest::first(19),
        )
        .unwrap();
        let found = wanted
            .rows(&self.connection, |connection, sql| {
                sql.rows(connection, read)
            })
            .unwrap();
        let numbers = found
            .rows
            .iter()
            .map(|user| user.id)
            .map(UserId::get)
            .collect();
        (numbers, self.steps.load(Ordering::Relaxed) - before)
    }
}

fn a_search_reads_what_it_finds(large: &Large) {
    let own = [
        "id = 30000",
        "createdDate = '1970-01-01T08:20:00Z'",
        "createdDate >= '1970-01-01T08:20:00Z' AND createdDate < '1970-01-01T08:20:01Z' AND city = 'Zzyzx'",
    ];
    let searches = own.into_iter().map(str::to_owned).chain(searches::of_one());
    for ceql in &searches.collect::<Vec<_>>() {
        let (found, steps) = large.searched(ceql, "id");
        assert_eq!(found, [ZZYZX], "{ceql}");
        assert!(steps <= FEW, "{ceql} took {steps} steps");
    }
    for ceql in searches::OF_NONE {
        let (found, steps) = large.searched(ceql, "lastName");
        assert_eq!(found, [0; 0], "{ceql}");
        assert!(steps <= FEW, "{ceql} took {steps} steps");
    }
}

#[test]
fn what_an_index_finds_alone_is_counted_without_reading_users() {
    let scope = Scope::organization(OrganizationId::new(7));
    for (ceql, field, bounds) in [
        ("city = 'Bree'", "city", "city=?"),
        ("city = 'Bree' AND active = true", "city", "city=?"),
        (
            "city > 'Bree' AND active = false AND city < 'C'",
            "city",
            "city>? AND city<?",
        ),
        (
            "lastName LIKE 'bree%' AND active = true",
            "last_name_folded",
            "last_name_folded>? AND last_name_folded<?",
        ),
        (
            "email LIKE 'bree%'",
            "email",
            "email_folded>? AND email_folded<?",
        ),
    ] {
        let filter = Filter::<UserField>::parse(ceql).unwrap();
        let leads = leads(&scope, &filter);
        let exact = leads.iter().find(|lead| lead.exact).unwrap();
        assert_eq!(
            plan(exact.ids.clone()),
            [format!(
                "SEARCH users USING COVERING INDEX users_{field}_idx (organization_id=? AND {bounds})"
            )],
            "{ceql}"
        );
    }
    let account = Scope::account(OrganizationId::new(7), AccountId::new(8));
    for (scope, ceql) in [
        (&account, "city = 'Bree'"),
        (&scope, "city = 'Bree' AND country = 'Eriador'"),
        (&scope, "city = 'Bree' OR country = 'Eriador'"),
        (&scope, "lastName LIKE '%utter%'"),
        (&scope, "lastName LIKE 'b%ur'"),
        (&scope, "firstName LIKE 'b%'"),
        (&scope, "elementKey = 'k5'"),
        (&scope, "NOT city = 'Bree'"),
    ] {
        let filter = Filter::<UserField>::parse(ceql).unwrap();
        let found = leads(scope, &filter).iter().any(|lead| lead.exact);
        assert!(!found, "{ceql}");
    }
}

fn every_order_is_read_from_an_index(large: &Large) {
    for order in &searches::orders() {
        let (found, steps) = large.searched("active = true", order);
        assert_eq!(found.len(), 20, "{order}");
        assert!(steps <= FEW, "by {order} it took {steps} steps");
    }
}

fn a_page_of_one_value_is_read_from_its_index(large: &Large) {
    for (order, first) in [("id", 1), ("id desc", 62_000)] {
        let (found, steps) = large.searched("accountId = 7", order);
        assert_eq!((found.len(), found[0]), (20, first), "{order}");
        assert!(steps <= FEW, "by {order} it took {steps} steps");
    }
}

fn what_is_much_is_walked_and_what_is_far_is_gathered(large: &Large) {
    let (all, _) = large.searched("lastName > '1' AND lastName <> ''", "id");
    assert_eq!(all.len(), 20);
    for (from, first) in [("00:00:01", 1), ("12:00:00", 43_200), ("14:00:00", 50_400)] {
        let ceql = format!("createdDate >= '1970-01-01T{from}Z'");
        let (found, _) = large.searched(&ceql, "id");
        assert_eq!(found, (first..first + 20).collect::<Vec<i64>>(), "{ceql}");
        let (found, _) = large.searched(&ceql, "id desc");
        assert_eq!(
            found,
            (61_981..=62_000).rev().collect::<Vec<i64>>(),
            "{ceql}"
        );
        let (found, _) = large.searched(&ceql, "createdDate");
        assert_eq!(found, (first..first + 20).collect::<Vec<i64>>(), "{ceql}");
    }
}

/// One test, because it takes seconds to fill such an organization.
#[test]
fn a_search_reads_what_it_finds_and_not_the_organization() {
    let large = Large::new();
    a_search_reads_what_it_finds(&large);
    every_order_is_read_from_an_index(&large);
    a_page_of_one_value_is_read_from_its_index(&large);
    what_is_much_is_walked_and_what_is_far_is_gathered(&large);
}

#[test]
fn letters_follow_what_is_changed_and_erased() {
    let large = Large::with(&ROWS.replace("70000", "1200").replace("30000", "30"));
    let change = |statement: &str| {
        large.connection.execute_batch(statement).unwrap();
        write_waiting(&large.connection).unwrap();
    };
    change(
        "UPDATE users SET full_name_folded = 'frodo baggins', last_name_folded = 'baggins' WHERE id = 17",
    );
    assert_eq!(large.searched("lastName LIKE '%aggin%'", "id").0, [17]);
    assert_eq!(large.searched("lastName LIKE '%zyz%'", "id").0, [30]);
    // Of several changes at once, the last counts, and what is erased in between is put in anew.
    change(
        "DELETE FROM instances WHERE user_id = 18;
         CREATE TEMPORARY TABLE kept AS SELECT * FROM users WHERE id = 18;
         UPDATE users SET full_name_folded = 'samwise gamgee' WHERE id = 18;
         UPDATE users SET full_name_folded = 'peregrin took' WHERE id = 18;
         DELETE FROM users WHERE id = 18;
         INSERT INTO users SELECT * FROM kept;
         UPDATE users SET full_name_folded = 'meriadoc brandybuck', last_name_folded = 'brandybuck' WHERE id = 18",
    );
    assert_eq!(large.searched("lastName LIKE '%andyb%'", "id").0, [18]);
    change("DELETE FROM instances; DELETE FROM users WHERE id IN (17, 18, 30)");
    assert_eq!(large.searched("lastName LIKE '%andyb%'", "id").0, [0; 0]);
    assert_eq!(large.searched("lastName LIKE '%aggin%'", "id").0, [0; 0]);
    let left: i64 = large
        .connection
        .query_row(
            "SELECT count(*) FROM users_letters WHERE users_letters MATCH \
             'full_name : (\u{4e07}zyz OR \u{4e07}agg OR \u{4e07}mga OR \u{4e07}ady OR \u{4e07}ndy)'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
    large
        .connection
        .execute_batch("INSERT INTO users_letters (users_letters) VALUES ('integrity-check')")
        .unwrap();
}
