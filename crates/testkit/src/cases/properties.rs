//! Random rows, filters and orders: a list has what the reference computes, and pages of a list that changes lose nothing.
//!
//! The random values are the same in every run.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::any};
use tenantry_domain::{
    AccountDraft, AuditField, Change, Element, ElementDraft, ElementField, Instance, InstanceDraft,
    InstanceField, Scope, User, UserField, UserId, UserPatch,
    ceql::Filter,
    page::{Count, PageRequest, Start},
};
use time::Duration;

use super::given::{around, order};
use crate::{
    Fresh,
    reference::{self, UserWithInstances},
    samples::{self, START, change, change_at, change_by, text},
    strategies::{filters, names, sample, sorts, texts, user_drafts, wide_filters},
};

/// How many rows there are.
const ROWS: usize = 60;
/// How many filters and orders each list is asked for.
const QUERIES: usize = 64;

pub async fn lists_of_users_are_those_of_the_reference(fresh: Fresh) {
    let (scope, rows) = many_users(&fresh).await;
    let filters = sample(&filters::<UserField, _>(&rows), 31, QUERIES);
    let orders = sample(&sorts::<UserField>(), 32, QUERIES);
    let users = &fresh.repositories.users;
    let mut hits = 0;
    for (number, (filter, sort)) in (0..).zip(filters.iter().zip(&orders)) {
        let expected: Vec<User> = reference::list(rows.clone(), filter, sort)
            .into_iter()
            .map(|row| row.user)
            .collect();
        hits += usize::from(!expected.is_empty() && expected.len() < ROWS);
        let context = || format!("number {number}: {filter} ORDER BY {sort}\n{filter:?}");

        let all = PageRequest::first(100);
        let page = users.list(&scope, filter, sort, &all).await;
        let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", context()));
        assert_eq!(page.items, expected, "{}", context());
        assert_eq!(page.next, None, "{}", context());

        let up_to = u64::from(number % 40);
        let counted = users.count(&scope, filter, up_to).await.unwrap();
        assert_eq!(counted, bounded(expected.len(), up_to), "{}", context());

        let (size, offset) = (number % 7 + 1, usize::try_from(number % 5).unwrap());
        let mut request = PageRequest {
            size,
            start: Start::Offset(u64::from(number % 5)),
        };
        let mut followed = Vec::new();
        loop {
            let page = users.list(&scope, filter, sort, &request).await.unwrap();
            followed.extend(page.items);
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(cursor, size);
        }
        let rest = expected.get(offset..).unwrap_or_default();
        assert_eq!(followed, rest, "pages of {size}, {}", context());
    }
    assert!(hits > QUERIES / 3, "only {hits} filters tell rows apart");
}

pub async fn lists_of_instances_are_those_of_the_reference(fresh: Fresh) {
    let (scope, rows) = many_users(&fresh).await;
    let rows: Vec<Instance> = rows.into_iter().flat_map(|row| row.instances).collect();
    let filters = sample(&filters(&rows), 33, QUERIES);
    let orders = sample(&sorts(), 34, QUERIES);
    let instances = &fresh.repositories.instances;
    for (filter, sort) in filters.iter().zip(&orders) {
        let mut expected = reference::list(rows.clone(), filter, sort);
        let context = || format!("{filter} ORDER BY {sort}\n{filter:?}");
        let request = PageRequest::first(7);
        let page = instances.list(&scope, filter, sort, &request).await;
        let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", context()));
        let found = u64::try_from(expected.len()).unwrap();
        assert_eq!(page.next.is_some(), found > 7, "{}", context());
        let rest = expected.split_off(expected.len().min(7));
        assert_eq!(page.items, expected, "{}", context());
        if let Some(cursor) = page.next {
            let request = PageRequest::after(cursor, 1000);
            let page = instances.list(&scope, filter, sort, &request).await;
            assert_eq!(page.unwrap().items, rest, "{}", context());
        }
        let counted = instances.count(&scope, filter, 1000).await.unwrap();
        assert_eq!(counted, Count::Exact(found), "{}", context());
    }
}

