//! By what records are recognized that are here already, and what is said of them.

use tenantry_domain::{
    Entity, RoleKey, Snapshot, UserId, UserPatch,
    ports::RepositoryError,
    transfer::{Finding, Ids, Part, Recognition, Refusal, Transfer},
};

use super::{
    given::whole,
    moving::{
        ARWEN, DEFAULT, ELROND, IMLADRIS, IntoRecord, RIVENDELL, arwen, created, element, elrond,
        everything, imladris, instance, rivendell, there, user,
    },
};
use crate::{
    Fresh,
    samples::{caller, change, change_at, name, secret, text},
};

pub async fn what_is_written_again_is_unchanged(fresh: Fresh) {
    let transfer = fresh.move_everything_in().await;
    let log = fresh.log(RIVENDELL).await;
    let mut records = everything();
    records.push(element(42, "palantir").into_record());
    let expected: Vec<_> = records
        .iter()
        .map(|record| Finding::Unchanged(record.id()))
        .collect();
    let transfers = &fresh.repositories.transfers;
    for _ in 0..2 {
        assert_eq!(fresh.write(&transfer, &records).await, expected);
        let examined = transfers.examine(&transfer, &records).await;
        assert_eq!(examined.unwrap(), expected);
    }
    assert_eq!(fresh.log(RIVENDELL).await, log);
    for (part, expected) in [
        (Part::Accounts, 1),
        (Part::Elements, 2),
        (Part::Users, 2),
        (Part::Instances, 1),
    ] {
        assert_eq!(transfers.count(RIVENDELL, part).await.unwrap(), expected);
    }
}

pub async fn what_is_no_difference_is_none(fresh: Fresh) {
    let transfer = fresh.move_everything_in().await;
    let mut same = elrond();
    same.user.password = tenantry_domain::PasswordState::Absent;
    same.user.locked_until = None;
    same.user.last_login_at = None;
    same.user.updated_at = there(99);
    same.user.revision = tenantry_domain::Revision::new(99);
    same.password = None;
    same.secret = secret("another");
    same.roles = None;
    let found = fresh.write_one(&transfer, same).await;
    assert_eq!(found, Finding::Unchanged(ELROND.get()));
    let mut same = elrond();
    same.roles = Some(vec![RoleKey::Admin, RoleKey::OrgAdmin, RoleKey::Admin]);
    let found = fresh.write_one(&transfer, same).await;
    assert_eq!(found, Finding::Unchanged(ELROND.get()));
    let mut same = instance(600_001);
    same.token = secret("another");
    same.configuration[1].value =
        tenantry_domain::ConfigurationValue::Sealed(secret("another").sealed);
    same.configuration[1].id = None;
    let found = fresh.write_one(&transfer, same).await;
    assert_eq!(found, Finding::Unchanged(600_001));
}

pub async fn what_was_changed_here_differs_and_stays(fresh: Fresh) {
    let transfer = fresh.move_everything_in().await;
    let patch = UserPatch {
        first_name: Some(name("Half-elven")),
        roles: Some(vec![RoleKey::OrgAdmin]),
        ..UserPatch::default()
    };
    let changed = fresh.update(&elrond().user, &patch, 180).await;
    let log = fresh.log(RIVENDELL).await;
    let mut there_is = elrond();
    there_is.user.profile.city = None;
    let expected = Finding::Differs {
        id: ELROND.get(),
        here: Snapshot::new()
            .field("firstName", "Half-elven")
            .field("city", "Hobbiton")
            .field("roles", "org-admin"),
        there: Snapshot::new()
            .field("firstName", "Elrond")
            .field("roles", "org-admin,admin"),
    };
    let records = [there_is.into_record()];
    let transfers = &fresh.repositories.transfers;
    assert_eq!(
        transfers.examine(&transfer, &records).await.unwrap(),
        std::slice::from_ref(&expected)
    );
    assert_eq!(fresh.write(&transfer, &records).await, [expected]);
    assert_eq!(fresh.reread(&changed).await, Some(changed));
    assert_eq!(fresh.log(RIVENDELL).await, log);
}

