//! Creating, finding and listing accounts.

use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, Entity, OrganizationId, Revision, Scope,
    page::{Count, PageRequest, Sort},
};

use super::given::{Refusal, filter, order, refusal, whole};
use crate::{
    Fresh,
    samples::{self, START, change, name, text},
};

pub async fn a_new_account_is_answered_and_found_again(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    let draft = AccountDraft {
        name: name("Bree"),
        description: Some(text("Inns\tand more")),
        external_id: Some(text("B-1")),
    };
    let account = accounts.create(shire.id, &draft, &change()).await.unwrap();
    assert_eq!(
        account,
        Account {
            id: account.id,
            organization_id: shire.id,
            name: name("Bree"),
            description: Some(text("Inns\tand more")),
            external_id: Some(text("B-1")),
            active: true,
            is_default: false,
            created_at: START,
            updated_at: START,
            revision: Revision::FIRST,
        }
    );
    let found = accounts.find(&whole(shire.id), account.id).await.unwrap();
    assert_eq!(found, Some(account));
}

pub async fn an_external_id_in_use_conflicts(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    let draft = AccountDraft {
        external_id: Some(text("B-1")),
        ..samples::account_draft("Bree")
    };
    accounts.create(shire.id, &draft, &change()).await.unwrap();
    let before = fresh.log(shire.id).await;
    let second = AccountDraft {
        name: name("Buckland"),
        ..draft
    };
    let outcome = accounts.create(shire.id, &second, &change()).await;
    assert_eq!(
        refusal(outcome),
        Refusal::Conflict(Entity::Account, "externalId")
    );
    assert_eq!(
        names(&fresh, &whole(shire.id), "id > 0", "id").await,
        ["Shire", "Bree"]
    );
    assert_eq!(fresh.log(shire.id).await, before);
}

pub async fn external_ids_conflict_only_if_they_are_exactly_the_same(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    for id in [None, None, Some("b"), Some("B"), Some("b "), Some("")] {
        let draft = AccountDraft {
            external_id: id.map(text),
            ..samples::account_draft("Bree")
        };
        let created = accounts.create(shire.id, &draft, &change()).await;
        assert_eq!(created.unwrap().external_id, id.map(text));
    }
}

pub async fn two_organizations_may_use_one_external_id(fresh: Fresh) {
    let accounts = &fresh.repositories.accounts;
    let draft = AccountDraft {
        external_id: Some(text("B-1")),
        ..samples::account_draft("Bree")
    };
    for organization in ["Shire", "Gondor"] {
        let id = fresh.organization(organization).await.organization.id;
        let created = accounts.create(id, &draft, &change()).await.unwrap();
        assert_eq!(created.organization_id, id);
    }
}

pub async fn an_unknown_account_is_none(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let found = accounts.find(&whole(shire.id), AccountId::new(id)).await;
        assert_eq!(found.unwrap(), None, "{id}");
    }
    let nowhere = whole(OrganizationId::new(4711));
    let found = accounts.find(&nowhere, shire.default_account_id).await;
    assert_eq!(found.unwrap(), None);
}

pub async fn filters_select_accounts(fresh: Fresh) {
    let shire = three_accounts(&fresh).await;
    for (condition, expected) in [
        ("id > 0", &["Shire", "Bree", "bag end"][..]),
        ("name = 'Bree'", &["Bree"]),
        ("name = 'bree'", &[]),
        ("name LIKE 'b%'", &["Bree", "bag end"]),
        ("name NOT LIKE '%e%d'", &["Shire", "Bree"]),
        ("name > 'Shire'", &["bag end"]),
        ("description IS NULL", &["Shire", "bag end"]),
        ("description IS NOT NULL", &["Bree"]),
        ("description LIKE 'INNS%'", &["Bree"]),
        ("NOT (description LIKE 'inns%')", &["Shire", "bag end"]),
        ("description NOT LIKE 'x%'", &["Bree"]),
        ("externalId IN ('1', '2')", &["Bree", "bag end"]),
        ("externalId NOT IN ('1')", &["bag end"]),
        ("NOT (externalId = '1')", &["Shire", "bag end"]),
        ("active = true", &["Shire", "Bree", "bag end"]),
        ("active = false", &[]),
        ("defaultAccount = true", &["Shire"]),
        ("defaultAccount = false", &["Bree", "bag end"]),
        ("type = 'Default'", &["Shire"]),
        ("type = 'CompanyAccount'", &["Bree", "bag end"]),
        ("type LIKE 'company%'", &["Bree", "bag end"]),
        ("type IS NULL", &[]),
        ("companyId = 0", &[]),
        ("createdDate = '2026-01-15'", &["Shire", "Bree", "bag end"]),
        ("updatedDate < '2026-01-15T12:00:00Z'", &[]),
    ] {
        let found = names(&fresh, &shire, condition, "id").await;
        assert_eq!(found, expected, "{condition}");
    }
    let own = format!("companyId = {}", shire.organization_id());
    assert_eq!(names(&fresh, &shire, &own, "id").await.len(), 3);
}