/// A store may ask for all values of a field at once where a filter has many conditions on it.
pub async fn long_filters_of_what_users_have_select_what_the_reference_does(fresh: Fresh) {
    let (scope, rows) = many_users(&fresh).await;
    let fields = [
        UserField::InstanceId,
        UserField::ElementKey,
        UserField::City,
    ];
    let filters = sample(&wide_filters(&fields, &rows), 61, QUERIES * 2);
    let mut hits = 0;
    for filter in filters {
        let expected = reference::list(rows.clone(), &filter, &order("id"));
        let expected: Vec<User> = expected.into_iter().map(|row| row.user).collect();
        hits += usize::from(!expected.is_empty() && expected.len() < ROWS);
        let found = fresh.users(&scope, &filter, &order("id")).await;
        assert_eq!(found, expected, "{filter}\n{filter:?}");
    }
    assert!(hits > QUERIES / 4, "only {hits} filters tell rows apart");
}

pub async fn long_filters_of_tags_select_what_the_reference_does(fresh: Fresh) {
    let (scope, rows) = many_users(&fresh).await;
    let rows: Vec<Instance> = rows.into_iter().flat_map(|row| row.instances).collect();
    let fields = [InstanceField::Tag, InstanceField::ElementKey];
    let instances = &fresh.repositories.instances;
    for filter in sample(&wide_filters(&fields, &rows), 62, QUERIES) {
        let expected = reference::list(rows.clone(), &filter, &order("id"));
        let request = PageRequest::first(1000);
        let page = instances
            .list(&scope, &filter, &order("id"), &request)
            .await;
        assert_eq!(page.unwrap().items, expected, "{filter}\n{filter:?}");
    }
}

pub async fn lists_of_accounts_are_those_of_the_reference(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let scope = Scope::organization(id);
    let accounts = &fresh.repositories.accounts;
    let mut rows = vec![shire.account];
    let contents = vec((names(), proptest::option::of(texts()), any::<bool>()), 24);
    let contents = sample(&contents, 35, 1).remove(0);
    for (number, (name, description, external)) in contents.into_iter().enumerate() {
        let draft = AccountDraft {
            name,
            description: description.as_deref().map(text),
            external_id: external.then(|| text(&format!("é{number}"))),
        };
        let change = change_at(u32::try_from(number % 5).unwrap());
        rows.push(accounts.create(id, &draft, &change).await.unwrap());
    }
    let filters = sample(&filters(&rows), 36, QUERIES);
    let orders = sample(&sorts(), 37, QUERIES);
    for (filter, sort) in filters.iter().zip(&orders) {
        let expected = reference::list(rows.clone(), filter, sort);
        let context = || format!("{filter} ORDER BY {sort}\n{filter:?}");
        let request = PageRequest::first(100);
        let page = accounts.list(&scope, filter, sort, &request).await;
        let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", context()));
        assert_eq!(page.items, expected, "{}", context());
        let counted = accounts.count(&scope, filter, 5).await.unwrap();
        assert_eq!(counted, bounded(expected.len(), 5), "{}", context());
    }
}

pub async fn lists_of_elements_are_those_of_the_reference(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let gondor = fresh.organization("Gondor").await;
    let scope = around(&shire.admin);
    let elements = &fresh.repositories.elements;
    let contents = sample(&vec((texts(), texts(), texts()), 40), 55, 1).remove(0);
    let mut rows: Vec<Element> = Vec::new();
    for (number, (key, shown, hub)) in contents.into_iter().enumerate() {
        let element = ElementDraft {
            key: text(&key),
            name: text(&shown),
            hub: text(&hub),
        };
        for admin in [&gondor.admin, &shire.admin] {
            let instance = fresh
                .instance_with(admin, &format!("Instance {number}"), |draft| {
                    draft.element = element.clone();
                })
                .await;
            let known = rows.iter().any(|row| row.id == instance.element.id);
            if admin.id == shire.admin.id && !known {
                rows.push(instance.element);
            }
        }
    }
    let filters = sample(&filters::<ElementField, _>(&rows), 56, QUERIES);
    let orders = sample(&sorts::<ElementField>(), 57, QUERIES);
    for (number, (filter, sort)) in (0..).zip(filters.iter().zip(&orders)) {
        let expected = reference::list(rows.clone(), filter, sort);
        let context = || format!("{filter} ORDER BY {sort}\n{filter:?}");
        let size = number % 7 + 1;
        let mut request = PageRequest::first(size);
        let mut followed = Vec::new();
        loop {
            let page = elements.list(&scope, filter, sort, &request).await;
            let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", context()));
            followed.extend(page.items);
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(cursor, size);
        }
        assert_eq!(followed, expected, "{}", context());
        let counted = elements.count(&scope, filter, 5).await.unwrap();
        assert_eq!(counted, bounded(expected.len(), 5), "{}", context());
    }
}

