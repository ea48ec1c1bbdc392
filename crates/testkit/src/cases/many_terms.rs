//! Filters as long as the language allows, on the fields that have several values.
//!
//! SQLite once needed a query of its own for each of their terms, and time that grew with the square of their number: 190
//! terms took 2.9 ms per user (in a build for tests), and so 5.8 s for the users here; it gives a read up after 5 s.
//! PostgreSQL once spent a minute and a half on compiling them.

use std::sync::Arc;

use tenantry_domain::{
    Account, InstanceDraft, InstanceField, Scope, UserDraft, UserField,
    ceql::Filter,
    page::{Count, Sort},
};

use super::given::{filter, local, whole};
use crate::{
    Fresh,
    samples::{self, change, text},
};

/// How many users there are beside the one who is looked for.
const USERS: usize = 2_000;
/// How many of them are created at once.
const TASKS: usize = 16;

pub async fn many_terms_about_instances_are_answered_in_time(fresh: Fresh) {
    let account = fresh.organization("Shire").await.account;
    let organization = account.organization_id;
    let with = fresh.user(&account, "with@shire.example").await;
    let first = fresh.instance(&with, "k7", "One").await;
    fresh.instance(&with, "other", "Two").await;
    crowd(&fresh, &account).await;
    let everybody = u64::try_from(USERS).unwrap() + 2;

    let any = terms(190, " OR ", |n| format!("elementKey='k{n}'"));
    let fits = terms(150, " OR ", |n| format!("elementKey LIKE 'k{n}'"));
    let differs = terms(180, " AND ", |n| format!("elementKey!='k{n}'"));
    let lacks = terms(160, " OR ", |n| format!("NOT elementKey='k{n}'"));
    let mixed = terms(90, " OR ", |n| {
        format!("(elementKey='k{n}' AND instanceId>0)")
    });
    let ids = terms(200, " OR ", |n| format!("instanceId={n}"));
    for (condition, expected) in [
        (any.clone(), 1),
        (format!("NOT ({any})"), everybody - 1),
        (fits, 1),
        (differs, 1),
        (lacks, everybody),
        (format!("instanceId={} AND ({mixed})", first.id), 1),
        (format!("instanceId={} OR {ids}", first.id), 1),
    ] {
        let filter: Filter<UserField> = filter(&condition);
        let users = &fresh.repositories.users;
        let counted = users.count(&whole(organization), &filter, 10_000).await;
        let counted = counted.unwrap_or_else(|error| panic!("{error:?}: {condition:.60}"));
        assert_eq!(counted, Count::Exact(expected), "{condition:.60}");
    }
}

pub async fn many_terms_about_tags_are_answered_in_time(fresh: Fresh) {
    let account = fresh.organization("Shire").await.account;
    let user = fresh.user(&account, "sam@shire.example").await;
    let scope = Scope::organization(account.organization_id);
    let instances = &fresh.repositories.instances;
    for n in 0..200 {
        let draft = InstanceDraft {
            tags: vec![text(&format!("t{n}")), text("all")],
            ..samples::instance_draft(user.id, "sap", &format!("I{n}"))
        };
        instances
            .create(user.organization_id, &draft, &change())
            .await
            .unwrap();
    }
    let any = terms(190, " OR ", |n| format!("tag='t{n}'"));
    let differs = terms(190, " AND ", |n| format!("tag!='t{n}'"));
    let lacks = terms(190, " AND ", |n| format!("NOT tag='t{n}'"));
    let fits = terms(190, " OR ", |n| format!("tag LIKE 'T{n}'"));
    for (condition, expected) in [(any, 190), (differs, 200), (lacks, 10), (fits, 190)] {
        let filter: Filter<InstanceField> = filter(&condition);
        let counted = instances.count(&scope, &filter, 1_000).await;
        let counted = counted.unwrap_or_else(|error| panic!("{error:?}: {condition:.60}"));
        assert_eq!(counted, Count::Exact(expected), "{condition:.60}");
    }
}

/// Nothing is as long as a filter of a single field, whichever that is, but the longest of those count too.
pub async fn many_terms_about_other_fields_are_answered_in_time(fresh: Fresh) {
    let account = fresh.organization("Shire").await.account;
    let hobbits = [("frodo", "c3"), ("sam", "c400")];
    for (local, city) in hobbits {
        let address = format!("{local}@shire.example");
        let edit = |draft: &mut UserDraft| draft.profile.city = Some(text(city));
        fresh.user_with(&account, &address, edit).await;
    }
    let scope = whole(account.organization_id);
    let any = terms(200, " OR ", |n| format!("city='c{n}'"));
    let lacks = terms(200, " AND ", |n| format!("NOT city='c{n}'"));
    let deep = format!(
        "{}city='c3'{}",
        "NOT(NOT(city='x') AND ".repeat(30),
        ")".repeat(30)
    );
    for (condition, expected) in [
        (any, &["frodo"][..]),
        (format!("city LIKE '%' AND {lacks}"), &["sam"]),
        (deep, &["frodo"]),
    ] {
        let filter = filter(&condition);
        let found = fresh.users(&scope, &filter, &Sort::by_id()).await;
        let found: Vec<_> = found.iter().map(local).collect();
        assert_eq!(found, *expected, "{condition}");
    }
}

fn terms(count: usize, joiner: &str, term: impl Fn(usize) -> String) -> String {
    (0..count).map(term).collect::<Vec<_>>().join(joiner)
}

/// Users without instances.
async fn crowd(fresh: &Fresh, account: &Account) {
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let users = Arc::clone(&fresh.repositories.users);
        let (organization, account) = (account.organization_id, account.id);
        tasks.push(tokio::spawn(async move {
            for number in (task..USERS).step_by(TASKS) {
                let draft = samples::user_draft(account, &format!("u{number}@shire.example"));
                users.create(organization, &draft, &change()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}
