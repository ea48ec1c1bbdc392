//! Organizations that move in: whatever breaks, and whenever, the next run goes on, and in the end everything is there once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Change, Entity, OrganizationId, PasswordState, Privilege, Revision, RoleKey,
    SealedSecret, SecretDigest, UserId,
    ports::{RepositoryError, TransferRepository},
    services::{Destination, Fate, ImportError, ImportOptions, Lost, Reported},
    transfer::{
        Batch, Finding, Holder, Ids, OrganizationRecord, Part, Record, Refusal, SealedRecord,
        SourceName, Transfer, UnreadableRecord,
    },
};
use tenantry_testkit::{
    ScriptedSource,
    samples::{self, change, name},
};

use crate::moved::{
    DEFAULT, NEW, account, contents, instance, run, service, shire, source, store, user,
};

#[tokio::test]
async fn everything_moves_once() {
    let store = store().await;
    let mut source = source();
    let (summary, reported) = run(&store.transfers, &mut source, NEW).await.unwrap();
    let new: Vec<_> = summary
        .tallies
        .iter()
        .map(|(kind, tally)| (*kind, tally.new))
        .collect();
    let expected = [
        (Entity::Organization, 1),
        (Entity::Account, 2),
        (Entity::User, 620),
        (Entity::Instance, 300),
        (Entity::Element, 1),
    ];
    assert_eq!(new, expected);
    assert_eq!(summary.total(), 924);
    assert_eq!(reported.len(), 924);
    assert_eq!(summary.lost_passwords, 620);
    assert_eq!(summary.lost_configuration, 300);
    assert!(
        summary.lost_secrets.is_empty(),
        "{:?}",
        summary.lost_secrets
    );
    assert_eq!(summary.start.issued, None);
    assert_eq!(source.completed(), 922);
    let (itself, records) = contents(&store, OrganizationId::new(30)).await;
    assert_eq!(itself.default_account.account.id, DEFAULT);
    assert_eq!(records.len(), 922);
    let SealedRecord::User(first) = &records[2] else {
        panic!("{:?}", records[2]);
    };
    assert_eq!(first.user.id, UserId::new(100));
    assert_eq!(first.roles, Some(vec![RoleKey::Admin]));
    assert_eq!(first.user.password, PasswordState::Absent);
    assert_eq!(first.user.revision, Revision::FIRST);
}

#[tokio::test]
async fn whenever_the_source_breaks_the_next_run_goes_on() {
    let whole = store().await;
    let expected = {
        run(&whole.transfers, &mut source(), NEW).await.unwrap();
        contents(&whole, OrganizationId::new(30)).await
    };
    for questions in 0..15 {
        let store = store().await;
        let mut breaking = source().breaking_after(questions);
        let broken = run(&store.transfers, &mut breaking, NEW).await;
        if questions < 13 {
            let error = broken.unwrap_err();
            assert!(
                matches!(error, ImportError::Source(_)),
                "{questions}: {error:?}"
            );
        }
        let (summary, _) = run(&store.transfers, &mut source(), NEW).await.unwrap();
        assert_eq!(summary.total(), 924, "{questions}");
        assert_eq!(summary.failed(), 0, "{questions}");
        let found = contents(&store, OrganizationId::new(30)).await;
        assert_eq!(found, expected, "{questions}");
    }
}

