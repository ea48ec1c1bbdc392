//! Pages: no row twice, no row left out, and no token where it does not belong.

use tenantry_domain::{
    AccountField, InstanceField, Scope, User, UserField, UserId,
    ceql::{Field, Filter},
    page::{Cursor, Direction, Page, PageRequest, Sort, Start},
};

use super::{
    given::{Refusal, filter, order, refusal},
    users_list::fellowship,
};
use crate::{
    Fresh,
    samples::{self, change, change_at},
    strategies,
};

pub async fn a_page_has_as_many_rows_as_asked_for(fresh: Fresh) {
    let scope = fellowship(&fresh).await;
    for (size, offset, expected, more) in [
        (1, 0, 1, true),
        (5, 0, 5, true),
        (6, 0, 6, false),
        (7, 0, 6, false),
        (200, 0, 6, false),
        (1, 5, 1, false),
        (2, 4, 2, false),
        (2, 3, 2, true),
        (2, 6, 0, false),
        (2, 1_000_000, 0, false),
    ] {
        let request = PageRequest {
            size,
            start: Start::Offset(offset),
        };
        let page = list(&fresh, &scope, &Filter::All, &Sort::by_id(), request).await;
        let found = (page.items.len(), page.next.is_some());
        assert_eq!(found, (expected, more), "{size} after {offset}");
    }
}

pub async fn an_empty_list_is_one_empty_page(fresh: Fresh) {
    let scope = fellowship(&fresh).await;
    let request = PageRequest::first(5);
    let page = list(&fresh, &scope, &Filter::Nothing, &Sort::by_id(), request).await;
    assert_eq!((page.items, page.next), (vec![], None));
}

/// A page need not tell how many there are in all; what it tells is right.
pub async fn a_page_tells_no_wrong_total(fresh: Fresh) {
    let account = fellowship(&fresh).await;
    let sorts = [
        Sort::by_id(),
        Sort::by(UserField::Id, Direction::Descending),
        Sort::by(UserField::LastName, Direction::Ascending),
    ];
    for scope in [account, Scope::organization(account.organization_id())] {
        for text in [
            "active = true",
            "active = false",
            "lastName LIKE '%a%'",
            "email LIKE '%sha%' OR lastName >= 'B'",
            "lastName >= 'B' AND lastName < 'T' AND active = true",
            "createdDate >= 2000-01-01",
            "firstName = 'Samwise' AND active = false",
            "city IN ('Rivendell', 'Hobbiton') OR city IS NULL",
            "NOT firstName = 'Samwise'",
        ] {
            let filter = filter(text);
            let total = fresh.repositories.users.count(&scope, &filter, 100);
            let total = total.await.unwrap();
            for sort in &sorts {
                for (size, offset) in [(1, 0), (2, 1), (9, 0), (9, 7)] {
                    let start = Start::Offset(offset);
                    let request = PageRequest { size, start };
                    let page = list(&fresh, &scope, &filter, sort, request).await;
                    let found = page.total.unwrap_or(total);
                    assert_eq!(found, total, "{text} by {sort}, {size} after {offset}");
                    let Some(next) = page.next else { continue };
                    let request = PageRequest::after(next, 1);
                    let page = list(&fresh, &scope, &filter, sort, request).await;
                    let found = page.total.unwrap_or(total);
                    assert_eq!(found, total, "{text} by {sort}, the page behind {size}");
                }
            }
        }
    }
}

pub async fn tokens_lead_through_every_order_without_gap_or_repetition(fresh: Fresh) {
    let scope = fellowship(&fresh).await;
    for field in sortable::<UserField>() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let sort = Sort::by(field, direction);
            let whole = fresh.users(&scope, &Filter::All, &sort).await;
            assert_eq!(whole.len(), 6);
            for size in 1..=6 {
                let followed = follow(&fresh, &scope, &Filter::All, &sort, size).await;
                assert_eq!(followed, whole, "{sort} by {size}");
            }
        }
    }
}

