//! An organization of a remote server, as something that moves in elsewhere: read once, from its beginning to its end, in
//! memory that does not grow with it.
//!
//! What the server leaves unsaid is made up for or left out, what it says wrongly is reported one by one, and when it is away
//! it is waited for. It is only asked, never changed.

mod accounts;
mod calls;
mod failure;
mod instances;
mod listing;
mod organization;
mod secrets;
mod users;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, ElementId, OrganizationId, RoleKey, SecretText,
    ports::{RequestIds, SourceError, TransferSource},
    transfer::{Batch, OrganizationRecord, Record, SourceName},
};

pub use self::secrets::UserSecrets;
use self::{calls::Asker, listing::Listing};
use crate::{
    Credentials, RemoteConfig,
    remote::Remote,
    transport::{Call, Transport},
};

/// What is read, and how patiently.
#[derive(Clone, Debug)]
pub struct SourceOptions {
    /// How long a server is waited for that is away.
    pub patience: Patience,
    /// How many accounts or users are asked for at once, and instances, which are large: up to 200 of them.
    pub page_size: u32,
    /// Secrets of users: the API lists none.
    pub user_secrets: UserSecrets,
    /// What becomes of passwords, which no server reveals.
    pub passwords: Passwords,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            page_size: 500,
            user_secrets: UserSecrets::new(),
            passwords: Passwords::default(),
        }
    }
}

/// What becomes of passwords, which no server reveals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passwords {
    /// Users have none until somebody sets one.
    #[default]
    MustChange,
    /// Users who have one there are marked: at the first login, the server that they come from is asked.
    LegacyLogin,
}

/// How long a server is waited for that is away, beyond the [retries](crate::Retries) of a single call: after a second, two,
/// four, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a call is made at most, all its retries counted as once.
    pub attempts: u32,
    /// The wait before the second time; each further one is twice as long.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
}

/// Waits four minutes in all.
impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 10,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(1),
        }
    }
}

/// An organization of a remote server that moves in elsewhere.
pub struct RemoteSource {
    asker: Asker,
    options: SourceOptions,
    /// Read once.
    record: Option<OrganizationRecord<Option<SecretText>>>,
    /// Every account, in the order in which they are read, and the roles granted to its users.
    accounts: Vec<AccountId>,
    known_accounts: HashSet<AccountId>,
    default_account: AccountId,
    granted: HashMap<AccountId, Vec<RoleKey>>,
    /// Those that came by.
    elements: HashSet<ElementId>,
    /// Whether it is known which user the caller is, whose secret is known.
    knows_caller: bool,
    stage: Stage,
}

/// What is read next.
enum Stage {
    Accounts(Listing),
    /// Of the account at this place.
    Users(usize, Listing),
    /// Of the account at this place.
    Instances(usize, Listing),
    Over,
}

impl RemoteSource {
    /// Asks the server whose credentials these are: they must be those of an administrator of the organization that is to
    /// move.
    ///
    /// # Errors
    /// If the configuration is wrong, the server does not accept the credentials, or it does not answer.
    pub async fn connect(
        config: RemoteConfig,
        credentials: Credentials,
        ids: Arc<dyn RequestIds>,
        options: SourceOptions,
    ) -> Result<Self, SourceError> {
        let unavailable = |source| SourceError::Unavailable { source };
        let transport = Transport::new(config, ids).map_err(|error| unavailable(error.into()))?;
        let remote = Remote {
            transport,
            book: crate::credentials::Book::default(),
            own: credentials,
        };
        let mut asker = Asker {
            remote: Arc::new(remote),
            organization: OrganizationId::new(0),
            patience: options.patience,
        };
        // A server that never answered is more likely a wrong address than one that will.
        let first = Asker {
            patience: Patience {
                attempts: options.patience.attempts.min(2),
                ..options.patience
            },
            ..asker.clone()
        };
        asker.organization = organization::whose(&first).await?;
        let page_size = options.page_size;
        Ok(Self {
            asker,
            options,
            record: None,
            accounts: Vec::new(),
            known_accounts: HashSet::new(),
            default_account: AccountId::new(0),
            granted: HashMap::new(),
            elements: HashSet::new(),
            knows_caller: false,
            stage: Stage::Accounts(accounts::listing(page_size)),
        })
    }

