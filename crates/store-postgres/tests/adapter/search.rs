//! Searches in a large organization: what is found, and how many rows PostgreSQL reads for it, by its own count.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tenantry_domain::{
    OrganizationId, Scope, UserField, UserId,
    ceql::Filter,
    page::{Count, PageRequest, Sort},
};
use tenantry_store_postgres::PostgresStore;
use tenantry_testkit::{run, searches};

use super::{Schema, raw, shire, until_alone, user};

/// The one that stands out, in the middle of its organization.
const ZZYZX: i64 = 35_000;
/// Those of organization 7, in the order of their creation.
const USERS: i64 = 62_000;
/// An index is descended, a page is read; nothing grows with the organization.
const FEW: i64 = 1_000;

/// Organization 7 with its [`USERS`], and 8,000 users in a hundred others. Names of hexadecimal digits, all different.
const ROWS: &str = "
    SET session_replication_role = replica;
    BEGIN;
    INSERT INTO organizations (id, name, kind, active, default_account_id, created_at, updated_at, revision)
        SELECT o, 'o', 'customer', TRUE, o, 'epoch', 'epoch', 1
        FROM (SELECT 7 AS o UNION ALL SELECT generate_series(100, 199)) AS numbers;
    INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
        SELECT id, id, 'a', 'a', TRUE, TRUE, created_at, updated_at, 1 FROM organizations;
    INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
        VALUES (7, 8, 'b', 'b', TRUE, FALSE, 'epoch', 'epoch', 1);
    COMMIT;
    INSERT INTO users (organization_id, account_id, id, email, email_folded, first_name, first_name_folded, last_name,
            last_name_folded, full_name, full_name_folded, active, external_id, external_id_folded, phone, phone_folded,
            street1, street1_folded, street2, street2_folded, city, city_folded, state_province, state_province_folded,
            postal_code, postal_code_folded, country, country_folded, password_must_change, last_login_at, created_at,
            updated_at, revision)
        SELECT o, CASE WHEN n = 35000 THEN 8 ELSE o END, n, l || '@' || o || '.example', lower(l) || '@' || o || '.example',
            f, lower(f), l, lower(l), f || ' ' || l, lower(f || ' ' || l), n <> 35000, l, lower(l), l, lower(l), l, lower(l),
            l, lower(l), l, lower(l), l, lower(l), l, lower(l), l, lower(l), FALSE,
            CASE WHEN n = 35000 THEN '2026-01-01 00:00Z' ELSE 'epoch' END::timestamptz,
            '2020-01-01 00:00Z'::timestamptz + n * interval '1 minute', 'epoch', 1
        FROM (SELECT n, CASE WHEN n <= 62000 THEN 7 ELSE 100 + n % 100 END AS o,
                CASE WHEN n = 35000 THEN 'Zzyzx' ELSE substr(md5('f' || n), 1, 8) END AS f,
                CASE WHEN n = 35000 THEN 'Zzyzx' ELSE substr(md5('l' || n), 1, 12) END AS l
            FROM generate_series(1, 70000) AS n) AS names;
    INSERT INTO elements (organization_id, id, key, key_folded)
        SELECT 7, n, 'k' || n, 'k' || n FROM generate_series(1, 2000) AS n;
    INSERT INTO instances (organization_id, id, account_id, user_id, name, name_folded, element_id, valid, disabled, created_at,
            updated_at, revision)
        SELECT 7, n, 7, CASE WHEN n = 5 THEN 35000 ELSE n END, 'i', 'i', n, TRUE, FALSE, 'epoch', 'epoch', 1
        FROM generate_series(1, 2000) AS n";

/// Fills tables faster than their indexes grow: they are built at the end, as the schema has them.
const WITHOUT_INDEXES: (&str, &str) = (
    "CREATE TEMPORARY TABLE definitions AS SELECT indexname AS name, indexdef AS text FROM pg_indexes \
     WHERE schemaname = current_schema() AND tablename = 'users' AND indexname LIKE 'users%idx'; \
     DO $$ DECLARE name text; BEGIN \
     FOR name IN SELECT definitions.name FROM definitions LOOP EXECUTE 'DROP INDEX ' || name; END LOOP; END $$",
    "DO $$ DECLARE text text; BEGIN \
     FOR text IN SELECT definitions.text FROM definitions LOOP EXECUTE text; END LOOP; END $$; ANALYZE users, instances, elements",
);

/// Fills the schema and lets PostgreSQL look at what is there.
async fn filled() -> (Schema, PgConnection) {
    let schema = Schema::create().await;
    schema.store(schema.config()).await.close().await;
    let mut observer = raw(&schema).await;
    let mut filler = raw(&schema).await;
    let (before, after) = WITHOUT_INDEXES;
    for step in [before, ROWS, after] {
        filler.execute(step).await.unwrap();
    }
    gone(filler, &schema, &mut observer).await;
    (schema, observer)
}

/// Closes a connection and waits until it has told what it read, which it does up to a second late otherwise: so the observer
/// reads nothing of the schema itself.
async fn gone(connection: PgConnection, schema: &Schema, observer: &mut PgConnection) {
    connection.close().await.unwrap();
    until_alone(observer, schema).await;
}

