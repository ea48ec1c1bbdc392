//! Organizations that move out: what is taken in again is the same, and what is secret stays here unless it is asked for.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry_domain::{
    OrganizationId, PasswordState, RequestId, SecretText,
    ports::{BoxError, Repositories, TransferTarget},
    services::{Destination, ExportError, ExportService, ImportOptions, Reported, Secrets},
    transfer::{Batch, Ids, OrganizationRecord, Record},
};
use tenantry_testkit::{PlainVault, ScriptedSource, memory::MemoryStore};

use crate::moved::{service, source, store};

const SHIRE: OrganizationId = OrganizationId::new(30);

/// Keeps what moved out.
#[derive(Default)]
struct Collector {
    organization: Option<OrganizationRecord<Option<SecretText>>>,
    records: Vec<Record>,
    finished: bool,
    /// After so many pages it is full.
    room: Option<usize>,
}

#[async_trait]
impl TransferTarget for Collector {
    async fn begin(
        &mut self,
        organization: &OrganizationRecord<Option<SecretText>>,
    ) -> Result<(), BoxError> {
        self.organization = Some(organization.clone());
        Ok(())
    }

    async fn write(&mut self, records: &[Record]) -> Result<(), BoxError> {
        if let Some(room) = &mut self.room {
            *room = room.checked_sub(1).ok_or("no space left")?;
        }
        self.records.extend_from_slice(records);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), BoxError> {
        self.finished = true;
        Ok(())
    }
}

impl Collector {
    fn as_source(&self) -> ScriptedSource {
        let pages = self.records.chunks(300).map(|it| Batch::of(it.to_vec()));
        let organization = self.organization.clone().unwrap();
        ScriptedSource::new("moved out", organization, pages.collect())
    }
}

fn exports(repositories: &Repositories) -> ExportService {
    ExportService::new(
        Arc::clone(&repositories.transfers),
        Arc::new(PlainVault::new()),
    )
}

async fn taken_in(mut source: ScriptedSource) -> Repositories {
    let repositories = store().await;
    let options = ImportOptions {
        into: Destination::New,
        ids: Some(Ids::Kept),
    };
    let imports = service(Arc::clone(&repositories.transfers));
    let request = RequestId::new([1; 12]);
    let mut nobody = |_: &[Reported]| Ok(());
    let summary = imports.run(&mut source, options, request, &mut nobody);
    assert_eq!(summary.await.unwrap().failed(), 0);
    repositories
}

async fn moved_out(repositories: &Repositories, secrets: Secrets) -> Collector {
    let mut collector = Collector::default();
    let told = Mutex::new(Vec::new());
    let progress = |moved| told.lock().unwrap().push(moved);
    let service = exports(repositories);
    let moved = service.run(SHIRE, secrets, &mut collector, &progress);
    let moved = moved.await.unwrap();
    assert!(collector.finished);
    assert_eq!(moved, service.total(SHIRE).await.unwrap());
    // The account, the element, 620 users and 300 instances, by pages.
    assert_eq!(told.into_inner().unwrap(), [1, 2, 502, 622, 922]);
    collector
}

#[tokio::test]
async fn what_is_taken_in_again_is_the_same() {
    let first = taken_in(source()).await;
    let out = moved_out(&first, Secrets::Included).await;
    let second = taken_in(out.as_source()).await;
    let again = moved_out(&second, Secrets::Included).await;
    assert_eq!(again.organization, out.organization);
    assert!(again.records == out.records);
    assert_eq!(
        out.organization.unwrap().secret,
        Some(SecretText::new("to_shire"))
    );
    let secrets = out.records.iter().filter(|record| match record {
        Record::User(user) => user.secret.is_some(),
        Record::Instance(it) => {
            it.token.is_some() && it.configuration.iter().all(|entry| entry.value.is_some())
        }
        _ => false,
    });
    assert_eq!(secrets.count(), 920);
}

#[tokio::test]
async fn what_is_secret_stays_here_unless_it_is_asked_for() {
    let repositories = taken_in(source()).await;
    let out = moved_out(&repositories, Secrets::LeftOut).await;
    assert_eq!(out.organization.unwrap().secret, None);
    for record in out.records {
        match record {
            Record::User(user) => {
                assert_eq!(user.secret, None);
                assert_eq!(user.user.password, PasswordState::Absent);
            }
            Record::Instance(instance) => {
                assert_eq!(instance.token, None);
                let is_shown: Vec<_> = instance
                    .configuration
                    .iter()
                    .map(|entry| entry.value.is_some())
                    .collect();
                assert_eq!(is_shown, [true, false]);
            }
            Record::Account(_) | Record::Element(_) => {}
        }
    }
}

#[tokio::test]
async fn what_cannot_move_out_is_said() {
    let repositories = taken_in(source()).await;
    let service = exports(&repositories);
    let system = OrganizationId::new(1);
    for (id, expected) in [
        (OrganizationId::new(99), "there is no organization 99"),
        (
            system,
            "the organization 1 is the operator's own, which every store has: it does not move",
        ),
    ] {
        let error = service.organization(id, Secrets::LeftOut).await;
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
    let mut full = Collector {
        room: Some(2),
        ..Collector::default()
    };
    let moved = service.run(SHIRE, Secrets::Included, &mut full, &|_| ());
    assert!(matches!(moved.await, Err(ExportError::Target(_))));
    assert!(!full.finished);

    // With another master key.
    let service = ExportService::new(
        Arc::clone(&repositories.transfers),
        Arc::new(PlainVault::with_key(2)),
    );
    let error = service.organization(SHIRE, Secrets::Included).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "what is sealed of the organization 30 cannot be opened: see `tenantry key list`, or leave secrets out"
    );
    assert!(service.organization(SHIRE, Secrets::LeftOut).await.is_ok());
    let nothing = MemoryStore::new().repositories();
    assert!(
        exports(&nothing)
            .total(SHIRE)
            .await
            .is_ok_and(|total| total == 0)
    );
}
