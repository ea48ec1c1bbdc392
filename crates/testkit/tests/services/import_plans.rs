//! What a plan foresees: the same as becomes of everything in the run.

use tenantry_domain::{
    AccountId, Entity, OrganizationId, RoleId, Scope, SecretText,
    ports::Repositories,
    services::{Destination, Fate, ImportError, ImportOptions, Reported},
    transfer::{Batch, Ids, OrganizationRecord, Record, Refusal, UnreadableRecord},
};
use tenantry_testkit::{
    ScriptedSource,
    samples::{self, change, email},
};

use crate::moved::{NEW, account, instance, run, service, shire, source, store, user};

/// Another organization, whose numbers nobody else has.
fn bree() -> OrganizationRecord<Option<SecretText>> {
    let mut bree = shire();
    bree.organization.id = OrganizationId::new(31);
    bree.organization.default_account_id = AccountId::new(50);
    bree.default_account = account(50, true);
    bree.secret = Some(SecretText::new("to_bree"));
    for (role, number) in bree.roles.iter_mut().zip(81..) {
        role.id = RoleId::new(number);
    }
    bree
}

fn edited(mut record: Record, edit: impl FnOnce(&mut Record)) -> Record {
    edit(&mut record);
    record
}

fn with_email(record: Record, address: &str) -> Record {
    edited(record, |record| {
        if let Record::User(user) = record {
            user.user.email = email(address);
        }
    })
}

fn with_secret(record: Record, secret: &str) -> Record {
    edited(record, |record| match record {
        Record::User(user) => user.secret = Some(SecretText::new(secret)),
        Record::Instance(instance) => instance.token = Some(SecretText::new(secret)),
        Record::Account(_) | Record::Element(_) => {}
    })
}

/// A store in which an e-mail, a secret, a token and a number are in use.
async fn taken() -> Repositories {
    let store = store().await;
    let batch = Batch::of(vec![
        with_email(user(900, 50), "u100@shire.example"),
        with_secret(user(901, 50), "tu_102"),
        with_secret(instance(5, 900, 50, 1), "ti_bree"),
        with_secret(instance(901, 900, 50, 1), "ti_6"),
    ]);
    let mut source = ScriptedSource::new("bree", bree(), vec![batch]);
    let (summary, _) = run(&store.transfers, &mut source, NEW).await.unwrap();
    assert_eq!(summary.failed(), 0);
    store
}

/// Of everything something that cannot move, and what belongs to it.
fn conflicting() -> ScriptedSource {
    let mut batches = vec![
        Batch::of(vec![
            Record::Account(account(41, false)),
            user(100, 40),
            user(101, 40),
            user(102, 41),
        ]),
        Batch::of(vec![
            with_email(user(103, 40), "U101@shire.example"),
            with_secret(user(104, 40), "tu_101"),
        ]),
        Batch::of(vec![
            instance(5, 101, 40, 1),
            instance(6, 101, 40, 1),
            instance(7, 100, 40, 1),
            instance(8, 101, 40, 1),
            instance(9, 101, 41, 1),
            instance(10, 102, 41, 1),
            instance(11, 103, 40, 1),
            instance(12, 105, 40, 1),
            with_secret(instance(13, 101, 40, 1), "ti_8"),
        ]),
    ];
    batches[1].unreadable.push(UnreadableRecord {
        entity: Entity::User,
        id: 105,
        what: "email is missing".to_owned(),
    });
    ScriptedSource::new("the shire", shire(), batches)
}

/// What cannot move, in a plan or in a run.
fn bad(reported: &[Reported]) -> Vec<(Entity, i64, Fate)> {
    let bad = reported
        .iter()
        .filter(|one| matches!(one.fate, Fate::Refused(_) | Fate::Unreadable(_)));
    bad.map(|one| (one.kind, one.there, one.fate.clone()))
        .collect()
}

#[tokio::test]
async fn a_plan_foresees_what_is_refused() {
    for (at_once, ids, is_whole) in [
        (1, Ids::Kept, false),
        (3, Ids::Kept, true),
        (500, Ids::Kept, false),
        (1, Ids::Assigned, true),
        (3, Ids::Assigned, false),
        (500, Ids::Assigned, true),
    ] {
        let store = taken().await;
        let service = service(std::sync::Arc::clone(&store.transfers)).at_once(at_once);
        let source = if is_whole {
            conflicting().whole()
        } else {
            conflicting()
        };
        let options = ImportOptions {
            ids: Some(ids),
            ..NEW
        };
        let mut foreseen = Vec::new();
        let mut listener = |reported: &[Reported]| {
            foreseen.extend(bad(reported));
            Ok(())
        };
        let mut looked_at = source.clone();
        let plan = service.plan(&mut looked_at, options, &mut listener);
        let plan = plan.await.unwrap();
        let mut became = Vec::new();
        let mut listener = |reported: &[Reported]| {
            became.extend(bad(reported));
            Ok(())
        };
        let request = samples::request_id(1);
        let mut moved = source;
        let run = service.run(&mut moved, options, request, &mut listener);
        let run = run.await.unwrap();
        assert_eq!(foreseen, became, "{at_once} {ids:?}");
        assert_eq!(plan.tallies, run.tallies, "{at_once} {ids:?}");
        assert_eq!(run.failed(), if ids == Ids::Kept { 13 } else { 12 });
        let refused = |refusal| Fate::Refused(refusal);
        let expected = [
            (100, refused(Refusal::EmailInUse)),
            (102, refused(Refusal::SecretInUse(Entity::User))),
            (103, refused(Refusal::EmailInUse)),
            (104, refused(Refusal::SecretInUse(Entity::User))),
            (6, refused(Refusal::SecretInUse(Entity::Instance))),
            (7, refused(Refusal::OwnerMissing(Entity::User))),
            (9, refused(Refusal::OwnerElsewhere)),
            (10, refused(Refusal::OwnerMissing(Entity::User))),
            (13, refused(Refusal::SecretInUse(Entity::Instance))),
        ];
        if ids == Ids::Kept {
            let in_use = refused(Refusal::IdInUse(Entity::Instance));
            assert!(became.contains(&(Entity::Instance, 5, in_use)));
        }
        for (number, fate) in expected {
            let found = became.iter().find(|(_, there, _)| *there == number);
            assert_eq!(found.map(|(_, _, fate)| fate), Some(&fate), "{number}");
        }
    }
}

