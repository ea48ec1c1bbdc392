//! An organization to move, and what tests of moving in and out have in common.

use std::sync::Arc;

use tenantry_domain::{
    Account, AccountId, ConfigurationText, Element, ElementId, ExternalAuthentication, InstanceId,
    Organization, OrganizationId, OrganizationKind, PasswordState, Profile, Revision, Role, RoleId,
    RoleKey, SealedSecret, SecretText, User, UserId,
    ports::{Repositories, TransferRepository},
    services::{Destination, ImportError, ImportOptions, ImportService, Reported, Summary},
    transfer::{
        AccountRecord, Batch, ConfigurationRecord, InstanceRecord, OrganizationRecord, Part,
        Record, SealedRecord, UserRecord,
    },
};
use tenantry_testkit::{
    FixedClock, PlainVault, ScriptedSource,
    memory::MemoryStore,
    samples::{self, START, change, email, name, text},
};

/// More than are written at once.
pub(crate) const USERS: i64 = 620;
pub(crate) const DEFAULT: AccountId = AccountId::new(40);

pub(crate) fn account(id: i64, is_default: bool) -> AccountRecord {
    let account = Account {
        id: AccountId::new(id),
        organization_id: OrganizationId::new(30),
        name: name(&format!("Account {id}")),
        description: None,
        external_id: None,
        active: true,
        is_default,
        created_at: START,
        updated_at: START,
        revision: Revision::new(0),
    };
    let roles = if is_default {
        Vec::new()
    } else {
        vec![RoleKey::Admin]
    };
    AccountRecord { account, roles }
}

pub(crate) fn shire() -> OrganizationRecord<Option<SecretText>> {
    let id = OrganizationId::new(30);
    let role = |(number, key): (i64, &RoleKey)| Role {
        id: RoleId::new(number),
        organization_id: id,
        key: *key,
        name: key.name().to_owned(),
        description: key.description().to_owned(),
        privileges: key.default_privileges(),
    };
    OrganizationRecord {
        organization: Organization {
            id,
            name: name("Shire"),
            active: true,
            kind: OrganizationKind::Customer,
            default_account_id: DEFAULT,
            external_id: None,
            created_at: START,
            updated_at: START,
            revision: Revision::new(0),
        },
        secret: Some(SecretText::new("to_shire")),
        policy: None,
        roles: (71..).zip(RoleKey::OF_AN_ORGANIZATION).map(role).collect(),
        default_account: account(40, true),
    }
}

pub(crate) fn user(id: i64, account: i64) -> Record {
    let user = User {
        id: UserId::new(id),
        organization_id: OrganizationId::new(30),
        account_id: AccountId::new(account),
        email: email(&format!("u{id}@shire.example")),
        first_name: name("Frodo"),
        last_name: name("Baggins"),
        active: true,
        profile: Profile::default(),
        password: PasswordState::Set {
            changed_at: START,
            must_change: false,
        },
        locked_until: None,
        last_login_at: None,
        created_at: START,
        updated_at: START,
        revision: Revision::new(0),
    };
    Record::User(Box::new(UserRecord {
        user,
        password: None,
        former_passwords: Vec::new(),
        secret: Some(SecretText::new(format!("tu_{id}"))),
        roles: None,
    }))
}

pub(crate) fn element() -> Element {
    Element {
        id: ElementId::new(5),
        organization_id: OrganizationId::new(30),
        key: text("crm"),
        name: text("CRM"),
        hub: text("crm"),
    }
}

pub(crate) fn instance(id: i64, user: i64, account: i64, bytes: usize) -> Record {
    let value = ConfigurationText::parse("x".repeat(bytes)).unwrap();
    Record::Instance(Box::new(InstanceRecord {
        id: InstanceId::new(id),
        account_id: AccountId::new(account),
        user_id: UserId::new(user),
        name: name("CRM"),
        element: element(),
        tags: vec![text("a")],
        configuration: vec![
            ConfigurationRecord {
                id: None,
                key: text("host"),
                value: Some(value),
            },
            ConfigurationRecord {
                id: None,
                key: text("password"),
                value: None,
            },
        ],
        external_authentication: ExternalAuthentication::None,
        valid: true,
        disabled: false,
        token: Some(SecretText::new(format!("ti_{id}"))),
        created_at: START,
        updated_at: START,
        revision: Revision::new(0),
    }))
}

/// One account, 620 users and 300 instances, some of them large; pages repeat each other.
pub(crate) fn source() -> ScriptedSource {
    let of = |id: i64| if id % 2 == 0 { 40 } else { 41 };
    let mut batches = vec![Batch::of(vec![Record::Account(account(41, false))])];
    let users: Vec<_> = (100..100 + USERS).map(|id| user(id, of(id))).collect();
    batches.extend(users.chunks(180).map(|page| Batch::of(page.to_vec())));
    batches.push(Batch::of(users[170..200].to_vec()));
    let instances: Vec<_> = (1..=300)
        .map(|id| {
            instance(
                id,
                100 + id,
                of(100 + id),
                if id % 7 == 0 { 16_000 } else { 10 },
            )
        })
        .collect();
    let mut first = vec![Record::Element(element())];
    first.extend_from_slice(&instances[..100]);
    batches.push(Batch::of(first));
    batches.extend(
        instances[90..]
            .chunks(150)
            .map(|page| Batch::of(page.to_vec())),
    );
    ScriptedSource::new("the shire", shire(), batches)
}

/// A store that has nothing but the operator's organization.
pub(crate) async fn store() -> Repositories {
    let repositories = MemoryStore::new().repositories();
    let draft = samples::system_organization_draft();
    repositories
        .organizations
        .create(&draft, &change())
        .await
        .unwrap();
    repositories
}

pub(crate) fn service(transfers: Arc<dyn TransferRepository>) -> ImportService {
    ImportService::new(
        transfers,
        Arc::new(PlainVault::new()),
        Arc::new(FixedClock::default()),
    )
}

pub(crate) const NEW: ImportOptions = ImportOptions {
    into: Destination::New,
    ids: None,
};

pub(crate) async fn run(
    transfers: &Arc<dyn TransferRepository>,
    source: &mut ScriptedSource,
    options: ImportOptions,
) -> Result<(Summary, Vec<Reported>), ImportError> {
    let mut all = Vec::new();
    let mut listener = |reported: &[Reported]| {
        all.extend_from_slice(reported);
        Ok(())
    };
    let service = service(Arc::clone(transfers));
    let request = samples::request_id(1);
    let summary = service.run(source, options, request, &mut listener).await?;
    Ok((summary, all))
}

/// Everything that the organization has.
pub(crate) async fn contents(
    store: &Repositories,
    id: OrganizationId,
) -> (OrganizationRecord<SealedSecret>, Vec<SealedRecord>) {
    let itself = store.transfers.organization(id).await.unwrap().unwrap();
    let mut records = Vec::new();
    for part in Part::ALL {
        records.extend(store.transfers.read(id, *part, 0, 10_000).await.unwrap());
    }
    (itself, records)
}
