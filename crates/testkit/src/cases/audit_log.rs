//! Reading the audit log.

use tenantry_domain::{
    AuditAction, AuditField, AuditQuery, AuditRecord, Entity, OrganizationId, Scope, UserPatch,
    ceql::Filter,
    page::{Count, Direction, PageRequest, Sort},
};

use super::{
    audit::{renaming, shire_with_frodo, update},
    given::{filter, whole},
};
use crate::{
    Fresh,
    samples::{START, change_at, change_by, name},
};

pub async fn the_log_is_listed_newest_first_and_page_by_page(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    for number in 0..5 {
        let patch = UserPatch {
            first_name: Some(name(&format!("Number {number}"))),
            ..UserPatch::default()
        };
        update(&fresh, &user, &patch, &change_at(number)).await;
    }
    let scope = whole(user.organization_id);
    let mut expected = fresh.log(user.organization_id).await;
    assert!(expected.is_sorted_by(|left, right| left.id < right.id));
    expected.reverse();
    let sort = Sort::by(AuditField::Id, Direction::Descending);
    let audit = &fresh.repositories.audit;
    let mut request = PageRequest::first(2);
    let mut listed = Vec::new();
    loop {
        let page = audit.list(&scope, &Filter::All, &sort, &request).await;
        let page = page.unwrap();
        listed.extend(page.items);
        match page.next {
            Some(cursor) => request = PageRequest::after(cursor, 2),
            None => break,
        }
    }
    assert_eq!(listed, expected);
}

pub async fn a_clock_that_is_set_back_changes_no_order_of_the_log(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let happened = ["Bilbo", "Drogo", "Primula", "Rory", "Esmeralda"];
    for (given, at) in happened.into_iter().zip([900, 900, 20, 5000, 1]) {
        update(&fresh, &user, &renaming(given), &change_at(at)).await;
    }
    let scope = whole(user.organization_id);
    let sort = Sort::by(AuditField::Id, Direction::Descending);
    let audit = &fresh.repositories.audit;
    let mut listed = Vec::new();
    let mut request = PageRequest::first(1);
    while listed.len() < happened.len() {
        let page = audit.list(&scope, &Filter::All, &sort, &request);
        let page = page.await.unwrap();
        let names = page
            .items
            .iter()
            .map(|record| record.new.0["firstName"].clone());
        listed.extend(names);
        request = PageRequest::after(page.next.unwrap(), 1);
    }
    listed.reverse();
    assert_eq!(listed, happened);
}