pub async fn lists_of_audit_records_are_those_of_the_reference(fresh: Fresh) {
    let (_, rows) = many_users(&fresh).await;
    let author = rows[0].user.clone();
    let scope = around(&author);
    let users = &fresh.repositories.users;
    for (seconds, row) in (1..).zip(rows.iter().take(12)) {
        let patch = UserPatch {
            first_name: Some(samples::name("changed")),
            ..UserPatch::default()
        };
        let change = change_by(author.id, seconds % 4);
        let updated = users.update(&scope, row.user.id, &patch, None, &change);
        updated.await.unwrap().unwrap();
    }
    let records = fresh.log(author.organization_id).await;
    let filters = sample(&filters::<AuditField, _>(&records), 38, QUERIES);
    let orders = sample(&sorts::<AuditField>(), 39, QUERIES);
    let audit = &fresh.repositories.audit;
    for (filter, sort) in filters.iter().zip(&orders) {
        let expected = reference::list(records.clone(), filter, sort);
        let request = PageRequest::first(1000);
        let page = audit.list(&scope, filter, sort, &request).await;
        let context = || format!("{filter} ORDER BY {sort}\n{filter:?}");
        let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", context()));
        assert_eq!(page.items, expected, "{}", context());
    }
}

/// Between two pages, rows come and go: those that were there all the time are met exactly once, and in order.
pub async fn pages_of_a_changing_list_lose_and_repeat_nothing(fresh: Fresh) {
    let account = fresh.organization("Shire").await.account;
    let stay = strays(&fresh, &account, "stay", 30).await;
    let scope = Scope::account(account.organization_id, account.id);
    let users = &fresh.repositories.users;
    let sizes = sample(&(1u32..6), 41, 400);
    let mut moves = sample(&(0u8..4, any::<proptest::sample::Index>()), 42, 400).into_iter();
    let orders = [
        "id",
        "id desc",
        "city",
        "city desc, firstName",
        "email desc",
        "active, city",
    ];
    let mut passing: Vec<User> = strays(&fresh, &account, "first", 10).await;
    let mut created = 0;
    for (by, sizes) in orders.into_iter().zip(sizes.chunks(60)) {
        let sort = order(by);
        let expected = reference::list(stay.clone(), &Filter::All, &sort);
        let mut met = Vec::new();
        let mut request = PageRequest::first(sizes[0]);
        for size in sizes.iter().cycle() {
            let page = users.list(&scope, &Filter::All, &sort, &request).await;
            let page = page.unwrap();
            met.extend(page.items);
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(cursor, *size);
            match moves.next() {
                Some((0, index)) if !passing.is_empty() => {
                    let gone = passing.swap_remove(index.index(passing.len()));
                    let erased = users.delete(&scope, gone.id, None, &change_at(1)).await;
                    assert!(erased.unwrap());
                }
                Some((1, _)) => {
                    created += 1;
                    let prefix = format!("new{created}x");
                    passing.extend(strays(&fresh, &account, &prefix, 1).await);
                }
                _ => {}
            }
        }
        let ids: BTreeSet<UserId> = met.iter().map(|user| user.id).collect();
        assert_eq!(ids.len(), met.len(), "{by}: somebody was met twice");
        met.retain(|user| stay.iter().any(|row| row.id == user.id));
        assert_eq!(met, expected, "{by}");
    }
}