    /// The organization that is to move, as the server numbers it.
    pub fn organization_id(&self) -> OrganizationId {
        self.asker.organization
    }

    /// Whose secrets were given in [`SourceOptions::user_secrets`], by e-mail or number, and who did not come by.
    pub fn secrets_of_nobody(&self) -> Vec<String> {
        self.options.user_secrets.of_nobody()
    }

    /// The stage behind the accounts, or behind the users of one.
    fn users_of(&self, place: usize) -> Stage {
        match self.accounts.get(place) {
            Some(account) => Stage::Users(place, users::listing(*account, self.options.page_size)),
            None => self.instances_of(0),
        }
    }

    fn instances_of(&self, place: usize) -> Stage {
        match self.accounts.get(place) {
            Some(account) => {
                Stage::Instances(place, instances::listing(*account, self.options.page_size))
            }
            None => Stage::Over,
        }
    }

    /// One page of whatever comes next; `None` if it went on to the next stage.
    async fn page(&mut self) -> Result<Option<Batch>, SourceError> {
        // Put back unless the list is over; an error ends the source.
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Accounts(mut listing) => {
                let page = listing.next(&self.asker).await?;
                let Some(objects) = page else {
                    self.stage = self.users_of(0);
                    return Ok(None);
                };
                let batch = self.read_accounts(&objects).await?;
                self.stage = Stage::Accounts(listing);
                Ok(Some(batch))
            }
            Stage::Users(place, mut listing) => {
                let Some(objects) = listing.next(&self.asker).await? else {
                    self.stage = self.users_of(place + 1);
                    return Ok(None);
                };
                self.stage = Stage::Users(place, listing);
                let account = self.accounts.get(place).copied();
                Ok(Some(self.read_users(&objects, account)))
            }
            Stage::Instances(place, mut listing) => {
                let Some(objects) = listing.next(&self.asker).await? else {
                    self.stage = self.instances_of(place + 1);
                    return Ok(None);
                };
                self.stage = Stage::Instances(place, listing);
                let account = self.accounts.get(place).copied();
                Ok(Some(self.read_instances(&objects, account)))
            }
            Stage::Over => Ok(None),
        }
    }
}

#[async_trait]
impl TransferSource for RemoteSource {
    fn name(&self) -> SourceName {
        let base = self.asker.remote.transport.base();
        let organization = self.asker.organization;
        SourceName::new(format!("{base} organization {organization}"))
    }

    async fn organization(
        &mut self,
    ) -> Result<OrganizationRecord<Option<SecretText>>, SourceError> {
        if let Some(record) = &self.record {
            return Ok(record.clone());
        }
        let record = self.read_organization().await?;
        self.record = Some(record.clone());
        Ok(record)
    }

    async fn total(&mut self) -> Result<Option<u64>, SourceError> {
        self.organization().await?;
        let users = Call::get("/users");
        let instances = self.accounts.iter().map(|id| instances::call(*id));
        let calls: Vec<_> = std::iter::once(users).chain(instances).collect();
        let counted = self.asker.counts(calls).await?;
        let accounts = u64::try_from(self.accounts.len()).unwrap_or(u64::MAX);
        let known: Option<u64> = counted.into_iter().sum();
        Ok(known.map(|known| known + accounts))
    }

    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        self.organization().await?;
        loop {
            if matches!(self.stage, Stage::Over) {
                return Ok(None);
            }
            if let Some(batch) = self.page().await? {
                return Ok(Some(batch));
            }
        }
    }

    async fn complete(&mut self, records: Vec<Record>) -> Result<Batch, SourceError> {
        self.complete_users(records).await
    }
}

impl fmt::Debug for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSource")
            .field("organization", &self.asker.organization)
            .finish_non_exhaustive()
    }
}
