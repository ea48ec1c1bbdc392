//! What cannot move in, and that it does not keep the rest out.

use tenantry_domain::{
    AccountId, Entity, InstanceId, UserId,
    transfer::{Finding, Ids, Part, Refusal, SealedRecord, Transfer},
};

use super::{
    given::whole,
    moving::{
        ARWEN, DEFAULT, ELROND, IMLADRIS, IntoRecord, RIVENDELL, account, arwen, created, element,
        elrond, entry, imladris, instance, source, user,
    },
    world::World,
};
use crate::{Fresh, samples::secret};

/// Writes these between two records that can be created; answers what became of them. Examining says the same.
async fn refused(fresh: &Fresh, records: Vec<SealedRecord>) -> Vec<Finding> {
    let transfer = fresh.begin(Ids::Kept).await;
    let before = user(UserId::new(800_001), DEFAULT, "before@rivendell.example");
    let after = user(UserId::new(800_002), DEFAULT, "after@rivendell.example");
    let mut batch = vec![before.into_record()];
    batch.extend(records);
    batch.push(after.into_record());
    let examined = fresh.repositories.transfers.examine(&transfer, &batch);
    let mut examined = examined.await.unwrap();
    let mut findings = fresh.write(&transfer, &batch).await;
    let (first, last) = (findings.remove(0), findings.pop().unwrap());
    assert_eq!([created(&first), created(&last)], [800_001, 800_002]);
    assert_eq!(
        [examined.remove(0), examined.pop().unwrap()],
        [Finding::New, Finding::New]
    );
    for (examined, written) in examined.iter().zip(&findings) {
        if *examined != Finding::New {
            assert_eq!(examined, written);
        }
    }
    findings
}

fn all(refusal: Refusal, records: &[SealedRecord]) -> Vec<Finding> {
    records.iter().map(|_| Finding::Refused(refusal)).collect()
}

pub async fn numbers_in_use_are_refused(fresh: Fresh) {
    let world = World::new(&fresh).await;
    for (entity, records) in [
        (
            Entity::Account,
            [world.bree.id.get(), 1, 0, -1, i64::MAX]
                .map(|id| account(AccountId::new(id), "").into_record()),
        ),
        (
            Entity::User,
            [world.frodo.id.get(), 1, 0, -1, i64::MAX]
                .map(|id| user(UserId::new(id), DEFAULT, "x@rivendell.example").into_record()),
        ),
        (
            Entity::Element,
            [world.instance.element.id.get(), 0, -1, i64::MIN, i64::MAX]
                .map(|id| element(id, "palantir").into_record()),
        ),
        (
            Entity::Instance,
            [world.instance.id.get(), 0, -1, i64::MIN, i64::MAX].map(|id| {
                let mut one = instance(1);
                one.id = InstanceId::new(id);
                one.user_id = UserId::new(800_001);
                one.into_record()
            }),
        ),
    ] {
        let transfers = &fresh.repositories.transfers;
        if transfers.find(&source()).await.unwrap().is_none() {
            let findings = refused(&fresh, records.to_vec()).await;
            assert_eq!(findings, all(Refusal::IdInUse(entity), &records));
            continue;
        }
        let transfer = transfers.find(&source()).await.unwrap().unwrap();
        let findings = fresh.write(&transfer, &records).await;
        assert_eq!(findings, all(Refusal::IdInUse(entity), &records));
    }
    world.is_untouched(&fresh).await;
}

pub async fn who_was_here_before_is_not_taken_for_another_of_the_same_number(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let transfers = &fresh.repositories.transfers;
    let begun = transfers
        .begin_into(&source(), Ids::Kept, world.id(), DEFAULT)
        .await;
    let transfer = begun.unwrap().unwrap();
    let mut theirs = instance(600_001);
    theirs.user_id = world.frodo.id;
    let mut of_bree = arwen();
    of_bree.user.account_id = world.bree.id;
    let records = [
        account(world.bree.id, "").into_record(),
        user(world.frodo.id, DEFAULT, "bob@rivendell.example").into_record(),
        of_bree.into_record(),
        theirs.into_record(),
    ];
    let expected = [
        Refusal::IdInUse(Entity::Account),
        Refusal::IdInUse(Entity::User),
        Refusal::OwnerMissing(Entity::Account),
        Refusal::OwnerMissing(Entity::User),
    ];
    let findings = fresh.write(&transfer, &records).await;
    assert_eq!(findings, expected.map(Finding::Refused));
    world.is_untouched(&fresh).await;
}

