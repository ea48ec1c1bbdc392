//! Changing accounts, their lifecycle, and renaming organizations.

use std::collections::BTreeSet;

use tenantry_domain::{
    Account, AccountDraft, AccountId, AccountPatch, AuditAction, AuditField, Entity,
    OrganizationId, Revision, Scope, Snapshot,
    ceql::Filter,
    page::{Count, PageRequest, Sort},
};

use super::given::{Refusal, filter, refusal, whole};
use crate::{
    Fresh,
    samples::{self, START, caller, change, change_at, name, text},
};

fn deactivation() -> AccountPatch {
    AccountPatch {
        active: Some(false),
        ..AccountPatch::default()
    }
}

fn activation() -> AccountPatch {
    AccountPatch {
        active: Some(true),
        ..AccountPatch::default()
    }
}

fn erasure() -> AccountPatch {
    AccountPatch {
        erase_users: true,
        ..deactivation()
    }
}

async fn update(fresh: &Fresh, account: &Account, patch: &AccountPatch, seconds: u32) -> Account {
    let accounts = &fresh.repositories.accounts;
    let (scope, change) = (whole(account.organization_id), change_at(seconds));
    accounts
        .update(&scope, account.id, patch, None, &change)
        .await
        .unwrap()
        .unwrap()
}

pub async fn an_update_changes_what_it_names(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let patch = AccountPatch {
        name: Some(name("Buckland")),
        external_id: Some(Some(text("B-1"))),
        ..AccountPatch::default()
    };
    let updated = update(&fresh, &bree, &patch, 7).await;
    assert_eq!(
        updated,
        Account {
            name: name("Buckland"),
            external_id: Some(text("B-1")),
            updated_at: change_at(7).at,
            revision: Revision::new(2),
            ..bree.clone()
        }
    );
    let found = fresh
        .repositories
        .accounts
        .find(&whole(shire.id), bree.id)
        .await
        .unwrap();
    assert_eq!(found.as_ref(), Some(&updated));
    let list = fresh
        .repositories
        .accounts
        .count(&whole(shire.id), &filter("name LIKE 'BUCK%'"), 9)
        .await;
    assert_eq!(
        list.unwrap(),
        Count::Exact(1),
        "what LIKE searches changes too"
    );
    let emptied = AccountPatch {
        external_id: Some(None),
        ..AccountPatch::default()
    };
    assert_eq!(update(&fresh, &bree, &emptied, 8).await.external_id, None);
}

pub async fn an_update_is_recorded_with_old_and_new_values(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let before = fresh.log(shire.id).await.len();
    let patch = AccountPatch {
        description: Some(Some(text("Inns"))),
        ..deactivation()
    };
    update(&fresh, &bree, &patch, 7).await;
    update(&fresh, &bree, &patch, 8).await;
    let log = fresh.log(shire.id).await;
    assert_eq!(log.len(), before + 1, "nothing differed the second time");
    let record = &log[before];
    assert_eq!(
        (record.action, record.target, record.target_id),
        (AuditAction::Updated, Entity::Account, bree.id.get())
    );
    assert_eq!(
        (record.account_id, record.change),
        (Some(bree.id), change_at(7))
    );
    assert_eq!(record.old, Snapshot::new().field("active", true));
    assert_eq!(
        record.new,
        Snapshot::new()
            .field("active", false)
            .field("description", "Inns")
    );
}

pub async fn updating_another_revision_is_stale(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let (accounts, scope) = (&fresh.repositories.accounts, whole(shire.id));
    let expected = Some(Revision::new(2));
    let outcome = accounts
        .update(&scope, bree.id, &erasure(), expected, &change())
        .await;
    assert_eq!(refusal(outcome), Refusal::Stale(Entity::Account));
    assert_eq!(
        accounts.find(&scope, bree.id).await.unwrap(),
        Some(bree.clone())
    );
    let expected = Some(Revision::FIRST);
    let updated = accounts
        .update(&scope, bree.id, &deactivation(), expected, &change())
        .await;
    assert_eq!(updated.unwrap().unwrap().revision, Revision::new(2));
}

pub async fn the_default_account_is_never_deactivated(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let before = fresh.log(shire.organization.id).await;
    let (accounts, scope) = (&fresh.repositories.accounts, whole(shire.organization.id));
    for patch in [deactivation(), erasure()] {
        let outcome = accounts
            .update(&scope, shire.account.id, &patch, None, &change())
            .await;
        assert_eq!(refusal(outcome), Refusal::DefaultAccount);
    }
    assert_eq!(
        accounts.find(&scope, shire.account.id).await.unwrap(),
        Some(shire.account)
    );
    assert_eq!(fresh.log(shire.organization.id).await, before);
}