#[tokio::test]
async fn whenever_the_store_breaks_the_next_run_goes_on() {
    let whole = store().await;
    run(&whole.transfers, &mut source(), NEW).await.unwrap();
    let expected = contents(&whole, OrganizationId::new(30)).await;
    for written in [false, true] {
        // Until one comes to the end.
        for calls in 0.. {
            let store = store().await;
            let faulty: Arc<dyn TransferRepository> = Arc::new(Faulty {
                inner: Arc::clone(&store.transfers),
                calls: AtomicUsize::new(calls),
                written,
                examined: AtomicUsize::new(0),
            });
            let broken = run(&faulty, &mut source(), NEW).await;
            let is_whole = broken.is_ok();
            let (summary, _) = run(&store.transfers, &mut source(), NEW).await.unwrap();
            assert_eq!(summary.failed(), 0, "{calls}");
            let found = contents(&store, OrganizationId::new(30)).await;
            assert_eq!(found, expected, "{calls}");
            if is_whole {
                assert!(calls > 3, "{calls}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn nobody_waits_again_for_what_is_here() {
    let store = store().await;
    let broken = run(&store.transfers, &mut source().breaking_after(8), NEW).await;
    broken.unwrap_err();
    let here = store
        .transfers
        .count(OrganizationId::new(30), Part::Users)
        .await
        .unwrap();
    assert!(here >= 499, "{here}");
    let mut again = source();
    let (summary, _) = run(&store.transfers, &mut again, NEW).await.unwrap();
    assert!(summary.start.resumed && !summary.start.finished);
    let users = usize::try_from(here).unwrap();
    assert_eq!(again.completed(), 922 - users - 1);
}

#[tokio::test]
async fn what_is_whole_is_looked_up_as_it_is_written() {
    for (source, looks) in [(source(), true), (source().whole(), false)] {
        let store = store().await;
        let watched = Arc::new(Faulty {
            inner: Arc::clone(&store.transfers),
            calls: AtomicUsize::new(usize::MAX),
            written: false,
            examined: AtomicUsize::new(0),
        });
        let transfers: Arc<dyn TransferRepository> = Arc::<Faulty>::clone(&watched);
        let mut breaking = source.breaking_after(8);
        run(&transfers, &mut breaking, NEW).await.unwrap_err();
        let (summary, _) = run(&transfers, &mut source.clone(), NEW).await.unwrap();
        assert_eq!((summary.total(), summary.failed()), (924, 0));
        assert!(summary.tallies[&Entity::User].unchanged >= 499);
        assert_eq!(watched.examined.load(Ordering::SeqCst) > 0, looks);
    }
}

#[tokio::test]
async fn after_its_end_a_run_compares_everything() {
    let store = store().await;
    run(&store.transfers, &mut source(), NEW).await.unwrap();
    let before = contents(&store, OrganizationId::new(30)).await;
    let mut organization = shire();
    organization.organization.name = name("The Shire");
    organization.roles[0].privileges = [Privilege::ViewElements].into_iter().collect();
    let Record::User(mut frodo) = user(101, 41) else {
        panic!("no user");
    };
    frodo.user.last_name = name("Underhill");
    frodo.roles = Some(vec![RoleKey::Admin]);
    let batch = Batch::of(vec![
        Record::Account(account(41, false)),
        Record::User(frodo),
        user(102, 40),
    ]);
    let mut changed = ScriptedSource::new("the shire", organization, vec![batch]);
    let (summary, reported) = run(&store.transfers, &mut changed, NEW).await.unwrap();
    let differing: Vec<_> = reported
        .iter()
        .filter_map(|one| match &one.fate {
            Fate::Differs { here, there } => {
                let fields: Vec<_> = there.0.keys().map(String::as_str).collect();
                Some((one.kind, one.there, fields, here.0.len()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        differing,
        [
            (Entity::Organization, 30, vec!["name", "roles.org-admin"], 2),
            (Entity::User, 101, vec!["lastName", "roles"], 2),
        ]
    );
    assert_eq!((summary.total(), summary.failed()), (5, 0));
    assert_eq!(contents(&store, OrganizationId::new(30)).await, before);
}

#[tokio::test]
async fn a_plan_says_what_a_run_does_and_writes_nothing() {
    let store = store().await;
    let mut listener = |_: &[Reported]| Ok(());
    let service = service(Arc::clone(&store.transfers));
    for ids in [Ids::Kept, Ids::Assigned] {
        let options = ImportOptions {
            ids: Some(ids),
            ..NEW
        };
        let mut looked_at = source();
        let plan = service
            .plan(&mut looked_at, options, &mut listener)
            .await
            .unwrap();
        assert_eq!(looked_at.completed(), 0);
        assert_eq!((plan.total(), plan.failed()), (924, 0), "{ids:?}");
        assert!(
            plan.tallies
                .values()
                .all(|tally| tally.new == tally.total()),
            "{:?}",
            plan.tallies
        );
        assert!(
            store
                .transfers
                .organization(OrganizationId::new(30))
                .await
                .unwrap()
                .is_none()
        );
    }
    run(&store.transfers, &mut source(), NEW).await.unwrap();
    let again = service
        .plan(&mut source(), NEW, &mut listener)
        .await
        .unwrap();
    assert!(
        again
            .tallies
            .values()
            .all(|tally| tally.unchanged == tally.total()),
        "{:?}",
        again.tallies
    );
}

#[tokio::test]
async fn what_is_refused_or_unreadable_is_said_and_keeps_nothing_else() {
    let store = store().await;
    let mut batch = Batch::of(vec![
        user(1, 40),
        user(100, 40),
        instance(9, 1, 40, 1),
        instance(10, 77, 40, 1),
    ]);
    batch.unreadable.push(UnreadableRecord {
        entity: Entity::User,
        id: 55,
        what: "email is missing".to_owned(),
    });
    let batches = vec![batch.clone(), batch];
    let mut organization = shire();
    organization.secret = None;
    let mut source = ScriptedSource::new("the shire", organization, batches);
    let (summary, reported) = run(&store.transfers, &mut source, NEW).await.unwrap();
    let bad: Vec<_> = reported
        .iter()
        .filter(|one| matches!(one.fate, Fate::Refused(_) | Fate::Unreadable(_)))
        .map(|one| (one.there, one.fate.clone()))
        .collect();
    assert_eq!(
        bad,
        [
            (55, Fate::Unreadable("email is missing".to_owned())),
            (1, Fate::Refused(Refusal::IdInUse(Entity::User))),
            (9, Fate::Refused(Refusal::OwnerMissing(Entity::User))),
            (10, Fate::Refused(Refusal::OwnerMissing(Entity::User))),
        ]
    );
    assert_eq!(summary.failed(), 4);
    assert!(summary.start.issued.is_some());
    assert_eq!(reported[0].lost, [Lost::Secret]);
}

#[tokio::test]
async fn a_key_that_stands_twice_keeps_its_instance_alone_from_moving() {
    let store = store().await;
    let Record::Instance(mut twice) = instance(9, 100, 40, 1) else {
        unreachable!("it is an instance");
    };
    let first = twice.configuration[0].clone();
    twice.configuration.push(first);
    let batch = Batch::of(vec![
        user(100, 40),
        Record::Instance(twice),
        instance(10, 100, 40, 1),
    ]);
    let mut source = ScriptedSource::new("the shire", shire(), vec![batch]);
    let (summary, reported) = run(&store.transfers, &mut source, NEW).await.unwrap();
    let bad = reported.iter().find(|one| one.there == 9).unwrap();
    assert_eq!(
        bad.fate,
        Fate::Unreadable("its configuration has the key 'host' twice".to_owned())
    );
    assert_eq!(summary.failed(), 1);
    assert_eq!(summary.tallies[&Entity::Instance].new, 1);
}

#[tokio::test]
async fn into_an_organization_numbers_are_kept_if_it_is_empty() {
    let store = store().await;
    let bree = store
        .organizations
        .create(&samples::organization_draft("Bree"), &change())
        .await
        .unwrap();
    let into = ImportOptions {
        into: Destination::Existing(bree.organization.id),
        ids: None,
    };
    let (summary, _) = run(&store.transfers, &mut source(), into).await.unwrap();
    assert_eq!(summary.start.ids, Some(Ids::Kept));
    let (itself, records) = contents(&store, bree.organization.id).await;
    assert_eq!(itself.organization.name, name("Bree"));
    let SealedRecord::User(second) = &records[3] else {
        panic!("{:?}", records[3]);
    };
    assert_eq!(second.user.id, UserId::new(100));
    assert_eq!(second.user.account_id, bree.account.id);

    // It has something now.
    let other = ScriptedSource::new("another", shire(), Vec::new());
    let (summary, _) = run(&store.transfers, &mut other.clone(), into)
        .await
        .unwrap();
    assert_eq!(summary.start.ids, Some(Ids::Assigned));

    let draft = samples::organization_draft("Gondor");
    let gondor = store.organizations.create(&draft, &change()).await.unwrap();
    let unknown = ImportOptions {
        into: Destination::Existing(OrganizationId::new(99)),
        ids: None,
    };
    for (options, expected) in [
        (unknown, "there is no organization 99 here"),
        (
            ImportOptions {
                into: Destination::Existing(gondor.organization.id),
                ids: None,
            },
            "it was begun to move into the organization 2",
        ),
        (
            ImportOptions {
                ids: Some(Ids::Assigned),
                ..NEW
            },
            "it was begun with numbers kept",
        ),
    ] {
        let error = run(&store.transfers, &mut source(), options)
            .await
            .unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

/// A store that fails when it was written to so often: before, or after it was written.
struct Faulty {
    inner: Arc<dyn TransferRepository>,
    calls: AtomicUsize,
    written: bool,
    /// How often it was looked at beforehand.
    examined: AtomicUsize,
}

impl Faulty {
    fn fails(&self) -> bool {
        let left = self.calls.load(Ordering::SeqCst);
        self.calls.store(left.saturating_sub(1), Ordering::SeqCst);
        left == 0
    }

    fn away<T>() -> Result<T, RepositoryError> {
        Err(RepositoryError::Unavailable {
            source: "the test says so".into(),
        })
    }
}

#[async_trait]
impl TransferRepository for Faulty {
    async fn find(&self, source: &SourceName) -> Result<Option<Transfer>, RepositoryError> {
        self.inner.find(source).await
    }

    async fn begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) -> Result<Transfer, RepositoryError> {
        let fails = self.fails();
        if fails && !self.written {
            return Self::away();
        }
        let begun = self.inner.begin(source, ids, record, change).await;
        if fails { Self::away() } else { begun }
    }

    async fn check_begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
    ) -> Result<(), RepositoryError> {
        self.inner.check_begin(source, ids, record).await
    }

    async fn holder(&self, secret: SecretDigest) -> Result<Option<Holder>, RepositoryError> {
        self.inner.holder(secret).await
    }

    async fn begin_into(
        &self,
        source: &SourceName,
        ids: Ids,
        organization: OrganizationId,
        default_account: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError> {
        self.inner
            .begin_into(source, ids, organization, default_account)
            .await
    }

    async fn examine(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
    ) -> Result<Vec<Finding>, RepositoryError> {
        self.examined.fetch_add(1, Ordering::SeqCst);
        self.inner.examine(transfer, records).await
    }

    async fn write(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
        change: &Change,
    ) -> Result<Vec<Finding>, RepositoryError> {
        let fails = self.fails();
        if fails && !self.written {
            return Self::away();
        }
        let written = self.inner.write(transfer, records, change).await;
        if fails { Self::away() } else { written }
    }

    async fn finish(&self, transfer: &Transfer) -> Result<(), RepositoryError> {
        if self.fails() {
            return Self::away();
        }
        self.inner.finish(transfer).await
    }

    async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError> {
        self.inner.organization(organization).await
    }

    async fn read(
        &self,
        organization: OrganizationId,
        part: Part,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedRecord>, RepositoryError> {
        self.inner.read(organization, part, after, limit).await
    }

    async fn count(
        &self,
        organization: OrganizationId,
        part: Part,
    ) -> Result<u64, RepositoryError> {
        self.inner.count(organization, part).await
    }
}
