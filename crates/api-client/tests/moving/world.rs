//! What moves, where it moves to, and how both are compared.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use tenantry_api_client::{
    Credentials, Passwords, Patience, RemoteConfig, RemoteSource, Retries, SourceOptions,
    UserSecrets,
};
use tenantry_domain::{
    AccountId, AccountPatch, Change, ConfigurationText, ConfigurationValue, Entity, InstanceDraft,
    InstancePatch, OrganizationId, PasswordState, ProfilePatch, RoleKey, Scope, SealedPlace,
    SecretText, Snapshot, UserId, UserPatch,
    ports::{Repositories, SecretVault as _},
    services::{Destination, ImportError, ImportOptions, ImportService, Reported, Summary},
    transfer::{Part, SealedRecord, account_snapshot, instance_snapshot, user_snapshot},
};
use tenantry_testkit::{
    FixedClock, PlainVault, SequentialRequestIds,
    memory::MemoryStore,
    samples::{self, text},
};

static CHANGE: LazyLock<Change> = LazyLock::new(samples::change);
/// How many users there are beside the first.
const USERS: i64 = 60;

/// The organization `Shire`: four accounts, one of them inactive; 61 users, some inactive, some with passwords, some with
/// roles; 90 instances of three elements, each with a credential.
pub(crate) async fn fill(store: &Repositories) -> OrganizationId {
    let draft = samples::organization_draft("Shire");
    let created = store.organizations.create(&draft, &CHANGE).await.unwrap();
    let id = created.organization.id;
    let scope = Scope::organization(id);
    let mut accounts = vec![created.account.id];
    for name in ["North", "East", "West"] {
        let draft = samples::account_draft(name);
        let account = store.accounts.create(id, &draft, &CHANGE).await.unwrap();
        accounts.push(account.id);
    }
    let granted = store
        .roles
        .grant_to_account(&scope, accounts[1], RoleKey::Admin, None, &CHANGE);
    granted.await.unwrap().unwrap();
    for number in 0..USERS {
        let account = accounts[usize::try_from(number).unwrap() % accounts.len()];
        user(store, &scope, account, number).await;
    }
    let inactive = AccountPatch {
        active: Some(false),
        ..AccountPatch::default()
    };
    let changed = store
        .accounts
        .update(&scope, accounts[3], &inactive, None, &CHANGE);
    changed.await.unwrap().unwrap();
    id
}

async fn user(store: &Repositories, scope: &Scope, account: AccountId, number: i64) {
    let organization = scope.organization_id();
    let mut draft = samples::user_draft(account, &format!("u{number}@shire.example"));
    draft.active = number % 7 != 0;
    draft.profile = samples::full_profile();
    if number % 3 == 0 {
        draft.password = Some(samples::password_hash("Correct-horse-1"));
    }
    // Not those of the account that has the role already: nobody could tell.
    if number % 4 != 1 && number % 5 == 0 {
        draft.roles = vec![RoleKey::Admin];
    }
    let user = store
        .users
        .create(organization, &draft, &CHANGE)
        .await
        .unwrap();
    for place in 0..=number % 2 {
        let draft = instance(user.id, number, place);
        let created = store
            .instances
            .create(organization, &draft, &CHANGE)
            .await
            .unwrap();
        if number % 9 == 0 {
            let disabled = InstancePatch {
                disabled: Some(true),
                ..InstancePatch::default()
            };
            let changed = store
                .instances
                .update(scope, created.id, &disabled, None, &CHANGE);
            changed.await.unwrap().unwrap();
        }
    }
}

fn instance(user: UserId, number: i64, place: i64) -> InstanceDraft {
    let element = ["crm", "erp", "mail"][usize::try_from(number % 3).unwrap()];
    let mut draft = samples::instance_draft(user, element, &format!("of {number}, {place}"));
    draft.token = samples::secret(&format!("ti_of_a_long_time_{number}_{place}"));
    let vault = PlainVault::new();
    let sealed = vault.seal(
        &SealedPlace::Configuration {
            instance: draft.token.digest,
            key: "password".to_owned(),
        },
        b"s3cret",
    );
    let clear = ConfigurationText::parse("a.example\nb.example").unwrap();
    draft.tags = vec![text("first"), text("second")];
    draft.configuration = vec![
        (text("host"), ConfigurationValue::Clear(clear)),
        (text("password"), ConfigurationValue::Sealed(sealed)),
    ];
    draft
}

/// Gives somebody another name and a role.
pub(crate) async fn change_something(store: &Repositories, id: OrganizationId) -> UserId {
    let scope = Scope::organization(id);
    let email = samples::email("u2@shire.example");
    let user = store
        .users
        .find_by_email(&scope, &email)
        .await
        .unwrap()
        .unwrap();
    let patch = UserPatch {
        last_name: Some(samples::name("Underhill")),
        profile: ProfilePatch::default(),
        ..UserPatch::default()
    };
    let updated = store.users.update(&scope, user.id, &patch, None, &CHANGE);
    updated.await.unwrap().unwrap();
    let granted = store
        .roles
        .grant(&scope, user.id, RoleKey::Admin, None, &CHANGE);
    granted.await.unwrap().unwrap();
    user.id
}