pub async fn emails_in_use_are_refused_whatever_their_case(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let records = [
        user(ELROND, DEFAULT, "frodo@shire.example").into_record(),
        user(ELROND, DEFAULT, "FRODO@Shire.example").into_record(),
        user(ELROND, DEFAULT, "Before@Rivendell.example").into_record(),
    ];
    let findings = refused(&fresh, records.to_vec()).await;
    assert_eq!(findings, all(Refusal::EmailInUse, &records));
    world.is_untouched(&fresh).await;
}

pub async fn external_ids_of_active_accounts_in_use_are_refused(fresh: Fresh) {
    let mut inactive = account(AccountId::new(8003), "IML");
    inactive.account.active = false;
    let records = vec![
        imladris().into_record(),
        account(AccountId::new(8004), "IML").into_record(),
        inactive.into_record(),
        account(AccountId::new(8005), "iml").into_record(),
        account(AccountId::new(8006), "").into_record(),
        account(AccountId::new(8007), "").into_record(),
    ];
    let findings = refused(&fresh, records).await;
    let expected = [
        Finding::Created(IMLADRIS.get()),
        Finding::Refused(Refusal::ExternalIdInUse),
        Finding::Created(8003),
        Finding::Created(8005),
        Finding::Created(8006),
        Finding::Created(8007),
    ];
    assert_eq!(findings, expected);
    let transfers = &fresh.repositories.transfers;
    let transfer = transfers.find(&source()).await.unwrap().unwrap();
    let again = fresh
        .write_one(&transfer, account(AccountId::new(8008), "IML"))
        .await;
    assert_eq!(again, Finding::Refused(Refusal::ExternalIdInUse));
}

pub async fn the_key_of_another_element_is_refused(fresh: Fresh) {
    let records = vec![
        element(41, "jira").into_record(),
        element(43, "jira").into_record(),
        element(44, "JIRA").into_record(),
    ];
    let findings = refused(&fresh, records).await;
    let expected = [
        Finding::Created(41),
        Finding::Refused(Refusal::KeyInUse),
        Finding::Created(44),
    ];
    assert_eq!(findings, expected);
}

pub async fn secrets_in_use_are_refused(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let (mut theirs, mut ours) = (elrond(), arwen());
    theirs.secret = secret("tu_frodo@shire.example");
    ours.secret = secret("tu_before@rivendell.example");
    ours.user.account_id = DEFAULT;
    let owner = UserId::new(800_001);
    let (mut first, mut token, mut again) =
        (instance(600_001), instance(600_002), instance(600_003));
    for one in [&mut first, &mut token, &mut again] {
        one.user_id = owner;
    }
    token.token = world.instance.token.clone();
    again.token = first.token.clone();
    let records = vec![
        theirs.into_record(),
        ours.into_record(),
        first.into_record(),
        token.into_record(),
        again.into_record(),
    ];
    let findings = refused(&fresh, records).await;
    let expected = [
        Finding::Refused(Refusal::SecretInUse(Entity::User)),
        Finding::Refused(Refusal::SecretInUse(Entity::User)),
        Finding::Created(600_001),
        Finding::Refused(Refusal::SecretInUse(Entity::Instance)),
        Finding::Refused(Refusal::SecretInUse(Entity::Instance)),
    ];
    assert_eq!(findings, expected);
    world.is_untouched(&fresh).await;
}

pub async fn numbers_of_configuration_entries_in_use_are_refused(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let theirs = fresh
        .instance_with(&shire.admin, "Theirs", |draft| {
            draft.configuration = super::configured::configuration();
        })
        .await;
    let with = |number: i64, entries: &[i64]| {
        let mut one = instance(number);
        one.user_id = UserId::new(800_001);
        let entries = entries.iter().enumerate();
        one.configuration = entries
            .map(|(place, id)| entry(*id, &format!("key{place}"), "value"))
            .collect();
        one.into_record()
    };
    let records = vec![
        with(600_001, &[theirs.configuration[0].id.get()]),
        with(600_002, &[77_001, 77_002]),
        with(600_003, &[77_003, 77_002]),
        with(600_004, &[77_004, 77_004]),
        with(600_005, &[0]),
        with(600_006, &[i64::MAX]),
        with(600_007, &[77_003, 77_004]),
    ];
    let findings = refused(&fresh, records).await;
    let refused = Finding::Refused(Refusal::ConfigurationIdInUse);
    let expected = [
        refused.clone(),
        Finding::Created(600_002),
        refused.clone(),
        refused.clone(),
        refused.clone(),
        refused,
        Finding::Created(600_007),
    ];
    assert_eq!(findings, expected);
}