pub async fn tokens_lead_through_orders_by_several_fields(fresh: Fresh) {
    let scope = with_ties(&fresh).await;
    let sorts = strategies::sample(&strategies::sorts::<UserField>(), 21, 24);
    for sort in sorts {
        let whole = fresh.users(&scope, &Filter::All, &sort).await;
        assert_eq!(whole.len(), 24);
        for size in [1, 2, 5, 23] {
            let followed = follow(&fresh, &scope, &Filter::All, &sort, size).await;
            assert_eq!(followed, whole, "{sort} by {size}");
        }
    }
}

pub async fn offsets_and_tokens_lead_to_the_same_pages(fresh: Fresh) {
    let scope = with_ties(&fresh).await;
    for by in ["id", "city desc", "externalId, active desc", "email desc"] {
        let sort = order(by);
        let mut start = Start::Offset(0);
        for offset in (0..24).step_by(4) {
            let by_token = PageRequest { size: 4, start };
            let by_token = list(&fresh, &scope, &Filter::All, &sort, by_token).await;
            let by_offset = PageRequest {
                size: 4,
                start: Start::Offset(offset),
            };
            let by_offset = list(&fresh, &scope, &Filter::All, &sort, by_offset).await;
            assert_eq!(by_token.items, by_offset.items, "{by} from {offset}");
            assert_eq!(by_token.next, by_offset.next, "{by} from {offset}");
            assert_eq!(by_token.next.is_some(), offset < 20);
            start = by_token.next.map_or(Start::Offset(24), Start::After);
        }
    }
}

pub async fn tokens_lead_through_a_filtered_list(fresh: Fresh) {
    let scope = with_ties(&fresh).await;
    for condition in [
        "active = true",
        "city IS NULL OR city = ''",
        "NOT (externalId = 'a')",
        "email LIKE '%1%'",
    ] {
        let filter = filter(condition);
        for by in ["id desc", "city", "externalId desc, city"] {
            let sort = order(by);
            let whole = fresh.users(&scope, &filter, &sort).await;
            assert!(!whole.is_empty());
            for size in [1, 3] {
                let followed = follow(&fresh, &scope, &filter, &sort, size).await;
                assert_eq!(followed, whole, "{condition} {by} by {size}");
            }
        }
    }
}

pub async fn accounts_and_instances_are_paged_too(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let scope = Scope::organization(shire.organization.id);
    for number in 0..6 {
        fresh
            .account(shire.organization.id, &format!("Account {}", number % 2))
            .await;
        let key = format!("element{}", number % 3);
        fresh
            .instance(&shire.admin, &key, &format!("Instance {number}"))
            .await;
    }
    let stores = &fresh.repositories;
    for field in sortable::<AccountField>() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let sort = Sort::by(field, direction);
            let all = PageRequest::first(100);
            let whole = stores.accounts.list(&scope, &Filter::All, &sort, &all);
            let whole = whole.await.unwrap().items;
            assert_eq!(whole.len(), 7);
            let mut request = PageRequest::first(2);
            let mut followed = Vec::new();
            loop {
                let page = stores.accounts.list(&scope, &Filter::All, &sort, &request);
                let page = page.await.unwrap();
                followed.extend(page.items);
                let Some(cursor) = page.next else { break };
                request = PageRequest::after(cursor, 2);
            }
            assert_eq!(followed, whole, "{sort}");
        }
    }
    for field in sortable::<InstanceField>() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let sort = Sort::by(field, direction);
            let all = PageRequest::first(100);
            let whole = stores.instances.list(&scope, &Filter::All, &sort, &all);
            let whole = whole.await.unwrap().items;
            assert_eq!(whole.len(), 6);
            let mut request = PageRequest::first(2);
            let mut followed = Vec::new();
            loop {
                let page = stores.instances.list(&scope, &Filter::All, &sort, &request);
                let page = page.await.unwrap();
                followed.extend(page.items);
                let Some(cursor) = page.next else { break };
                request = PageRequest::after(cursor, 2);
            }
            assert_eq!(followed, whole, "{sort}");
        }
    }
}