/// Everything of the organization that can move, and the tokens' digests; not what a server leaves unsaid.
pub(crate) async fn contents(
    store: &Repositories,
    id: OrganizationId,
) -> Vec<(Entity, i64, Snapshot)> {
    let transfers = &store.transfers;
    let itself = transfers.organization(id).await.unwrap().unwrap();
    let mut contents = vec![
        (
            Entity::Organization,
            itself.organization.id.get(),
            Snapshot::new()
                .field("name", &itself.organization.name)
                .field("secret", format!("{:?}", itself.secret.digest.as_bytes())),
        ),
        (
            Entity::Account,
            itself.default_account.account.id.get(),
            account_snapshot(&itself.default_account),
        ),
    ];
    for role in itself.roles {
        contents.push((Entity::Role, role.id.get(), role.snapshot()));
    }
    for part in Part::ALL {
        let records = transfers.read(id, *part, 0, 1_000).await.unwrap();
        for record in records {
            let shown = match &record {
                SealedRecord::Account(record) => account_snapshot(record),
                SealedRecord::Element(element) => Snapshot::new().field("key", &element.key),
                SealedRecord::User(record) => user_snapshot(record),
                SealedRecord::Instance(record) => instance_snapshot(record)
                    .field("token", format!("{:?}", record.token.digest.as_bytes())),
            };
            contents.push((record.entity(), record.id(), shown));
        }
    }
    contents
}

/// How many users are marked as having their password elsewhere, and how many have none.
pub(crate) async fn passwords(store: &Repositories, id: OrganizationId) -> (usize, usize) {
    let users = store
        .transfers
        .read(id, Part::Users, 0, 1_000)
        .await
        .unwrap();
    let (mut marked, mut without) = (0, 0);
    for user in users {
        let SealedRecord::User(record) = user else {
            panic!("no user");
        };
        match (&record.password, record.user.password) {
            (
                Some(hash),
                PasswordState::Set {
                    must_change: false, ..
                },
            ) if hash.is_held_elsewhere() => {
                marked += 1;
            }
            (None, PasswordState::Absent) => without += 1,
            other => panic!("{other:?}"),
        }
    }
    (marked, without)
}

/// A store that has nothing but the operator's organization.
pub(crate) struct Here {
    pub(crate) repositories: Repositories,
    service: ImportService,
}

impl Here {
    pub(crate) async fn new() -> Self {
        let repositories = MemoryStore::new().repositories();
        let draft = samples::system_organization_draft();
        repositories
            .organizations
            .create(&draft, &CHANGE)
            .await
            .unwrap();
        let service = ImportService::new(
            Arc::clone(&repositories.transfers),
            Arc::new(PlainVault::new()),
            Arc::new(FixedClock::default()),
        );
        Self {
            repositories,
            service,
        }
    }

    /// Moves it in; answers what became of every record besides.
    pub(crate) async fn run(
        &self,
        source: &mut RemoteSource,
    ) -> Result<(Summary, Vec<Reported>), ImportError> {
        let options = ImportOptions {
            into: Destination::New,
            ids: None,
        };
        let mut all = Vec::new();
        let mut listener = |reported: &[Reported]| {
            all.extend_from_slice(reported);
            Ok(())
        };
        let request = samples::request_id(1);
        let summary = self
            .service
            .run(source, options, request, &mut listener)
            .await?;
        Ok((summary, all))
    }
}

fn options() -> SourceOptions {
    SourceOptions {
        patience: Patience {
            attempts: 12,
            first_wait: Duration::ZERO,
            longest_wait: Duration::ZERO,
        },
        page_size: 7,
        ..SourceOptions::default()
    }
}

async fn connected(address: &str, user: &str, options: SourceOptions) -> RemoteSource {
    let mut config = RemoteConfig::new(address);
    config.proxy_from_environment = false;
    config.retries = Retries {
        attempts: 2,
        first_wait: Duration::ZERO,
        ..Retries::default()
    };
    let credentials = Credentials::new(user, "to_Shire");
    let ids = Arc::new(SequentialRequestIds::default());
    RemoteSource::connect(config, credentials, ids, options)
        .await
        .unwrap()
}

/// The organization, as its administrator sees it.
pub(crate) async fn source(address: &str) -> RemoteSource {
    source_as(address, "tu_admin@shire.example").await
}

/// The same, as somebody else does.
pub(crate) async fn source_as(address: &str, user: &str) -> RemoteSource {
    connected(address, user, options()).await
}

/// The same, for somebody who knows two secrets, and asks the server for passwords later.
pub(crate) async fn knowing_source(address: &str) -> RemoteSource {
    let mut user_secrets = UserSecrets::new();
    let email = samples::email("U3@shire.example");
    user_secrets.insert_by_email(&email, SecretText::new("tu_u3@shire.example"));
    user_secrets.insert_by_id(UserId::new(10), SecretText::new("known-for-a-long-time"));
    user_secrets.insert_by_id(UserId::new(4711), SecretText::new("somebody-else's-secret"));
    let options = SourceOptions {
        user_secrets,
        passwords: Passwords::LegacyLogin,
        ..options()
    };
    connected(address, "tu_admin@shire.example", options).await
}