pub async fn an_external_id_is_free_while_its_account_is_inactive(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    let draft = AccountDraft {
        external_id: Some(text("B-1")),
        ..samples::account_draft("Bree")
    };
    let bree = accounts.create(shire.id, &draft, &change()).await.unwrap();
    update(&fresh, &bree, &deactivation(), 1).await;
    accounts.create(shire.id, &draft, &change()).await.unwrap();
    let outcome = accounts
        .update(&whole(shire.id), bree.id, &activation(), None, &change())
        .await;
    assert_eq!(
        refusal(outcome),
        Refusal::Conflict(Entity::Account, "externalId")
    );
}

pub async fn users_of_an_inactive_account_cannot_call_until_it_is_active_again(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    fresh.user(&bree, "barliman@bree.example").await;
    let barliman = caller("barliman@bree.example", "Shire");
    let credentials = &fresh.repositories.credentials;
    assert!(
        credentials
            .authenticate(&barliman, START)
            .await
            .unwrap()
            .is_some()
    );
    update(&fresh, &bree, &deactivation(), 1).await;
    assert_eq!(
        credentials.authenticate(&barliman, START).await.unwrap(),
        None
    );
    let draft = samples::user_draft(bree.id, "nob@bree.example");
    let outcome = fresh
        .repositories
        .users
        .create(shire.id, &draft, &change())
        .await;
    assert_eq!(
        refusal(outcome),
        Refusal::Conflict(Entity::Account, "active")
    );
    update(&fresh, &bree, &activation(), 2).await;
    assert!(
        credentials
            .authenticate(&barliman, START)
            .await
            .unwrap()
            .is_some(),
        "nothing was lost"
    );
}

pub async fn erasing_the_users_of_an_account_erases_what_is_theirs_and_records_it(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    let barliman = fresh.user(&bree, "barliman@bree.example").await;
    let nob = fresh.user(&bree, "nob@bree.example").await;
    let instance = fresh.instance(&nob, "sap", "Stable").await;
    let before = fresh.log(shire.organization.id).await.len();
    let scope = whole(shire.organization.id);
    assert!(!update(&fresh, &bree, &erasure(), 7).await.active);
    let users = &fresh.repositories.users;
    for user in [&barliman, &nob] {
        assert_eq!(users.find(&scope, user.id).await.unwrap(), None);
    }
    assert!(
        users.find(&scope, shire.admin.id).await.unwrap().is_some(),
        "of another account"
    );
    assert_eq!(
        fresh
            .repositories
            .instances
            .find(&scope, instance.id)
            .await
            .unwrap(),
        None
    );
    let credentials = &fresh.repositories.credentials;
    update(&fresh, &bree, &activation(), 8).await;
    assert_eq!(
        credentials
            .authenticate(&caller("nob@bree.example", "Shire"), START)
            .await
            .unwrap(),
        None
    );
    fresh.user(&bree, "nob@bree.example").await;

    let log = fresh.log(shire.organization.id).await;
    let erased: BTreeSet<_> = log[before + 1..before + 4]
        .iter()
        .map(|record| {
            (
                record.target.as_str(),
                record.target_id,
                record.action.as_str(),
            )
        })
        .collect();
    let expected = BTreeSet::from([
        ("user", barliman.id.get(), "deleted"),
        ("user", nob.id.get(), "deleted"),
        ("instance", instance.id.get(), "deleted"),
    ]);
    assert_eq!(
        (log[before].action, log[before].target),
        (AuditAction::Updated, Entity::Account)
    );
    assert_eq!(erased, expected);
    let record = log
        .iter()
        .rfind(|record| record.target_id == barliman.id.get() && record.target == Entity::User);
    assert!(
        record.is_some_and(|record| record.old == barliman.snapshot() && record.new.is_empty())
    );
}