pub async fn accounts_come_in_the_order_asked_for(fresh: Fresh) {
    let shire = three_accounts(&fresh).await;
    for (by, expected) in [
        ("id", ["Shire", "Bree", "bag end"]),
        ("id desc", ["bag end", "Bree", "Shire"]),
        ("name", ["Bree", "Shire", "bag end"]),
        ("name desc", ["bag end", "Shire", "Bree"]),
        ("description", ["Shire", "bag end", "Bree"]),
        ("description desc", ["Bree", "Shire", "bag end"]),
        ("description desc, name desc", ["Bree", "bag end", "Shire"]),
        ("externalId", ["Shire", "Bree", "bag end"]),
        ("externalId desc", ["bag end", "Bree", "Shire"]),
        ("type, name", ["Bree", "bag end", "Shire"]),
        (
            "defaultAccount desc, name desc",
            ["Shire", "bag end", "Bree"],
        ),
    ] {
        let found = names(&fresh, &shire, "id > 0", by).await;
        assert_eq!(found, expected, "{by}");
    }
}

pub async fn accounts_are_counted_no_further_than_asked(fresh: Fresh) {
    let shire = three_accounts(&fresh).await;
    let accounts = &fresh.repositories.accounts;
    for (condition, up_to, expected) in [
        ("id > 0", 0, Count::MoreThan(0)),
        ("id > 0", 2, Count::MoreThan(2)),
        ("id > 0", 3, Count::Exact(3)),
        ("id > 0", 10_000, Count::Exact(3)),
        ("name LIKE 'b%'", 3, Count::Exact(2)),
        ("name = 'Mordor'", 0, Count::Exact(0)),
    ] {
        let counted = accounts.count(&shire, &filter(condition), up_to).await;
        assert_eq!(counted.unwrap(), expected, "{condition} up to {up_to}");
    }
}

pub async fn a_users_scope_covers_the_users_account(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let bree = fresh.account(id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    let accounts = &fresh.repositories.accounts;
    let scope = Scope::user(id, sam.id);
    assert_eq!(names(&fresh, &scope, "id > 0", "id").await, ["Bree"]);
    let found = accounts.find(&scope, shire.account.id).await.unwrap();
    assert_eq!(found, None);
    let found = accounts.find(&scope, bree.id).await.unwrap();
    assert_eq!(found, Some(bree));
}

/// `Shire`, the default account, `Bree` and `bag end`.
async fn three_accounts(fresh: &Fresh) -> Scope {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    for draft in [
        AccountDraft {
            name: name("Bree"),
            description: Some(text("Inns")),
            external_id: Some(text("1")),
        },
        AccountDraft {
            name: name("bag end"),
            description: None,
            external_id: Some(text("2")),
        },
    ] {
        accounts.create(shire.id, &draft, &change()).await.unwrap();
    }
    whole(shire.id)
}

async fn names(fresh: &Fresh, scope: &Scope, condition: &str, by: &str) -> Vec<String> {
    let sort: Sort<AccountField> = order(by);
    let accounts = &fresh.repositories.accounts;
    let page = accounts
        .list(scope, &filter(condition), &sort, &PageRequest::first(100))
        .await
        .unwrap();
    assert_eq!(page.next, None);
    page.items
        .into_iter()
        .map(|account| account.name.to_string())
        .collect()
}
