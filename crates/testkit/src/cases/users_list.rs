//! Which users a list has, and in which order.

use tenantry_domain::{
    Account, AccountId, Change, Scope, UserDraft, UserField,
    ceql::Filter,
    page::{Count, PageRequest, Sort},
};
use time::{Duration, OffsetDateTime};

use super::given::{filter, local, order};
use crate::{
    Fresh,
    samples::{self, START, change, email, name, text},
};
pub async fn everyone_is_listed_in_the_order_of_creation(fresh: Fresh) {
    let company = fellowship(&fresh).await;
    assert_eq!(
        found(&fresh, &company, "id > 0", "id").await,
        ["Frodo", "sam", "pippin", "gandalf", "ärwen", "legolas"]
    );
    let all = fresh.users(&company, &Filter::All, &Sort::by_id()).await;
    assert_eq!(all.len(), 6);
    let none = fresh
        .users(&company, &Filter::Nothing, &Sort::by_id())
        .await;
    assert_eq!(none, []);
}

pub async fn users_are_found_by_what_their_instances_are(fresh: Fresh) {
    let company = connected(&fresh).await;
    for (condition, expected) in [
        ("elementKey = 'hubspot'", &["Frodo", "sam"][..]),
        ("elementKey = 'HUBSPOT'", &[]),
        ("elementKey != 'hubspot'", &["Frodo"]),
        ("elementKey IN ('jira', 'x')", &["Frodo"]),
        ("elementKey NOT IN ('jira')", &["Frodo", "sam"]),
        ("elementKey LIKE 'HUB%'", &["Frodo", "sam"]),
        ("elementKey NOT LIKE 'hub%'", &["Frodo"]),
        ("elementKey > 'i'", &["Frodo"]),
        (
            "elementKey IS NULL",
            &["pippin", "gandalf", "ärwen", "legolas"],
        ),
        ("elementKey IS NOT NULL", &["Frodo", "sam"]),
        ("elementKey = 'hubspot' AND elementKey = 'jira'", &["Frodo"]),
        ("instanceId > 0", &["Frodo", "sam"]),
        ("instanceId IS NULL AND active = false", &["ärwen"]),
        ("instanceId = 0", &[]),
    ] {
        let found = found(&fresh, &company, condition, "id").await;
        assert_eq!(found, expected, "{condition}");
    }
}

pub async fn not_having_an_instance_is_the_opposite_of_having_one(fresh: Fresh) {
    let company = connected(&fresh).await;
    let without = ["pippin", "gandalf", "ärwen", "legolas"];
    for (condition, expected) in [
        (
            "NOT (elementKey = 'jira')",
            &["sam", "pippin", "gandalf", "ärwen", "legolas"][..],
        ),
        (
            "NOT (elementKey != 'hubspot')",
            &["sam", "pippin", "gandalf", "ärwen", "legolas"],
        ),
        ("NOT (elementKey LIKE 'hub%')", &without),
        (
            "NOT (elementKey NOT LIKE 'hub%')",
            &["sam", "pippin", "gandalf", "ärwen", "legolas"],
        ),
        ("NOT (elementKey IN ('hubspot', 'jira'))", &without),
        ("NOT (elementKey NOT IN ('jira'))", &without),
        ("NOT (elementKey IS NULL)", &["Frodo", "sam"]),
        ("NOT (instanceId > 0)", &without),
        (
            "NOT (elementKey = 'jira' OR city IS NULL)",
            &["sam", "gandalf", "ärwen", "legolas"],
        ),
    ] {
        let found = found(&fresh, &company, condition, "id").await;
        assert_eq!(found, expected, "{condition}");
    }
}

