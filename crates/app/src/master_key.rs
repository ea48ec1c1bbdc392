//! The master key: found, checked against the store, and made for a new store only. A key that is missing or wrong is a
//! refusal to start, never a silent new key.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use tenantry_crypto::{Keyring, MalformedKey, MasterKey, MasterKeyError, Vault};
use tenantry_domain::{
    KeyId, Sealed,
    ports::{KeyringRepository, OrganizationRepository, SecretVault as _, VaultError},
};
use tracing::info;

use crate::{
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

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Environment,
    File(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment => write!(f, "the environment variable {MASTER_KEY_VARIABLE}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

/// A vault with the key of this store. A store that is new gets the key at hand, or a new one in the key file.
pub(crate) async fn unlock(
    config: &Config,
    keyring: &dyn KeyringRepository,
    organizations: &dyn OrganizationRepository,
) -> Result<Vault, Failure> {
    // In this order: the sentinel is recorded before the first organization is created, so whoever sees an organization
    // finds its sentinel afterwards, however many nodes start on one new store at the same moment.
    let has_organizations = has_organizations(organizations).await?;
    let sentinel = keyring
        .sentinel()
        .await
        .context("the store cannot be asked for its master key")?;
    let file = config.data_dir.join(FILE_NAME);
    let given = find(config, &file).map_err(Failure::usage)?;
    match (sentinel, given) {
        (Some(sentinel), Some((key, place))) => {
            let (found, vault) = (key.id(), vault(key));
            check(&vault, &sentinel, found, &place).map_err(Failure::usage)?;
            Ok(vault)
        }
        (Some(sentinel), None) => Err(Failure::usage(Misfit::Missing {
            wanted: sentinel.key_id,
            file,
        })),
        (None, _) if has_organizations => Err(Failure::Failed(anyhow::anyhow!(
            "the store has organizations, but no record of its master key: it is damaged; restore it from a backup"
        ))),
        (None, given) => initialize(keyring, given, &file).await,
    }
}

/// The key at hand: the environment's, else the file's.
fn find(config: &Config, file: &Path) -> Result<Option<(MasterKey, Place)>, anyhow::Error> {
    if let Some(text) = &config.master_key {
        let key = MasterKey::parse(text.expose()).with_context(|| {
            format!("the environment variable {MASTER_KEY_VARIABLE} cannot be used")
        })?;
        return Ok(Some((key, Place::Environment)));
    }
    match MasterKey::read_file(file) {
        Ok(key) => Ok(Some((key, Place::File(file.to_owned())))),
        Err(MasterKeyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn vault(key: MasterKey) -> Vault {
    Vault::new(&Keyring::new(key))
}

fn check(vault: &Vault, sentinel: &Sealed, found: KeyId, place: &Place) -> Result<(), Misfit> {
    let wanted = sentinel.key_id;
    vault.recognize(sentinel).map_err(|error| match error {
        VaultError::UnknownKey(_) => Misfit::Other {
            wanted,
            found,
            place: place.clone(),
        },
        VaultError::Altered => Misfit::Altered {
            wanted,
            place: place.clone(),
        },
    })
}

/// A store with data that does not remember its key was written to by somebody else.
async fn has_organizations(organizations: &dyn OrganizationRepository) -> Result<bool, Failure> {
    let unanswered = "the store cannot be asked for its organizations";
    let system = organizations.find_system().await.context(unanswered)?;
    Ok(system.is_some() || organizations.count_customers(1).await.context(unanswered)? > 0)
}

async fn initialize(
    keyring: &dyn KeyringRepository,
    given: Option<(MasterKey, Place)>,
    file: &Path,
) -> Result<Vault, Failure> {
    let (key, created) = match given {
        Some((key, _)) => (key, false),
        None => create(file).await?,
    };
    let (id, vault) = (key.id(), vault(key));
    let recorded = keyring
        .record_sentinel(&vault.sentinel())
        .await
        .context("the store cannot record its master key; the key file, if one was made, is used by the next start")?;
    if vault.recognize(&recorded).is_err() {
        if created {
            // Nothing was sealed with it. If it stays, the next start says which key is wanted.
            let _ = fs::remove_file(file);
        }
        return Err(Failure::usage(Misfit::Late {
            wanted: recorded.key_id,
            file: file.to_owned(),
        }));
    }
    info!(key_id = %id, "the store was initialized with this master key");
    Ok(vault)
}

/// A new key in the file, and `true`; or the key that another process has put there at the same moment, and `false`.
async fn create(file: &Path) -> Result<(MasterKey, bool), Failure> {
    match MasterKey::create_file(file) {
        Ok(key) => {
            info!(key_id = %key.id(), file = %file.display(), "a master key was made: keep a copy of it apart from the data");
            return Ok((key, true));
        }
        Err(MasterKeyError::Exists { .. }) => {}
        Err(error) => return Err(Failure::usage(error)),
    }
    let (pause, times) = WRITING_TAKES;
    for _ in 1..times {
        match MasterKey::read_file(file) {
            Err(MasterKeyError::MalformedFile {
                problem: MalformedKey::Empty,
                ..
            }) => tokio::time::sleep(pause).await,
            read => return Ok((read.map_err(Failure::usage)?, false)),
        }
    }
    Ok((MasterKey::read_file(file).map_err(Failure::usage)?, false))
}

#[cfg(test)]
mod tests;
