//! The master keys: found, checked against the store, and made for a new store only. A key that is missing or wrong is a
//! refusal to start, never a silent new key.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use tenantry_crypto::{
    Keyring, MalformedKey, MalformedKeyring, MasterKey, MasterKeyError, ReloadingVault,
};
use tenantry_domain::{
    KeyId, Sealed, SecretText,
    ports::{KeyringRepository, OrganizationRepository, SecretVault as _, VaultError},
};
use tracing::info;

use crate::{
    clock::SystemClock,
    config::{Config, MASTER_KEY_VARIABLE},
    failure::Failure,
};

/// The file in the data directory.
const FILE_NAME: &str = "master.key";
/// How long, and how often, a file that another process has just created is awaited.
const WRITING_TAKES: (Duration, u32) = (Duration::from_millis(50), 20);

/// Why a key does not fit the store.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Misfit {
    #[error(
        "the master key is missing: the store was initialized with the key {wanted}; put that key into the file {} \
         (mode 0600) or into {MASTER_KEY_VARIABLE}. No new key is made for a store that was initialized before, because \
         its secrets could not be read with it", file.display()
    )]
    Missing { wanted: KeyId, file: PathBuf },
    #[error(
        "the master key is wrong: the store was initialized with the key {wanted}, but {place} holds the key {found}; put \
         the key {wanted} there, or name the store that the key {found} belongs to"
    )]
    Other {
        wanted: KeyId,
        found: KeyId,
        place: Place,
    },
    #[error("the store is new: nothing was sealed in it yet. `tenantry serve` initializes it")]
    New,
    #[error(
        "the master key is wrong: {place} holds a key with the id of the store's key, {wanted}, but it is another key, or \
         the store is damaged; bring the key {wanted} back from a backup"
    )]
    Altered { wanted: KeyId, place: Place },
    #[error(
        "another node initialized the store at the same moment, with the master key {wanted}; put that node's key into \
         the file {} (mode 0600) or into {MASTER_KEY_VARIABLE}, and start again", file.display()
    )]
    Late { wanted: KeyId, file: PathBuf },
}

/// Where keys are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the environment variable, which has this text.
    Environment(SecretText),
    /// In this file.
    File(PathBuf),
}

