//! Filters that SQL could get wrong: what is selected is what `Filter::matches` selects.
#![expect(clippy::unwrap_used, reason = "tests")]

use tenantry_domain::{
    AccountField, Profile, Scope, User, UserDraft, UserField,
    ceql::{Comparison, Filter, Value},
    page::{Count, PageRequest, Sort},
    ports::Repositories,
};
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};
use tenantry_testkit::samples::{change, name, organization_draft, text, user_draft};

/// Users whose cities are what filters stumble over.
const CITIES: [Option<&str>; 14] = [
    None,
    Some(""),
    Some("a"),
    Some("A"),
    Some("a%b"),
    Some("axb"),
    Some("a_b"),
    Some(r"a\b"),
    Some("a'b"),
    Some("'; DROP TABLE users; --"),
    Some("\u{fffe}"),
    Some("\u{fffd}"),
    Some("İstanbul ΣΑΣ"),
    Some("\u{ffff}\u{10ffff}"),
];

async fn shire() -> (Repositories, Scope, Vec<User>, impl Drop) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(SqliteConfig::at(directory.path().join("tenantry.db")))
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let repositories = store.repositories();
    let created = repositories
        .organizations
        .create(&organization_draft("Shire"), &change())
        .await
        .unwrap();
    let mut users = vec![created.admin];
    for (number, city) in CITIES.into_iter().enumerate() {
        let draft = UserDraft {
            profile: Profile {
                city: city.map(text),
                ..Profile::default()
            },
            last_name: name(city.filter(|city| !city.is_empty()).unwrap_or("none")),
            ..user_draft(created.account.id, &format!("Hobbit{number}@shire.example"))
        };
        users.push(
            repositories
                .users
                .create(created.organization.id, &draft, &change())
                .await
                .unwrap(),
        );
    }
    (
        repositories,
        Scope::organization(created.organization.id),
        users,
        directory,
    )
}

async fn check(
    repositories: &Repositories,
    scope: &Scope,
    users: &[User],
    filter: &Filter<UserField>,
) {
    let page = repositories
        .users
        .list(scope, filter, &Sort::by_id(), &PageRequest::first(200))
        .await
        .unwrap();
    let expected: Vec<_> = users
        .iter()
        .filter(|user| filter.matches(*user))
        .cloned()
        .collect();
    assert_eq!(page.items, expected, "{filter}");
    let count = repositories.users.count(scope, filter, 1000).await.unwrap();
    assert_eq!(
        count,
        Count::Exact(u64::try_from(expected.len()).unwrap()),
        "{filter}"
    );
}