pub async fn a_token_of_another_list_is_refused(fresh: Fresh) {
    let scope = fellowship(&fresh).await;
    let id = scope.organization_id();
    let (all, by_city) = (filter("id > 0"), order("city"));
    let first = list(&fresh, &scope, &all, &by_city, PageRequest::first(2)).await;
    let request = PageRequest::after(first.next.unwrap(), 2);
    let users = &fresh.repositories.users;

    for by in ["city desc", "lastName", "id", "city, active"] {
        let outcome = users.list(&scope, &all, &order(by), &request).await;
        assert_eq!(refusal(outcome), Refusal::InvalidCursor, "{by}");
    }
    for condition in ["id > 1", "id >= 0", "active = true", "NOT (id > 0)"] {
        let filter = filter(condition);
        let outcome = users.list(&scope, &filter, &by_city, &request).await;
        assert_eq!(refusal(outcome), Refusal::InvalidCursor, "{condition}");
    }
    for other in [
        Scope::organization(id),
        Scope::user(id, UserId::new(2)),
        Scope::account(tenantry_domain::OrganizationId::new(4711), {
            let Some(user) = first.items.first() else {
                panic!("the first page is empty")
            };
            user.account_id
        }),
    ] {
        let outcome = users.list(&other, &all, &by_city, &request).await;
        assert_eq!(refusal(outcome), Refusal::InvalidCursor, "{other:?}");
    }
    assert_eq!(
        list(&fresh, &scope, &all, &by_city, request)
            .await
            .items
            .len(),
        2
    );
}

pub async fn a_damaged_token_is_refused(fresh: Fresh) {
    let scope = fellowship(&fresh).await;
    let sort = order("lastName desc, city");
    let first = list(&fresh, &scope, &Filter::All, &sort, PageRequest::first(2)).await;
    let token = first.next.unwrap().as_str().to_owned();
    let users = &fresh.repositories.users;
    let mut damaged = vec![
        String::new(),
        "x".to_owned(),
        "0".to_owned(),
        "not a token".to_owned(),
        "'; DROP TABLE users; --".to_owned(),
        "A".repeat(10_000),
        format!("{token}{token}"),
        format!("{token}A"),
    ];
    for place in 0..token.len() {
        damaged.push(token[..place].to_owned());
        let other = if token.as_bytes()[place] == b'A' {
            "B"
        } else {
            "A"
        };
        damaged.push(format!("{}{other}{}", &token[..place], &token[place + 1..]));
    }
    for text in damaged {
        let request = PageRequest::after(Cursor::new(text.clone()), 2);
        let outcome = users.list(&scope, &Filter::All, &sort, &request).await;
        assert_eq!(refusal(outcome), Refusal::InvalidCursor, "{text:?}");
    }
}

pub async fn every_list_refuses_a_damaged_token(fresh: Fresh) {
    let scope = fellowship(&fresh).await;
    let stores = &fresh.repositories;
    let request = PageRequest::after(Cursor::new("x"), 2);
    let outcome = stores
        .accounts
        .list(&scope, &Filter::All, &Sort::by_id(), &request)
        .await;
    assert_eq!(refusal(outcome), Refusal::InvalidCursor);
    let outcome = stores
        .instances
        .list(&scope, &Filter::All, &Sort::by_id(), &request)
        .await;
    assert_eq!(refusal(outcome), Refusal::InvalidCursor);
    let outcome = stores
        .elements
        .list(&scope, &Filter::All, &Sort::by_id(), &request)
        .await;
    assert_eq!(refusal(outcome), Refusal::InvalidCursor);
    let outcome = stores
        .audit
        .list(&scope, &Filter::All, &Sort::by_id(), &request)
        .await;
    assert_eq!(refusal(outcome), Refusal::InvalidCursor);
}

pub async fn a_token_survives_the_row_that_it_came_from(fresh: Fresh) {
    let scope = with_ties(&fresh).await;
    for by in ["id", "city desc", "externalId"] {
        let sort = order(by);
        let before = fresh.users(&scope, &Filter::All, &sort).await;
        let page = list(&fresh, &scope, &Filter::All, &sort, PageRequest::first(3)).await;
        let users = &fresh.repositories.users;
        for gone in &page.items[1..] {
            let erased = users.delete(&scope, gone.id, None, &change_at(1)).await;
            assert!(erased.unwrap());
        }
        let request = PageRequest::after(page.next.unwrap(), 100);
        let rest = list(&fresh, &scope, &Filter::All, &sort, request).await;
        assert_eq!(rest.items, before[3..], "{by}");
    }
}