pub async fn users_come_in_the_order_asked_for(fresh: Fresh) {
    let company = fellowship(&fresh).await;
    for (by, expected) in [
        (
            "id desc",
            ["legolas", "ärwen", "gandalf", "pippin", "sam", "Frodo"],
        ),
        (
            "email",
            ["Frodo", "gandalf", "legolas", "pippin", "sam", "ärwen"],
        ),
        (
            "email desc",
            ["ärwen", "sam", "pippin", "legolas", "gandalf", "Frodo"],
        ),
        (
            "firstName",
            ["Frodo", "gandalf", "legolas", "pippin", "sam", "ärwen"],
        ),
        (
            "lastName",
            ["Frodo", "sam", "legolas", "pippin", "ärwen", "gandalf"],
        ),
        (
            "fullName desc",
            ["ärwen", "sam", "pippin", "legolas", "gandalf", "Frodo"],
        ),
        (
            "city",
            ["pippin", "legolas", "gandalf", "Frodo", "ärwen", "sam"],
        ),
        (
            "city desc",
            ["sam", "ärwen", "Frodo", "gandalf", "legolas", "pippin"],
        ),
        (
            "externalId",
            ["sam", "pippin", "gandalf", "ärwen", "legolas", "Frodo"],
        ),
        (
            "externalId desc",
            ["Frodo", "sam", "pippin", "gandalf", "ärwen", "legolas"],
        ),
        (
            "externalId desc, id desc",
            ["Frodo", "legolas", "ärwen", "gandalf", "pippin", "sam"],
        ),
        (
            "active",
            ["ärwen", "Frodo", "sam", "pippin", "gandalf", "legolas"],
        ),
        (
            "active desc, city",
            ["pippin", "legolas", "gandalf", "Frodo", "sam", "ärwen"],
        ),
        (
            "active, city desc",
            ["ärwen", "sam", "Frodo", "gandalf", "legolas", "pippin"],
        ),
        (
            "createdDate desc",
            ["legolas", "ärwen", "gandalf", "pippin", "sam", "Frodo"],
        ),
        (
            "lastLoginDate desc, email",
            ["Frodo", "gandalf", "legolas", "pippin", "sam", "ärwen"],
        ),
        (
            "accountId, email desc",
            ["ärwen", "sam", "pippin", "legolas", "gandalf", "Frodo"],
        ),
    ] {
        let found = found(&fresh, &company, "id > 0", by).await;
        assert_eq!(found, expected, "{by}");
    }
}

pub async fn users_are_counted_no_further_than_asked(fresh: Fresh) {
    let company = fellowship(&fresh).await;
    let users = &fresh.repositories.users;
    for (condition, up_to, expected) in [
        ("id > 0", 0, Count::MoreThan(0)),
        ("id > 0", 5, Count::MoreThan(5)),
        ("id > 0", 6, Count::Exact(6)),
        ("id > 0", 10_000, Count::Exact(6)),
        ("city IS NULL", 0, Count::MoreThan(0)),
        ("city IS NULL", 1, Count::Exact(1)),
        ("city = 'Mordor'", 0, Count::Exact(0)),
        ("elementKey = 'jira'", 3, Count::Exact(0)),
    ] {
        let counted = users.count(&company, &filter(condition), up_to).await;
        assert_eq!(counted.unwrap(), expected, "{condition} up to {up_to}");
    }
}

pub(super) async fn found(fresh: &Fresh, scope: &Scope, condition: &str, by: &str) -> Vec<String> {
    let (filter, sort) = (filter::<UserField>(condition), order(by));
    let users = &fresh.repositories.users;
    let page = users
        .list(scope, &filter, &sort, &PageRequest::first(100))
        .await
        .unwrap_or_else(|error| panic!("{condition:?}: {error:?}"));
    assert_eq!(page.next, None);
    page.items.iter().map(local).collect()
}

/// The fellowship, with two instances of Frodo's and one of Sam's.
async fn connected(fresh: &Fresh) -> Scope {
    let company = fellowship(fresh).await;
    let all = fresh.users(&company, &Filter::All, &Sort::by_id()).await;
    fresh.instance(&all[0], "hubspot", "CRM").await;
    fresh.instance(&all[0], "jira", "Tickets").await;
    fresh.instance(&all[1], "hubspot", "CRM").await;
    company
}

/// Six users of an account of their own, created one per day.
pub(super) async fn fellowship(fresh: &Fresh) -> Scope {
    let organization = fresh.organization("Fellowship").await.organization.id;
    let account: Account = fresh.account(organization, "Company").await;
    for (day, draft) in (0..).zip(people(account.id)) {
        let at: OffsetDateTime = START + Duration::days(day);
        let change = Change { at, ..change() };
        let users = &fresh.repositories.users;
        users.create(organization, &draft, &change).await.unwrap();
    }
    Scope::account(organization, account.id)
}

fn people(account: AccountId) -> [UserDraft; 6] {
    let person = |local: &str, first: &str, last: &str, city: Option<&str>| {
        let mut draft = samples::user_draft(account, &format!("{local}@fellowship.example"));
        draft.first_name = name(first);
        draft.last_name = name(last);
        draft.profile.city = city.map(text);
        draft
    };
    let mut people = [
        person("Frodo", "Frodo", "Baggins", Some("Hobbiton")),
        person("sam", "Samwise", "Gamgee", Some("hobbiton")),
        person("pippin", "Peregrin", "Took", None),
        person("gandalf", "Gandalf", "the Grey", Some(r"100%_sure\")),
        person("ärwen", "Ärwen", "Undómiel", Some("Rivendell")),
        person("legolas", "Legolas", "Greenleaf", Some("")),
    ];
    people[0].email = email("Frodo@Fellowship.example");
    people[0].profile.external_id = Some(text("FB-1"));
    people[4].active = false;
    people
}