pub async fn more_users_than_one_round_are_erased(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let mut users = Vec::new();
    for number in 0..520 {
        users.push(fresh.user(&bree, &format!("u{number}@bree.example")).await);
    }
    let (first, last) = (&users[0], &users[519]);
    let mut instances = BTreeSet::new();
    for user in [last, first] {
        instances.insert(fresh.instance(user, "sap", "Stable").await.id.get());
    }
    update(&fresh, &bree, &erasure(), 7).await;
    let changed = Filter::equals(AuditField::CreatedDate, change_at(7).at);
    let log = &fresh.repositories.audit;
    let page = log
        .list(
            &whole(shire.id),
            &changed,
            &Sort::by_id(),
            &PageRequest::first(1000),
        )
        .await;
    let records = page.unwrap().items;
    let of = |kind: Entity| {
        let records = records.iter().filter(move |record| record.target == kind);
        records.map(|record| record.target_id)
    };
    assert!(of(Entity::User).eq(users.iter().map(|user| user.id.get())));
    assert_eq!(of(Entity::Instance).collect::<BTreeSet<_>>(), instances);
    let order: Vec<_> = records
        .chunk_by(|one, next| one.target == next.target)
        .map(|records| records[0].target)
        .collect();
    assert_eq!(order, [Entity::Account, Entity::Instance, Entity::User]);
    let left = fresh
        .repositories
        .users
        .count(&whole(shire.id), &filter("id > 0"), 1000)
        .await;
    assert_eq!(left.unwrap(), Count::Exact(1));
}

pub async fn who_is_created_while_the_account_goes_is_erased_or_refused(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let mut creations = Vec::new();
    for number in 0..20 {
        let users = std::sync::Arc::clone(&fresh.repositories.users);
        let draft = samples::user_draft(bree.id, &format!("u{number}@bree.example"));
        let organization = shire.id;
        creations.push(tokio::spawn(async move {
            users.create(organization, &draft, &change()).await
        }));
    }
    update(&fresh, &bree, &erasure(), 7).await;
    for creation in creations {
        let outcome = creation.await.unwrap();
        if outcome.is_err() {
            assert_eq!(
                refusal(outcome),
                Refusal::Conflict(Entity::Account, "active")
            );
        }
    }
    let filter = filter(&format!("accountId = {}", bree.id));
    let left = fresh
        .repositories
        .users
        .count(&whole(shire.id), &filter, 100)
        .await;
    assert_eq!(
        left.unwrap(),
        Count::Exact(0),
        "nobody stands in an account that is gone"
    );
}

pub async fn an_account_out_of_scope_is_not_updated(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let mordor = fresh.organization("Mordor").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let accounts = &fresh.repositories.accounts;
    for scope in [
        whole(mordor.id),
        Scope::account(shire.id, shire.default_account_id),
        whole(OrganizationId::new(4711)),
    ] {
        let outcome = accounts
            .update(&scope, bree.id, &erasure(), None, &change())
            .await;
        assert_eq!(outcome.unwrap(), None, "{scope:?}");
    }
    assert_eq!(
        accounts.find(&whole(shire.id), bree.id).await.unwrap(),
        Some(bree)
    );
}

pub async fn an_id_that_was_given_away_stays_known(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let accounts = &fresh.repositories.accounts;
    let bree = fresh.account(shire.id, "Bree").await.id;
    for id in [i64::MIN, -1, 0, bree.get() + 1, i64::MAX] {
        assert!(
            !accounts.was_assigned(AccountId::new(id)).await.unwrap(),
            "{id}"
        );
    }
    assert!(accounts.was_assigned(bree).await.unwrap());
}

pub async fn an_organization_is_renamed_and_its_secret_kept(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let organizations = &fresh.repositories.organizations;
    let before = fresh.log(shire.id).await.len();
    let new = name("The Shire");
    let stale = organizations
        .rename(shire.id, &new, Some(Revision::new(9)), &change())
        .await;
    assert_eq!(refusal(stale), Refusal::Stale(Entity::Organization));
    let renamed = organizations
        .rename(shire.id, &new, Some(Revision::FIRST), &change_at(7))
        .await;
    let renamed = renamed.unwrap().unwrap();
    assert_eq!(
        (renamed.name.as_str(), renamed.revision, renamed.updated_at),
        ("The Shire", Revision::new(2), change_at(7).at)
    );
    assert_eq!(organizations.find(shire.id).await.unwrap(), Some(renamed));
    let again = organizations
        .rename(shire.id, &new, None, &change_at(8))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.revision, Revision::new(3));
    let log = fresh.log(shire.id).await;
    assert_eq!(
        log.len(),
        before + 1,
        "the name did not differ the second time"
    );
    assert_eq!(log[before].old, Snapshot::new().field("name", "Shire"));
    assert_eq!(log[before].new, Snapshot::new().field("name", "The Shire"));
    let nowhere = organizations
        .rename(OrganizationId::new(4711), &new, None, &change())
        .await;
    assert_eq!(nowhere.unwrap(), None);
    let credentials = &fresh.repositories.credentials;
    let secret = credentials.organization_secret(shire.id).await.unwrap();
    assert_eq!(secret, Some(samples::secret("to_Shire")));
    assert_eq!(
        credentials
            .organization_secret(OrganizationId::new(4711))
            .await
            .unwrap(),
        None
    );
}