impl Place {
    /// Reads the keys.
    pub(crate) fn read(&self) -> Result<Keyring, MasterKeyError> {
        match self {
            Self::Environment(text) => Keyring::parse(text.expose()),
            Self::File(path) => Keyring::read_file(path),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(_) => write!(f, "the environment variable {MASTER_KEY_VARIABLE}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

/// The keys of a store.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Reads them again when it is asked, or misses one.
    pub(crate) vault: Arc<ReloadingVault>,
    /// Where they are.
    pub(crate) place: Place,
}

impl Keys {
    fn new(keyring: &Keyring, place: Place) -> Self {
        let read = place.clone();
        let vault = ReloadingVault::new(keyring, move || read.read(), Arc::new(SystemClock));
        Self {
            vault: Arc::new(vault),
            place,
        }
    }
}

/// The keys of this store. A store that is new gets those at hand, or a new one in the key file.
pub(crate) async fn unlock(
    config: &Config,
    keyring: &dyn KeyringRepository,
    organizations: &dyn OrganizationRepository,
) -> Result<Keys, Failure> {
    // In this order: the sentinel is recorded before the first organization is created, so whoever sees an organization
    // finds its sentinel afterwards, however many nodes start on one new store at the same moment.
    let has_organizations = has_organizations(organizations).await?;
    match sentinel(keyring).await? {
        Some(sentinel) => fit(config, &sentinel),
        None if has_organizations => Err(Failure::Failed(anyhow::anyhow!(
            "the store has organizations, but no record of its master key: it is damaged; restore it from a backup"
        ))),
        None => initialize(config, keyring).await,
    }
}

/// The keys of a store that was initialized before.
pub(crate) async fn unlock_initialized(
    config: &Config,
    keyring: &dyn KeyringRepository,
) -> Result<Keys, Failure> {
    match sentinel(keyring).await? {
        Some(sentinel) => fit(config, &sentinel),
        None => Err(Failure::usage(Misfit::New)),
    }
}

async fn sentinel(keyring: &dyn KeyringRepository) -> Result<Option<Sealed>, Failure> {
    Ok(keyring
        .sentinel()
        .await
        .context("the store cannot be asked for its master key")?)
}

/// The keys at hand, if they are those of the store with this sentinel.
fn fit(config: &Config, sentinel: &Sealed) -> Result<Keys, Failure> {
    let Some((keyring, place)) = find(config).map_err(Failure::usage)? else {
        return Err(Failure::usage(Misfit::Missing {
            wanted: sentinel.key_id,
            file: file(config),
        }));
    };
    let found = keyring.current().id();
    let keys = Keys::new(&keyring, place);
    check(&keys, sentinel, found).map_err(Failure::usage)?;
    Ok(keys)
}

fn file(config: &Config) -> PathBuf {
    config.data_dir.join(FILE_NAME)
}

/// The keys at hand: the environment's, else the file's.
fn find(config: &Config) -> Result<Option<(Keyring, Place)>, anyhow::Error> {
    if let Some(text) = &config.master_key {
        let place = Place::Environment(text.clone());
        let keyring = place.read().with_context(|| {
            format!("the environment variable {MASTER_KEY_VARIABLE} cannot be used")
        })?;
        return Ok(Some((keyring, place)));
    }
    let place = Place::File(file(config));
    match place.read() {
        Ok(keyring) => Ok(Some((keyring, place))),
        Err(MasterKeyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn check(keys: &Keys, sentinel: &Sealed, found: KeyId) -> Result<(), Misfit> {
    let wanted = sentinel.key_id;
    let place = keys.place.clone();
    keys.vault.recognize(sentinel).map_err(|error| match error {
        VaultError::UnknownKey(_) => Misfit::Other {
            wanted,
            found,
            place,
        },
        VaultError::Altered => Misfit::Altered { wanted, place },
    })
}

/// A store with data that does not remember its key was written to by somebody else.
async fn has_organizations(organizations: &dyn OrganizationRepository) -> Result<bool, Failure> {
    let unanswered = "the store cannot be asked for its organizations";
    let system = organizations.find_system().await.context(unanswered)?;
    Ok(system.is_some() || organizations.count_customers(1).await.context(unanswered)? > 0)
}

async fn initialize(config: &Config, keyring: &dyn KeyringRepository) -> Result<Keys, Failure> {
    let file = file(config);
    let (given, place, created) =
        if let Some((given, place)) = find(config).map_err(Failure::usage)? {
            (given, place, false)
        } else {
            let (made, created) = create(&file).await?;
            (made, Place::File(file.clone()), created)
        };
    let keys = Keys::new(&given, place);
    let recorded = keyring
        .record_sentinel(&keys.vault.sentinel())
        .await
        .context("the store cannot record its master key; the key file, if one was made, is used by the next start")?;
    if keys.vault.recognize(&recorded).is_err() {
        if created {
            // Nothing was sealed with it. If it stays, the next start says which key is wanted.
            let _ = fs::remove_file(&file);
        }
        return Err(Failure::usage(Misfit::Late {
            wanted: recorded.key_id,
            file,
        }));
    }
    info!(key_id = %given.current().id(), "the store was initialized with this master key");
    Ok(keys)
}

/// A new key in the file, and `true`; or the keys that another process has put there at the same moment, and `false`.
async fn create(file: &Path) -> Result<(Keyring, bool), Failure> {
    match Keyring::create_file(file) {
        Ok(keyring) => {
            info!(
                key_id = %keyring.current().id(),
                file = %file.display(),
                "a master key was made: keep a copy of it apart from the data"
            );
            return Ok((keyring, true));
        }
        Err(MasterKeyError::Exists { .. }) => {}
        Err(error) => return Err(Failure::usage(error)),
    }
    let (pause, times) = WRITING_TAKES;
    for _ in 1..times {
        match Keyring::read_file(file) {
            Err(MasterKeyError::MalformedFile {
                problem: MalformedKeyring::Current(MalformedKey::Empty),
                ..
            }) => tokio::time::sleep(pause).await,
            read => return Ok((read.map_err(Failure::usage)?, false)),
        }
    }
    Ok((Keyring::read_file(file).map_err(Failure::usage)?, false))
}

/// A new key, for an environment variable.
pub(crate) fn generate() -> MasterKey {
    MasterKey::generate()
}

#[cfg(test)]
mod tests;