pub async fn every_kind_of_thing_can_differ(fresh: Fresh) {
    let transfer = fresh.move_everything_in().await;
    let fields = |pairs: &[(&str, &str)]| {
        let none = Snapshot::new();
        pairs.iter().fold(none, |all, (k, v)| all.field(k, v))
    };
    let mut account = imladris();
    account.account.description = None;
    account.account.active = false;
    account.roles = Vec::new();
    let mut element = element(41, "jira");
    element.hub = text("tracking");
    let mut moved = arwen();
    moved.user.account_id = DEFAULT;
    let mut instance = instance(600_001);
    instance.tags.truncate(1);
    instance.valid = true;
    instance.configuration.truncate(1);
    instance.user_id = ARWEN;
    let expected = [
        (
            IMLADRIS.get(),
            fields(&[
                ("active", "true"),
                ("description", "East of the Misty Mountains"),
                ("roles", "admin,default-user"),
            ]),
            fields(&[("active", "false"), ("roles", "")]),
        ),
        (
            41,
            fields(&[("hub", "seeing")]),
            fields(&[("hub", "tracking")]),
        ),
        (
            ARWEN.get(),
            fields(&[("accountId", "8002")]),
            fields(&[("accountId", "8001")]),
        ),
        (
            600_001,
            fields(&[
                ("tags", "Red, blue, Red tape"),
                ("valid", "false"),
                ("userId", "700001"),
                ("configuration.password", "********"),
            ]),
            fields(&[("tags", "Red"), ("valid", "true"), ("userId", "700002")]),
        ),
    ];
    let records = [
        account.into_record(),
        element.into_record(),
        moved.into_record(),
        instance.into_record(),
    ];
    let found = fresh.write(&transfer, &records).await;
    let expected = expected.map(|(id, here, there)| Finding::Differs { id, here, there });
    assert_eq!(found, expected);
    let again = fresh.write(&transfer, &everything()).await;
    for (finding, record) in again.iter().zip(everything()) {
        assert_eq!(*finding, Finding::Unchanged(record.id()));
    }
}

pub async fn examining_writes_nothing_and_foresees_owners(fresh: Fresh) {
    for ids in [Ids::Kept, Ids::Assigned] {
        let mut record = rivendell();
        record.secret = secret(ids.as_str());
        let source = tenantry_domain::transfer::SourceName::new(ids.as_str());
        let transfers = &fresh.repositories.transfers;
        let begun = transfers.begin(&source, ids, &record, &change()).await;
        let transfer = begun.unwrap();
        let id = transfer.organization;
        let log = fresh.log(id).await;
        let examined = transfers.examine(&transfer, &everything()).await;
        assert_eq!(examined.unwrap(), vec![Finding::New; everything().len()]);
        let owners = transfers.examine(&transfer, &everything()[3..]).await;
        let expected = [
            Finding::Refused(Refusal::OwnerMissing(Entity::Account)),
            Finding::Refused(Refusal::OwnerMissing(Entity::User)),
        ];
        assert_eq!(owners.unwrap(), expected);
        for part in Part::ALL {
            assert_eq!(transfers.count(id, *part).await.unwrap(), 0);
        }
        assert_eq!(fresh.log(id).await, log);
    }
}

pub async fn the_same_thing_twice_in_one_batch_is_created_once(fresh: Fresh) {
    for ids in [Ids::Kept, Ids::Assigned] {
        let mut record = rivendell();
        record.secret = secret(ids.as_str());
        let source = tenantry_domain::transfer::SourceName::new(ids.as_str());
        let transfers = &fresh.repositories.transfers;
        let begun = transfers.begin(&source, ids, &record, &change()).await;
        let transfer = begun.unwrap();
        let address = format!("{}@rivendell.example", ids.as_str());
        let one = user(ELROND, DEFAULT, &address);
        let mut renamed = one.clone();
        renamed.user.first_name = name("Elros");
        let namesake = user(ARWEN, DEFAULT, &address.to_uppercase());
        let records = [one.clone(), one, renamed, namesake].map(IntoRecord::into_record);
        let examined = transfers.examine(&transfer, &records).await.unwrap();
        let findings = fresh.write(&transfer, &records).await;
        let id = created(&findings[0]);
        assert_eq!(examined[0], Finding::New);
        for findings in [&examined, &findings] {
            assert!(matches!(findings[1], Finding::Unchanged(_)));
            assert!(matches!(findings[2], Finding::Differs { .. }));
            assert_eq!(findings[3], Finding::Refused(Refusal::EmailInUse));
        }
        assert_eq!(findings[1], Finding::Unchanged(id));
        let users = transfers.count(transfer.organization, Part::Users).await;
        assert_eq!(users.unwrap(), 1);
    }
}