/// 24 users who have few different values, many of them absent.
async fn with_ties(fresh: &Fresh) -> Scope {
    let organization = fresh.organization("Shire").await.organization.id;
    let account = fresh.account(organization, "Bree").await;
    let choices = [None, Some(""), Some("a"), Some("A"), Some("ß")];
    for number in 0..24 {
        let mut draft = samples::user_draft(account.id, &format!("u{number}@shire.example"));
        draft.active = number % 3 == 0;
        draft.profile.city = choices[number % 5].map(samples::text);
        draft.profile.external_id = choices[number / 3 % 5].map(samples::text);
        let users = &fresh.repositories.users;
        let change = if number % 2 == 0 {
            change()
        } else {
            change_at(9)
        };
        users.create(organization, &draft, &change).await.unwrap();
    }
    Scope::account(organization, account.id)
}

fn sortable<F: Field>() -> impl Iterator<Item = F> {
    F::ALL.iter().copied().filter(|field| !field.is_many())
}

async fn list(
    fresh: &Fresh,
    scope: &Scope,
    filter: &Filter<UserField>,
    sort: &Sort<UserField>,
    request: PageRequest,
) -> Page<User> {
    let users = &fresh.repositories.users;
    users.list(scope, filter, sort, &request).await.unwrap()
}

/// By the date of creation, whoever comes with an earlier one stands on a page that was read already; everybody else is there once.
pub async fn a_clock_that_is_set_back_hides_and_repeats_nobody(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization.id;
    let account = fresh.account(shire, "Buckland").await;
    let scope = Scope::account(shire, account.id);
    let create = async |given: &str, at: u32| {
        let draft = samples::user_draft(account.id, &format!("{given}@shire.example"));
        let users = &fresh.repositories.users;
        users
            .create(shire, &draft, &change_at(at))
            .await
            .unwrap()
            .id
    };
    let mut early = Vec::new();
    for (given, at) in [("a", 100), ("b", 300), ("c", 200), ("d", 200), ("e", 50)] {
        early.push(create(given, at).await);
    }
    let ids = |page: &Page<User>| page.items.iter().map(|user| user.id).collect::<Vec<_>>();
    let by_date = Sort::by(UserField::CreatedDate, Direction::Ascending);
    let first = list(
        &fresh,
        &scope,
        &Filter::All,
        &by_date,
        PageRequest::first(2),
    )
    .await;
    assert_eq!(ids(&first), [early[4], early[0]]);
    // The clock is set back, and then right again.
    let hidden = create("f", 10).await;
    let late = create("g", 400).await;
    let mut request = PageRequest::after(first.next.unwrap(), 2);
    let mut rest = Vec::new();
    loop {
        let page = list(&fresh, &scope, &Filter::All, &by_date, request).await;
        rest.extend(ids(&page));
        let Some(cursor) = page.next else { break };
        request = PageRequest::after(cursor, 2);
    }
    assert_eq!(rest, [early[2], early[3], early[1], late]);
    let by_id = follow(&fresh, &scope, &Filter::All, &Sort::by_id(), 3).await;
    let by_id: Vec<_> = by_id.iter().map(|user| user.id).collect();
    let everybody = [early, vec![hidden, late]].concat();
    assert_eq!(by_id, everybody);
}

async fn follow(
    fresh: &Fresh,
    scope: &Scope,
    filter: &Filter<UserField>,
    sort: &Sort<UserField>,
    size: u32,
) -> Vec<User> {
    let mut request = PageRequest::first(size);
    let mut followed = Vec::new();
    loop {
        let page = list(fresh, scope, filter, sort, request).await;
        followed.extend(page.items);
        match page.next {
            Some(cursor) => request = PageRequest::after(cursor, size),
            None => return followed,
        }
    }
}
