//! The numbers of what moves in.

use tenantry_domain::{
    OrganizationId, UserId,
    transfer::{Finding, Ids, Part, SealedRecord},
};

use super::{
    given::whole,
    moving::{
        DEFAULT, IntoRecord, RIVENDELL, account, created, element, elrond, instance, rivendell,
        user,
    },
};
use crate::{
    Fresh,
    samples::{change, text},
};

pub async fn an_element_is_registered_by_the_instance_that_names_it(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let taken = fresh.instance(&shire.admin, "hubspot", "CRM").await;
    let transfer = fresh.begin(Ids::Kept).await;
    fresh.write_one(&transfer, elrond()).await;
    let mut first = instance(600_001);
    first.element.id = taken.element.id;
    let mut second = instance(600_002);
    second.element = element(4242, "palantir");
    let records = [first.into_record(), second.into_record()];
    for finding in fresh.write(&transfer, &records).await {
        created(&finding);
    }
    let elements = &fresh.repositories.elements;
    let scope = whole(RIVENDELL);
    let found = elements.find_by_key(&scope, &text("palantir")).await;
    let found = found.unwrap().unwrap();
    assert_ne!(found.id, taken.element.id);
    assert_eq!(found.name, text("Palantír"));
    let count = fresh
        .repositories
        .transfers
        .count(RIVENDELL, Part::Elements)
        .await;
    assert_eq!(count.unwrap(), 1);
    // Under its number there it is known as well.
    let mut known = element(taken.element.id.get(), "palantir");
    known.hub = text("other");
    let Finding::Differs { id, .. } = fresh.write_one(&transfer, known).await else {
        panic!("it is another one");
    };
    assert_eq!(id, found.id.get());
}

pub async fn an_assigned_element_is_the_one_of_its_key(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let taken = fresh.instance(&shire.admin, "jira", "Tickets").await;
    let (transfers, id) = (&fresh.repositories.transfers, shire.organization.id);
    let source = super::moving::source();
    let begun = transfers
        .begin_into(&source, Ids::Assigned, id, DEFAULT)
        .await;
    let transfer = begun.unwrap().unwrap();
    let mut there_is = element(41, "jira");
    there_is.name = taken.element.name.clone();
    there_is.hub = taken.element.hub.clone();
    let found = fresh.write_one(&transfer, there_is).await;
    assert_eq!(found, Finding::Unchanged(taken.element.id.get()));
}

pub async fn entries_without_numbers_get_some(fresh: Fresh) {
    let transfer = fresh.begin(Ids::Kept).await;
    fresh.write_one(&transfer, elrond()).await;
    let mut first = instance(600_001);
    for entry in &mut first.configuration {
        entry.id = None;
    }
    let records = [first.into_record(), instance(600_002).into_record()];
    for finding in fresh.write(&transfer, &records).await {
        created(&finding);
    }
    let instances = &fresh.repositories.instances;
    let mut ids = Vec::new();
    for number in [600_001, 600_002] {
        let id = tenantry_domain::InstanceId::new(number);
        let found = instances
            .find(&whole(RIVENDELL), id)
            .await
            .unwrap()
            .unwrap();
        let keys: Vec<_> = found
            .configuration
            .iter()
            .map(|it| it.key.as_str())
            .collect();
        assert_eq!(keys, ["site.address", "password"]);
        ids.extend(found.configuration.iter().map(|entry| entry.id.get()));
    }
    assert_eq!(ids[2..], [6_000_020, 6_000_021]);
    assert!(ids[0] > 0 && ids[1] > ids[0] && !ids[2..].contains(&ids[0]));
}

pub async fn numbers_given_out_later_are_beyond_those_kept(fresh: Fresh) {
    let million = 1_000_000;
    let mut record = rivendell();
    record.organization.id = OrganizationId::new(million);
    record.default_account.account.id = tenantry_domain::AccountId::new(million);
    record.organization.default_account_id = record.default_account.account.id;
    for (role, number) in record.roles.iter_mut().zip(million..) {
        role.id = tenantry_domain::RoleId::new(number);
    }
    let stores = &fresh.repositories;
    let source = super::moving::source();
    let begun = stores
        .transfers
        .begin(&source, Ids::Kept, &record, &change())
        .await;
    let transfer = begun.unwrap();
    let scope = whole(transfer.organization);
    let mut default = record.default_account.account;
    default.organization_id = transfer.organization;
    let mut kept = instance(million + 5);
    kept.account_id = default.id;
    kept.user_id = UserId::new(million + 3);
    kept.element = element(million + 4, "palantir");
    let records = [
        account(tenantry_domain::AccountId::new(million + 2), "").into_record(),
        user(UserId::new(million + 3), default.id, "a@rivendell.example").into_record(),
        kept.into_record(),
    ];
    for finding in fresh.write(&transfer, &records).await {
        created(&finding);
    }

    let later = fresh.user(&default, "later@rivendell.example").await;
    assert!(later.id.get() > million + 3);
    let account = fresh.account(transfer.organization, "Later").await;
    assert!(account.id.get() > million + 2);
    let instance = fresh
        .instance_with(&later, "Later", |draft| {
            draft.configuration = super::configured::configuration();
        })
        .await;
    assert!(instance.id.get() > million + 5);
    assert!(instance.element.id.get() > million + 4);
    assert!(instance.configuration[0].id.get() > (million + 5) * 10 + 1);
    let gondor = fresh.organization("Gondor").await;
    assert!(gondor.organization.id.get() > million);
    assert!(gondor.account.id > account.id && gondor.admin.id > later.id);
    let roles = stores.roles.list(gondor.organization.id).await.unwrap();
    assert!(roles[0].id.get() > million + 3);
    assert!(stores.users.was_assigned(later.id).await.unwrap());
    assert!(stores.users.find(&scope, later.id).await.unwrap().is_some());
}

pub async fn a_large_batch_moves_in_at_once(fresh: Fresh) {
    let transfer = fresh.begin(Ids::Kept).await;
    let number = |number: usize| 10_000 + i64::try_from(number).unwrap();
    let users = |from: usize, to: usize| -> Vec<SealedRecord> {
        (from..to)
            .map(|one| {
                let address = format!("elf{one}@rivendell.example");
                user(UserId::new(number(one)), DEFAULT, &address).into_record()
            })
            .collect()
    };
    let findings = fresh.write(&transfer, &users(0, 1_200)).await;
    for (one, finding) in findings.iter().enumerate() {
        assert_eq!(*finding, Finding::Created(number(one)));
    }
    let findings = fresh.write(&transfer, &users(600, 1_800)).await;
    for (one, finding) in findings.iter().enumerate() {
        let id = number(600 + one);
        let expected = if one < 600 {
            Finding::Unchanged(id)
        } else {
            Finding::Created(id)
        };
        assert_eq!(*finding, expected);
    }
    let transfers = &fresh.repositories.transfers;
    assert_eq!(
        transfers.count(RIVENDELL, Part::Users).await.unwrap(),
        1_800
    );
}