/// The same, while somebody else inserts and erases without waiting for the pages.
pub async fn pages_lose_and_repeat_nothing_while_others_write(fresh: Fresh) {
    let account = fresh.organization("Shire").await.account;
    let stay = strays(&fresh, &account, "stay", 20).await;
    let scope = Scope::account(account.organization_id, account.id);
    let writer = {
        let users = fresh.repositories.users.clone();
        tokio::spawn(async move {
            for number in 0..40 {
                let address = format!("passing{number}@shire.example");
                let mut draft = samples::user_draft(account.id, &address);
                draft.profile.city = Some(text(&"x".repeat(number % 7)));
                let created = users
                    .create(account.organization_id, &draft, &change())
                    .await
                    .unwrap();
                let erased = users.delete(&scope, created.id, None, &change_at(1)).await;
                assert!(erased.unwrap());
            }
        })
    };
    let users = &fresh.repositories.users;
    for by in ["id", "city desc", "email", "firstName, city"] {
        let sort = order(by);
        let expected = reference::list(stay.clone(), &Filter::All, &sort);
        let mut met = Vec::new();
        let mut request = PageRequest::first(3);
        loop {
            let page = users.list(&scope, &Filter::All, &sort, &request).await;
            let page = page.unwrap();
            met.extend(page.items);
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(cursor, 3);
        }
        let ids: BTreeSet<UserId> = met.iter().map(|user| user.id).collect();
        assert_eq!(ids.len(), met.len(), "{by}: somebody was met twice");
        met.retain(|user| stay.iter().any(|row| row.id == user.id));
        assert_eq!(met, expected, "{by}");
    }
    writer.await.unwrap();
}

fn bounded(found: usize, up_to: u64) -> Count {
    let found = u64::try_from(found).unwrap();
    if found > up_to {
        Count::MoreThan(up_to)
    } else {
        Count::Exact(found)
    }
}

/// An account with many random users, some of whom have instances, among others that no list may show.
async fn many_users(fresh: &Fresh) -> (Scope, Vec<UserWithInstances>) {
    let shire = fresh.organization("Shire").await;
    let gondor = fresh.organization("Gondor").await;
    fresh.instance(&gondor.admin, "a", "Theirs").await;
    fresh.instance(&shire.admin, "A", "The admin's").await;
    let id = shire.organization.id;
    let account = fresh.account(id, "Bree").await;
    let drafts = sample(&user_drafts(account.id, ROWS), 30, 1).remove(0);
    let keys = sample(&vec(texts(), 0..4), 51, ROWS);
    let tags = sample(&vec(texts(), 0..3), 52, ROWS * 4);
    let mut tags = tags.into_iter();
    let stores = &fresh.repositories;
    let mut rows = Vec::new();
    for (number, (draft, keys)) in (0i64..).zip(drafts.into_iter().zip(keys)) {
        let change = Change {
            at: START + Duration::microseconds(number * number % 7),
            ..change()
        };
        let user = stores.users.create(id, &draft, &change).await.unwrap();
        let mut instances = Vec::new();
        // Every other user has none.
        let keys = if number % 2 == 0 { keys } else { vec![] };
        for (place, key) in keys.iter().enumerate() {
            let tags = tags.next().unwrap_or_default();
            let name = format!("{}{place}", if place % 2 == 0 { "Éa" } else { "éA" });
            let draft = InstanceDraft {
                tags: tags.iter().map(|tag| text(tag)).collect(),
                ..samples::instance_draft(user.id, key, &name)
            };
            let created = stores.instances.create(id, &draft, &change).await;
            instances.push(created.unwrap());
        }
        rows.push(UserWithInstances { user, instances });
    }
    (Scope::account(id, account.id), rows)
}

/// Users whose cities and names tie often.
async fn strays(
    fresh: &Fresh,
    account: &tenantry_domain::Account,
    prefix: &str,
    count: usize,
) -> Vec<User> {
    let cities = [None, Some("a"), Some("ab"), Some("B"), Some("é")];
    let mut made = Vec::new();
    for number in 0..count {
        let address = format!("{prefix}{number}@shire.example");
        let user = fresh.user_with(account, &address, |draft| {
            draft.profile.city = cities[(number + prefix.len()) % 5].map(text);
            draft.first_name = samples::name(["Sam", "Rosie"][number % 2]);
            draft.active = number % 3 != 0;
        });
        made.push(user.await);
    }
    made
}