pub async fn what_belongs_to_nobody_here_is_refused(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let mut nobodys = instance(600_001);
    nobodys.user_id = world.frodo.id;
    let mut nowhere = instance(600_002);
    nowhere.user_id = UserId::new(800_001);
    nowhere.account_id = world.bree.id;
    let records = vec![
        arwen().into_record(),
        user(ELROND, world.bree.id, "x@rivendell.example").into_record(),
        nobodys.into_record(),
        nowhere.into_record(),
    ];
    let findings = refused(&fresh, records).await;
    let expected = [
        Refusal::OwnerMissing(Entity::Account),
        Refusal::OwnerMissing(Entity::Account),
        Refusal::OwnerMissing(Entity::User),
        Refusal::OwnerMissing(Entity::Account),
    ];
    assert_eq!(findings, expected.map(Finding::Refused));
    let transfers = &fresh.repositories.transfers;
    assert_eq!(
        transfers.count(RIVENDELL, Part::Instances).await.unwrap(),
        0
    );
    assert_eq!(transfers.count(RIVENDELL, Part::Elements).await.unwrap(), 0);
    world.is_untouched(&fresh).await;
}

pub async fn a_missing_owner_is_the_last_reason(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let nowhere = world.bree.id;
    let mut theirs = user(ARWEN, nowhere, "x@rivendell.example");
    theirs.secret = secret("tu_frodo@shire.example");
    let nobodys = |number: i64| {
        let mut one = instance(number);
        one.user_id = world.frodo.id;
        one
    };
    let mut token = nobodys(600_002);
    token.token = world.instance.token.clone();
    let records = [
        user(ELROND, nowhere, "frodo@shire.example").into_record(),
        theirs.into_record(),
        user(world.frodo.id, nowhere, "y@rivendell.example").into_record(),
        user(ARWEN, nowhere, "z@rivendell.example").into_record(),
        nobodys(world.instance.id.get()).into_record(),
        token.into_record(),
        nobodys(600_003).into_record(),
    ];
    let expected = [
        Refusal::EmailInUse,
        Refusal::SecretInUse(Entity::User),
        Refusal::IdInUse(Entity::User),
        Refusal::OwnerMissing(Entity::Account),
        Refusal::IdInUse(Entity::Instance),
        Refusal::SecretInUse(Entity::Instance),
        Refusal::OwnerMissing(Entity::User),
    ]
    .map(Finding::Refused);
    let transfers = &fresh.repositories.transfers;
    for organization in [None, Some(RIVENDELL)] {
        let not_begun = Transfer::not_begun(organization, Ids::Kept);
        let examined = transfers.examine(&not_begun, &records).await;
        assert_eq!(examined.unwrap(), expected);
    }
    assert_eq!(refused(&fresh, records.to_vec()).await, expected);
    world.is_untouched(&fresh).await;
}

pub async fn an_instance_of_another_account_than_its_user_is_refused(fresh: Fresh) {
    let mut one = instance(600_001);
    one.user_id = ARWEN;
    let records = vec![
        imladris().into_record(),
        arwen().into_record(),
        one.into_record(),
    ];
    let findings = refused(&fresh, records).await;
    assert_eq!(findings[2], Finding::Refused(Refusal::OwnerElsewhere));
}

pub async fn what_was_refused_moves_in_once_it_can(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let sam = fresh.user(&shire.account, "sam@shire.example").await;
    let transfer = fresh.begin(Ids::Kept).await;
    let records = [
        user(ELROND, DEFAULT, "sam@shire.example").into_record(),
        instance(600_001).into_record(),
    ];
    let findings = fresh.write(&transfer, &records).await;
    let expected = [Refusal::EmailInUse, Refusal::OwnerMissing(Entity::User)];
    assert_eq!(findings, expected.map(Finding::Refused));
    let users = &fresh.repositories.users;
    let scope = whole(shire.organization.id);
    let erased = users
        .delete(&scope, sam.id, None, &crate::samples::change())
        .await;
    assert!(erased.unwrap());
    let findings = fresh.write(&transfer, &records).await;
    let expected = [ELROND.get(), 600_001].map(Finding::Created);
    assert_eq!(findings, expected);
}