/// The numbers of the users on the first page, and how many rows and entries were read for it.
async fn searched(
    schema: &Schema,
    observer: &mut PgConnection,
    ceql: &str,
    order: &str,
) -> (Vec<i64>, i64) {
    let before = read(observer).await;
    let store = PostgresStore::connect(schema.config()).await.unwrap();
    let page = store
        .repositories()
        .users
        .list(
            &Scope::organization(OrganizationId::new(7)),
            &Filter::<UserField>::parse(ceql).unwrap(),
            &Sort::parse(order).unwrap(),
            &PageRequest::first(20),
        )
        .await
        .unwrap_or_else(|error| panic!("{ceql}: {error:?}"));
    // A connection tells what it has read at its end.
    store.close().await;
    until_alone(observer, schema).await;
    let numbers = page.items.iter().map(|user| user.id).map(UserId::get);
    (numbers.collect(), read(observer).await - before)
}

async fn read(observer: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT (SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE schemaname = current_schema()) + \
         (SELECT sum(seq_tup_read)::bigint FROM pg_stat_user_tables WHERE schemaname = current_schema() \
         AND relname IN ('users', 'instances', 'elements'))",
    )
    .fetch_one(observer)
    .await
    .unwrap()
}

async fn expected(schema: &Schema, observer: &mut PgConnection, condition: &str) -> Vec<i64> {
    let mut reader = raw(schema).await;
    let statement = format!(
        "SELECT id FROM users WHERE organization_id = 7 AND {condition} ORDER BY id LIMIT 20"
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(statement));
    let rows = rows.fetch_all(&mut reader).await.unwrap();
    gone(reader, schema, observer).await;
    rows.iter().map(|row| row.get("id")).collect()
}

/// One test, because it takes seconds to fill such an organization.
#[test]
fn a_search_reads_what_it_finds_and_not_the_organization() {
    run(async {
        let (schema, mut observer) = filled().await;
        a_search_reads_what_it_finds(&schema, &mut observer).await;
        who_is_only_counted_is_not_read(&schema, &mut observer).await;
    });
}

async fn a_search_reads_what_it_finds(schema: &Schema, observer: &mut PgConnection) {
    let own = [
        "id = 35000",
        "createdDate = '2020-01-25T07:20:00Z'",
        "createdDate >= '2020-01-25T07:20:00Z' AND createdDate < '2020-01-25T07:21:00Z'",
    ];
    let searches = own.into_iter().map(str::to_owned).chain(searches::of_one());
    for ceql in &searches.collect::<Vec<_>>() {
        let (found, read) = searched(schema, observer, ceql, "id").await;
        assert_eq!(found, [ZZYZX], "{ceql}");
        assert!(read <= FEW, "{ceql} has read {read}");
    }
    for ceql in searches::OF_NONE {
        let (found, read) = searched(schema, observer, ceql, "lastName").await;
        assert_eq!(found, [0; 0], "{ceql}");
        assert!(read <= FEW, "{ceql} has read {read}");
    }
    let active = ["active".to_owned()];
    for order in &searches::orders()
        .into_iter()
        .chain(active)
        .collect::<Vec<_>>()
    {
        let (found, read) = searched(schema, observer, "active = true", order).await;
        assert_eq!(found.len(), 20, "{order}");
        assert!(read <= FEW, "by {order} {read} were read");
    }
    // No index leads there: one plain statement, and PostgreSQL chooses how.
    for ceql in ["phone LIKE 'ab%'", "NOT phone LIKE '%' OR phone LIKE 'ab%'"] {
        let expected = expected(schema, observer, "phone LIKE 'ab%'").await;
        let (found, _) = searched(schema, observer, ceql, "id").await;
        assert_eq!(found, expected, "{ceql}");
    }
    // More than are sorted: those that the walk finds at once, later, and not within its bound.
    for (ceql, condition, most) in [
        ("lastName > '4'", "last_name > '4'", USERS * 3),
        (
            "createdDate >= 2020-02-01",
            "created_at >= '2020-02-01 00:00Z'",
            USERS * 3,
        ),
        (
            "createdDate >= 2020-02-05",
            "created_at >= '2020-02-05 00:00Z'",
            USERS * 3,
        ),
    ] {
        let expected = expected(schema, observer, condition).await;
        let (found, read) = searched(schema, observer, ceql, "id").await;
        assert_eq!(found, expected, "{ceql}");
        assert!(read <= most, "{ceql} has read {read}");
    }
}

/// Users whose entries in an index are enough, once the database has noted that everybody may see them.
async fn who_is_only_counted_is_not_read(schema: &Schema, observer: &mut PgConnection) {
    let mut vacuum = raw(schema).await;
    vacuum.execute("VACUUM users").await.unwrap();
    gone(vacuum, schema, observer).await;
    let scope = Scope::organization(OrganizationId::new(7));
    for (ceql, expected) in [
        ("active = true", 61_999),
        ("lastName > '4' AND active = true", 46_242),
        ("createdDate >= 2020-02-05 AND active = true", 11_601),
        ("city = 'Zzyzx' AND active = false", 1),
    ] {
        let before = fetched(observer).await;
        let store = PostgresStore::connect(schema.config()).await.unwrap();
        let users = store.repositories().users;
        let filter = Filter::<UserField>::parse(ceql).unwrap();
        let found = users.count(&scope, &filter, u64::MAX).await.unwrap();
        assert_eq!(found, Count::Exact(expected), "{ceql}");
        store.close().await;
        until_alone(observer, schema).await;
        assert_eq!(fetched(observer).await - before, 0, "{ceql}");
    }
}

/// How many users were read for entries of indexes.
async fn fetched(observer: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = 'users'",
    )
    .fetch_one(observer)
    .await
    .unwrap()
}

#[test]
fn what_waits_before_the_indexes_is_put_in_once() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        user(&repositories, &shire, "sam@shire.example").await;
        // A page for accounts, and one for users.
        assert_eq!(store.put_trigrams_in().await.unwrap(), 2);
        assert_eq!(store.put_trigrams_in().await.unwrap(), 0);
    });
}