pub async fn what_was_erased_here_is_created_again(fresh: Fresh) {
    for ids in [Ids::Kept, Ids::Assigned] {
        let mut record = rivendell();
        record.secret = secret(ids.as_str());
        let source = tenantry_domain::transfer::SourceName::new(ids.as_str());
        let stores = &fresh.repositories;
        let begun = stores
            .transfers
            .begin(&source, ids, &record, &change())
            .await;
        let transfer = begun.unwrap();
        let there_is = || {
            let mut user = user(ELROND, DEFAULT, &format!("{}@a.example", ids.as_str()));
            user.roles = Some(Vec::new());
            user
        };
        let first = created(&fresh.write_one(&transfer, there_is()).await);
        let scope = whole(transfer.organization);
        let erased = stores
            .users
            .delete(&scope, UserId::new(first), None, &change_at(180))
            .await;
        assert!(erased.unwrap());
        let second = created(&fresh.write_one(&transfer, there_is()).await);
        assert_eq!(first == second, ids == Ids::Kept);
        let again = fresh.write_one(&transfer, there_is()).await;
        assert_eq!(again, Finding::Unchanged(second));
    }
}

pub async fn users_are_recognized_by_their_email(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    fresh.organization("Gondor").await;
    let frodo = fresh.user(&bree, "frodo@shire.example").await;
    let transfer = Transfer {
        organization: shire.organization.id,
        is_own: false,
        recognition: Recognition::ByEmail,
        finished: false,
    };
    let mut known = user(UserId::new(0), bree.id, "Frodo@Shire.example");
    known.user = tenantry_domain::User {
        email: known.user.email.clone(),
        ..frodo.clone()
    };
    known.roles = None;
    let mut same = known.clone();
    same.user.email = frodo.email.clone();
    let new = user(UserId::new(frodo.id.get()), bree.id, "sam@shire.example");
    let nowhere = user(UserId::new(0), DEFAULT, "pip@shire.example");
    let elsewhere = user(UserId::new(0), bree.id, "Admin@Gondor.example");
    let records = [known, same, new.clone(), new, nowhere, elsewhere].map(IntoRecord::into_record);
    let transfers = &fresh.repositories.transfers;
    let examined = transfers.examine(&transfer, &records).await.unwrap();
    let findings = fresh.write(&transfer, &records).await;
    let sam = created(&findings[2]);
    assert!(sam > frodo.id.get());
    let expected = [
        Finding::Differs {
            id: frodo.id.get(),
            here: Snapshot::new().field("email", "frodo@shire.example"),
            there: Snapshot::new().field("email", "Frodo@Shire.example"),
        },
        Finding::Unchanged(frodo.id.get()),
        Finding::Created(sam),
        Finding::Unchanged(sam),
        Finding::Refused(Refusal::OwnerMissing(Entity::Account)),
        Finding::Refused(Refusal::EmailInUse),
    ];
    assert_eq!(findings, expected);
    assert_eq!(examined[2], Finding::New);
    assert_eq!(examined[..2], expected[..2]);
    assert_eq!(examined[4..], expected[4..]);
    assert_eq!(fresh.reread(&frodo).await, Some(frodo));
    let caller = caller("sam@shire.example", "Shire");
    let known = fresh.authenticate(&caller, 180).await.unwrap();
    assert_eq!(known.identity.user_id.get(), sam);
    assert_eq!(known.identity.account_id, bree.id);
    transfers.finish(&transfer).await.unwrap();
}

pub async fn nothing_but_users_is_recognized_by_email(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let transfer = Transfer {
        organization: shire.organization.id,
        is_own: false,
        recognition: Recognition::ByEmail,
        finished: false,
    };
    let transfers = &fresh.repositories.transfers;
    for record in [
        imladris().into_record(),
        element(41, "jira").into_record(),
        instance(600_001).into_record(),
    ] {
        let refused = transfers
            .examine(&transfer, std::slice::from_ref(&record))
            .await;
        assert!(matches!(refused, Err(RepositoryError::Unsupported { .. })));
        let refused = transfers.write(&transfer, &[record], &change()).await;
        assert!(matches!(refused, Err(RepositoryError::Unsupported { .. })));
    }
}