#[tokio::test]
async fn awkward_texts_are_compared_as_the_domain_does() {
    let (repositories, scope, users, _directory) = shire().await;
    let texts = [
        "",
        "a",
        "A",
        "a%b",
        "a_b",
        "a\0b",
        "a\0",
        "\0",
        "\u{fffe}",
        "\u{ffff}",
        "İ",
        "σας",
        "'; DROP TABLE users; --",
    ];
    for text in texts {
        for op in Comparison::ALL {
            let filter = Filter::compare(UserField::City, op, text);
            check(&repositories, &scope, &users, &filter).await;
            check(
                &repositories,
                &scope,
                &users,
                &Filter::Not(Box::new(filter)),
            )
            .await;
        }
    }
    for pattern in [
        "%",
        "_",
        "a%b",
        "a_b",
        r"a\%b",
        r"a\_b",
        r"a\\b",
        "A%",
        "%\0%",
        "a%\0",
        "\u{fffe}",
        "_\u{10ffff}",
        "i%σας",
        "%'%",
        "",
    ] {
        for negation in ["", "NOT "] {
            let condition = format!("city {negation}LIKE '{}'", pattern.replace('\'', "''"));
            check(
                &repositories,
                &scope,
                &users,
                &Filter::parse(&condition).unwrap(),
            )
            .await;
            check(
                &repositories,
                &scope,
                &users,
                &Filter::parse(&format!("NOT ({condition})")).unwrap(),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn instants_and_numbers_at_the_edges_are_no_error() {
    let (repositories, scope, users, _directory) = shire().await;
    for condition in [
        "createdDate >= '0001-01-01' AND createdDate <= '9999-12-31'",
        "createdDate < 0001-01-01T00:00:00Z",
        "createdDate = '2026-01-15'",
        "lastLoginDate = '1970-01-01'",
        "lastLoginDate IS NULL OR lastLoginDate IN ('1970-01-01', '2026-01-15')",
        "id > -9223372036854775808 AND id < 9223372036854775807",
        "id NOT IN (2, 3) AND active IN (true, false) AND NOT (phone IN ('1'))",
        "email = 'HOBBIT3@SHIRE.EXAMPLE' OR email LIKE 'hobbit1_@%'",
        "email > 'HOBBIT3@SHIRE.EXAMPLE'",
    ] {
        check(
            &repositories,
            &scope,
            &users,
            &Filter::parse(condition).unwrap(),
        )
        .await;
    }
}

#[tokio::test]
async fn values_of_another_type_select_what_the_domain_says() {
    let (repositories, scope, users, _directory) = shire().await;
    for value in [
        Value::Integer(1),
        Value::Boolean(true),
        Value::Text("a".to_owned()),
    ] {
        for field in [
            UserField::City,
            UserField::Id,
            UserField::Active,
            UserField::CreatedDate,
        ] {
            for negated in [false, true] {
                let filter = Filter::In {
                    field,
                    values: vec![value.clone()],
                    negated,
                };
                check(&repositories, &scope, &users, &filter).await;
                check(
                    &repositories,
                    &scope,
                    &users,
                    &Filter::Not(Box::new(filter)),
                )
                .await;
            }
            for op in Comparison::ALL {
                check(
                    &repositories,
                    &scope,
                    &users,
                    &Filter::Compare {
                        field,
                        op,
                        value: value.clone(),
                    },
                )
                .await;
            }
        }
    }
}

#[tokio::test]
async fn the_longest_filters_run() {
    let (repositories, scope, users, _directory) = shire().await;
    for joiner in [" or ", " and "] {
        let chain = vec!["id<9"; 450].join(joiner);
        check(
            &repositories,
            &scope,
            &users,
            &Filter::parse(&chain).unwrap(),
        )
        .await;
        check(
            &repositories,
            &scope,
            &users,
            &Filter::parse(&format!("not({chain})")).unwrap(),
        )
        .await;
        let many = vec!["instanceId=9"; 240].join(joiner);
        check(
            &repositories,
            &scope,
            &users,
            &Filter::parse(&many).unwrap(),
        )
        .await;
    }
    let list = (0..200)
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join(",");
    check(
        &repositories,
        &scope,
        &users,
        &Filter::parse(&format!("id IN ({list})")).unwrap(),
    )
    .await;
    let nested = format!("{}city='a'{}", "NOT(".repeat(31), ")".repeat(31));
    check(
        &repositories,
        &scope,
        &users,
        &Filter::parse(&nested).unwrap(),
    )
    .await;
}

#[tokio::test]
async fn the_type_of_an_account_is_computed() {
    let (repositories, scope, _users, _directory) = shire().await;
    for (condition, expected) in [
        ("type = 'Default'", 1),
        ("type = 'default'", 0),
        ("type LIKE 'DEF%'", 1),
        ("type = 'CompanyAccount'", 0),
        ("type IS NULL", 0),
        ("companyId = 2 AND defaultAccount = true", 1),
    ] {
        let filter = Filter::<AccountField>::parse(condition).unwrap();
        let count = repositories
            .accounts
            .count(&scope, &filter, 10)
            .await
            .unwrap();
        assert_eq!(count, Count::Exact(expected), "{condition}");
    }
}