type Edit = fn(&mut OrganizationRecord<Option<SecretText>>);

#[tokio::test]
async fn a_plan_foresees_that_the_organization_cannot_come() {
    let store = taken().await;
    let service = service(std::sync::Arc::clone(&store.transfers));
    let edits: [(Edit, &str); 4] = [
        (
            |record| record.organization.id = OrganizationId::new(31),
            "the number of the organization",
        ),
        (
            |record| record.default_account = account(50, true),
            "the number of the account",
        ),
        (
            |record| record.default_account = account(i64::MAX, true),
            "the number of the account",
        ),
        (
            |record| record.secret = Some(SecretText::new("to_bree")),
            "the organization 31 here has the same secret: it was moved before, from bree",
        ),
    ];
    for (edit, expected) in edits {
        let mut organization = shire();
        edit(&mut organization);
        let source = ScriptedSource::new("the shire", organization, Vec::new());
        let plan = service
            .plan(&mut source.clone(), NEW, &mut |_: &[Reported]| Ok(()))
            .await;
        let run = run(&store.transfers, &mut source.clone(), NEW).await;
        for error in [plan.unwrap_err(), run.unwrap_err()] {
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}

#[tokio::test]
async fn the_same_organization_does_not_come_again_from_another_address() {
    let store = taken().await;
    let service = service(std::sync::Arc::clone(&store.transfers));
    let again = ScriptedSource::new("bree, by another name", bree(), Vec::new());
    let into = |id| ImportOptions {
        into: Destination::Existing(OrganizationId::new(id)),
        ids: None,
    };
    for options in [NEW, into(31)] {
        let plan = service
            .plan(&mut again.clone(), options, &mut |_: &[Reported]| Ok(()))
            .await;
        let run = run(&store.transfers, &mut again.clone(), options).await;
        for error in [plan.unwrap_err(), run.unwrap_err()] {
            let ImportError::SecretInUse { organization, from } = error else {
                panic!("{error}");
            };
            assert_eq!(organization, OrganizationId::new(31));
            assert_eq!(from.unwrap().as_str(), "bree");
        }
    }
    let draft = samples::organization_draft("Gondor");
    let gondor = store.organizations.create(&draft, &change()).await.unwrap();
    let id = gondor.organization.id.get();
    run(&store.transfers, &mut again.clone(), into(id))
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_moves_into_the_operators_organization() {
    let store = store().await;
    let service = service(std::sync::Arc::clone(&store.transfers));
    let system = OrganizationId::new(1);
    for into in [Destination::Existing(system), Destination::UsersOf(system)] {
        let options = ImportOptions { into, ids: None };
        let plan = service
            .plan(&mut source(), options, &mut |_: &[Reported]| Ok(()))
            .await;
        let run = run(&store.transfers, &mut source(), options).await;
        for error in [plan.unwrap_err(), run.unwrap_err()] {
            assert!(matches!(error, ImportError::System(id) if id == system));
        }
    }
}

#[tokio::test]
async fn an_organization_with_elements_is_not_empty() {
    let store = store().await;
    let draft = samples::organization_draft("Bree");
    let bree = store.organizations.create(&draft, &change()).await.unwrap();
    let id = bree.organization.id;
    let into = ImportOptions {
        into: Destination::Existing(id),
        ids: None,
    };
    let scope = Scope::organization(id);
    let draft = samples::user_draft(bree.account.id, "barliman@bree.example");
    let user = store.users.create(id, &draft, &change()).await;
    let user = user.unwrap().id;
    let draft = samples::instance_draft(user, "crm", "CRM");
    let created = store.instances.create(id, &draft, &change()).await;
    created.unwrap();
    let gone = store.users.delete(&scope, user, None, &change()).await;
    assert!(gone.unwrap());
    let (summary, _) = run(&store.transfers, &mut source(), into).await.unwrap();
    assert_eq!(summary.start.ids, Some(Ids::Assigned));
    assert_eq!(summary.failed(), 0);
}

#[tokio::test]
async fn a_missing_role_keeps_no_number_from_being_kept() {
    let store = store().await;
    let mut organization = shire();
    organization.roles.remove(1);
    let mut source = ScriptedSource::new("the shire", organization, Vec::new());
    run(&store.transfers, &mut source, NEW).await.unwrap();
    let roles = store.roles.list(OrganizationId::new(30)).await.unwrap();
    let numbers: Vec<_> = roles.iter().map(|role| role.id.get()).collect();
    assert_eq!(numbers, [71, 73, 74, 75]);
}
