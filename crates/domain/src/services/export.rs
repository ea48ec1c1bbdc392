//! Moving an organization out, whole. For the operator alone: there is no actor.
//!
//! The store is read a page at a time, while servers go on: each page is as it was when it was read, and what changes behind it
//! is not in what moves out.

use std::{fmt, sync::Arc};

use crate::{
    ConfigurationText, ConfigurationValue, Entity, OrganizationId, OrganizationKind, PasswordState,
    SealedPlace, SecretText,
    ports::{
        BoxError, RepositoryError, SecretVault, TransferRepository, TransferTarget, VaultError,
    },
    transfer::{
        ConfigurationRecord, InstanceRecord, OrganizationRecord, Part, Record, SealedConfiguration,
        SealedInstance, SealedRecord, UserRecord,
    },
};

/// How many records are read at a time.
const PAGE: u32 = 500;

/// Moves organizations out.
pub struct ExportService {
    transfers: Arc<dyn TransferRepository>,
    vault: Arc<dyn SecretVault>,
}

/// Whether what is secret moves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Secrets, tokens, credentials, and everything about passwords, in clear: the target seals them.
    Included,
    /// None of it: whoever takes the organization in makes new ones.
    LeftOut,
}

impl ExportService {
    /// Over these ports.
    pub fn new(transfers: Arc<dyn TransferRepository>, vault: Arc<dyn SecretVault>) -> Self {
        Self { transfers, vault }
    }

    /// The organization itself, with what every organization has.
    ///
    /// # Errors
    /// If there is none, it is the operator's own, its secret cannot be revealed, or the store fails.
    pub async fn organization(
        &self,
        id: OrganizationId,
        secrets: Secrets,
    ) -> Result<OrganizationRecord<Option<SecretText>>, ExportError> {
        let record = self.transfers.organization(id).await?;
        let record = record.ok_or(ExportError::NoSuchOrganization(id))?;
        if record.organization.kind == OrganizationKind::System {
            return Err(ExportError::System(id));
        }
        let secret = match secrets {
            Secrets::LeftOut => None,
            Secrets::Included => {
                let revealed = self.vault.reveal(&record.secret);
                Some(
                    revealed
                        .map_err(|source| unreadable(Entity::Organization, id.get(), source))?,
                )
            }
        };
        Ok(OrganizationRecord {
            organization: record.organization,
            secret,
            policy: record.policy,
            roles: record.roles,
            default_account: record.default_account,
        })
    }