pub async fn the_log_can_be_asked_for_times_users_and_accounts(fresh: Fresh) {
    let (account, user) = shire_with_frodo(&fresh).await;
    let bree = fresh.account(user.organization_id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    let by_frodo = change_by(user.id, 10);
    update(&fresh, &sam, &renaming("Rosie"), &by_frodo).await;
    update(&fresh, &user, &renaming("Bilbo"), &change_at(20)).await;
    let query = AuditQuery::default;
    for (asked, expected) in [
        (query(), 8),
        (
            AuditQuery {
                from: Some(change_at(10).at),
                ..query()
            },
            2,
        ),
        (
            AuditQuery {
                to: Some(change_at(10).at),
                ..query()
            },
            6,
        ),
        (
            AuditQuery {
                from: Some(START),
                to: Some(change_at(11).at),
                ..query()
            },
            7,
        ),
        // Created, changed, and the author of a change.
        (
            AuditQuery {
                user_id: Some(user.id),
                ..query()
            },
            3,
        ),
        (
            AuditQuery {
                user_id: Some(sam.id),
                ..query()
            },
            2,
        ),
        (
            AuditQuery {
                account_id: Some(bree.id),
                ..query()
            },
            3,
        ),
        (
            AuditQuery {
                account_id: Some(account.id),
                ..query()
            },
            4,
        ),
        (
            AuditQuery {
                account_id: Some(account.id),
                user_id: Some(sam.id),
                ..query()
            },
            0,
        ),
    ] {
        let records = select(&fresh, user.organization_id, &asked.filter()).await;
        assert_eq!(records.len(), expected, "{asked:?}");
    }
}

pub async fn the_fields_of_the_log_can_be_filtered(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    update(&fresh, &user, &renaming("Bilbo"), &change_by(user.id, 1)).await;
    let id = user.organization_id;
    for (condition, expected) in [
        ("id > 0", 5),
        ("authorId IS NULL", 4),
        ("authorId IS NOT NULL", 1),
        ("NOT (authorId = 0)", 5),
        ("authorId != 0", 1),
        ("targetUserId IS NULL", 2),
        ("targetUserId > 0", 3),
        ("accountId IS NULL", 1),
        ("NOT (accountId > 0)", 1),
        ("createdDate > '2026-01-15T12:00:00Z'", 1),
    ] {
        let records = select(&fresh, id, &filter(condition)).await;
        assert_eq!(records.len(), expected, "{condition}");
    }
    let own = format!("authorId = {0} AND targetUserId = {0}", user.id);
    assert_eq!(select(&fresh, id, &filter(&own)).await.len(), 1);
}

pub async fn an_accounts_scope_covers_its_records(fresh: Fresh) {
    let (account, user) = shire_with_frodo(&fresh).await;
    let id = user.organization_id;
    let bree = fresh.account(id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    let targets = async |scope: Scope| -> Vec<(Entity, i64)> {
        let log = fresh.log_in(&scope).await;
        log.iter()
            .map(|record| (record.target, record.target_id))
            .collect()
    };
    assert_eq!(
        targets(Scope::account(id, bree.id)).await,
        [
            (Entity::Account, bree.id.get()),
            (Entity::User, sam.id.get())
        ]
    );
    let own = targets(Scope::account(id, account.id)).await;
    assert_eq!(own.len(), 3);
    assert!(!own.contains(&(Entity::User, sam.id.get())));
}

pub async fn a_users_scope_covers_what_was_done_by_and_to_the_user(fresh: Fresh) {
    let (account, user) = shire_with_frodo(&fresh).await;
    let id = user.organization_id;
    let sam = fresh.user(&account, "sam@shire.example").await;
    update(&fresh, &sam, &renaming("Rosie"), &change_by(user.id, 1)).await;
    update(&fresh, &sam, &renaming("Sam"), &change_by(sam.id, 2)).await;
    // An instance, an account or a role of the same number is not that user.
    for number in 0..8 {
        let name = format!("Instance {number}");
        fresh.instance(&sam, "jira", &name).await;
    }
    let log = fresh.log_in(&Scope::user(id, user.id)).await;
    let seen: Vec<_> = log
        .iter()
        .map(|record| (record.action, record.target, record.target_id))
        .collect();
    assert_eq!(
        seen,
        [
            (AuditAction::Created, Entity::User, user.id.get()),
            (AuditAction::Updated, Entity::User, sam.id.get()),
        ]
    );
    let log = fresh.log_in(&Scope::user(id, sam.id)).await;
    assert_eq!(log.len(), 3);
}

pub async fn records_are_counted_no_further_than_asked(fresh: Fresh) {
    let (account, user) = shire_with_frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let id = user.organization_id;
    let audit = &fresh.repositories.audit;
    let of_account = Scope::account(id, account.id);
    for (scope, condition, up_to, expected) in [
        (whole(id), "id > 0", 0, Count::MoreThan(0)),
        (whole(id), "id > 0", 3, Count::MoreThan(3)),
        (whole(id), "id > 0", 4, Count::Exact(4)),
        (whole(id), "id < 0", 0, Count::Exact(0)),
        (of_account, "id > 0", 10, Count::Exact(3)),
        (whole(gondor.organization.id), "id > 0", 10, Count::Exact(3)),
    ] {
        let counted = audit.count(&scope, &filter(condition), up_to).await;
        assert_eq!(counted.unwrap(), expected, "{condition} up to {up_to}");
    }
}

async fn select(
    fresh: &Fresh,
    organization: OrganizationId,
    filter: &Filter<AuditField>,
) -> Vec<AuditRecord> {
    let audit = &fresh.repositories.audit;
    let page = audit
        .list(
            &whole(organization),
            filter,
            &Sort::by_id(),
            &PageRequest::first(100),
        )
        .await;
    page.unwrap().items
}