    /// About how many records it has.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn total(&self, id: OrganizationId) -> Result<u64, ExportError> {
        let mut total = 0;
        for part in Part::ALL {
            total += self.transfers.count(id, *part).await?;
        }
        Ok(total)
    }

    /// Moves everything to `target`; `progress` is told after each page how many records moved so far. Answers how many moved.
    ///
    /// # Errors
    /// As [`organization`](Self::organization); and if something else cannot be revealed, or written.
    pub async fn run(
        &self,
        id: OrganizationId,
        secrets: Secrets,
        target: &mut dyn TransferTarget,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, ExportError> {
        let organization = self.organization(id, secrets).await?;
        let written = target.begin(&organization).await;
        written.map_err(ExportError::Target)?;
        let mut moved = 0;
        for part in Part::ALL {
            let mut after = 0;
            loop {
                let page = self.transfers.read(id, *part, after, PAGE).await?;
                let Some(last) = page.last() else {
                    break;
                };
                after = last.id();
                let records = page
                    .into_iter()
                    .map(|sealed| self.record(sealed, secrets))
                    .collect::<Result<Vec<_>, _>>()?;
                let written = target.write(&records).await;
                written.map_err(ExportError::Target)?;
                moved += records.len() as u64;
                progress(moved);
            }
        }
        target.finish().await.map_err(ExportError::Target)?;
        Ok(moved)
    }

    fn record(&self, sealed: SealedRecord, secrets: Secrets) -> Result<Record, ExportError> {
        let (entity, id) = (sealed.entity(), sealed.id());
        let record = match (sealed, secrets) {
            (SealedRecord::Account(record), _) => Ok(Record::Account(record)),
            (SealedRecord::Element(element), _) => Ok(Record::Element(element)),
            (SealedRecord::User(record), Secrets::LeftOut) => {
                Ok(Record::User(Box::new(without_secrets(*record))))
            }
            (SealedRecord::User(record), Secrets::Included) => {
                self.user(*record).map(|user| Record::User(Box::new(user)))
            }
            (SealedRecord::Instance(record), secrets) => self
                .instance(*record, secrets)
                .map(|instance| Record::Instance(Box::new(instance))),
        };
        record.map_err(|source| unreadable(entity, id, source))
    }

    fn user(
        &self,
        record: UserRecord<crate::SealedSecret>,
    ) -> Result<UserRecord<Option<SecretText>>, VaultError> {
        Ok(UserRecord {
            secret: Some(self.vault.reveal(&record.secret)?),
            user: record.user,
            password: record.password,
            former_passwords: record.former_passwords,
            roles: record.roles,
        })
    }

    fn instance(
        &self,
        sealed: SealedInstance,
        secrets: Secrets,
    ) -> Result<InstanceRecord, VaultError> {
        let token = match secrets {
            Secrets::LeftOut => None,
            Secrets::Included => Some(self.vault.reveal(&sealed.token)?),
        };
        let mut configuration = Vec::with_capacity(sealed.configuration.len());
        for entry in sealed.configuration {
            let place = SealedPlace::Configuration {
                instance: sealed.token.digest,
                key: entry.key.as_str().to_owned(),
            };
            configuration.push(self.entry(entry, &place, secrets)?);
        }
        Ok(InstanceRecord {
            id: sealed.id,
            account_id: sealed.account_id,
            user_id: sealed.user_id,
            name: sealed.name,
            element: sealed.element,
            tags: sealed.tags,
            configuration,
            external_authentication: sealed.external_authentication,
            valid: sealed.valid,
            disabled: sealed.disabled,
            token,
            created_at: sealed.created_at,
            updated_at: sealed.updated_at,
            revision: sealed.revision,
        })
    }

    fn entry(
        &self,
        entry: SealedConfiguration,
        place: &SealedPlace,
        secrets: Secrets,
    ) -> Result<ConfigurationRecord, VaultError> {
        let value = match (entry.value, secrets) {
            (ConfigurationValue::Clear(text), _) => Some(text),
            (ConfigurationValue::Sealed(_), Secrets::LeftOut) => None,
            (ConfigurationValue::Sealed(sealed), Secrets::Included) => {
                let clear = self.vault.open(place, &sealed)?;
                let text = String::from_utf8(clear).map_err(|_| VaultError::Altered)?;
                Some(ConfigurationText::parse(text).map_err(|_| VaultError::Altered)?)
            }
        };
        Ok(ConfigurationRecord {
            id: entry.id,
            key: entry.key,
            value,
        })
    }
}

/// Since when there is a password is no use without it.
fn without_secrets(record: UserRecord<crate::SealedSecret>) -> UserRecord<Option<SecretText>> {
    let mut user = record.user;
    user.password = PasswordState::Absent;
    UserRecord {
        user,
        password: None,
        former_passwords: Vec::new(),
        secret: None,
        roles: record.roles,
    }
}

fn unreadable(entity: Entity, id: i64, source: VaultError) -> ExportError {
    ExportError::Vault { entity, id, source }
}

impl fmt::Debug for ExportService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportService").finish_non_exhaustive()
    }
}

/// Why an organization cannot move out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is none of that id.
    #[error("there is no organization {0}")]
    NoSuchOrganization(OrganizationId),
    /// The operator's own: every store has one.
    #[error("the organization {0} is the operator's own, which every store has: it does not move")]
    System(OrganizationId),
    /// Something was sealed with a key that is not at hand, or altered.
    #[error(
        "what is sealed of the {entity} {id} cannot be opened: see `tenantry key list`, or leave secrets out"
    )]
    Vault {
        /// Of what kind it is.
        entity: Entity,
        /// Its number.
        id: i64,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// The store fails.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The target cannot be written.
    #[error("the organization cannot be written out")]
    Target(#[source] BoxError),
}
