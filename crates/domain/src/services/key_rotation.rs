//! Sealing everything anew with the current master key, while the server goes on (decision 003).

use std::sync::Arc;

use super::{AuditChainService, ServiceError};
use crate::{
    KeyId, SealedPlace,
    ports::{KeyringRepository, Resealed, SecretVault, VaultError},
};

/// How many sealed things are read and replaced at a time.
const BATCH: u32 = 500;

/// Seals anew what former master keys sealed.
pub struct KeyRotationService {
    keyring: Arc<dyn KeyringRepository>,
    vault: Arc<dyn SecretVault>,
    chain: AuditChainService,
}

/// How far a rotation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationProgress {
    /// How many sealed things were looked at.
    pub examined: u64,
    /// How many of them were sealed anew.
    pub resealed: u64,
    /// What could not be opened with any key at hand, and stays as it is.
    pub unreadable: Vec<(SealedPlace, VaultError)>,
    /// How many heads of audit chains were signed anew.
    pub signed: u64,
    /// How many heads no key at hand had signed; they stay as they are.
    pub unsigned: u64,
}

impl KeyRotationService {
    /// Over these ports. `vault` has the new key as its current one, and the former ones.
    pub fn new(
        keyring: Arc<dyn KeyringRepository>,
        vault: Arc<dyn SecretVault>,
        chain: AuditChainService,
    ) -> Self {
        Self {
            keyring,
            vault,
            chain,
        }
    }

    /// How many things are sealed in the store, counted no further than `up_to`: how long the rotation will take.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self, up_to: u64) -> Result<u64, ServiceError> {
        Ok(self.keyring.count_sealed(up_to).await?)
    }

    /// Seals everything anew that the current key did not seal, the sentinel last. Interrupted, it is simply run again.
    /// `report` is called after each batch.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn run(
        &self,
        report: &(dyn Fn(&RotationProgress) + Sync),
    ) -> Result<RotationProgress, ServiceError> {
        let mut progress = RotationProgress::default();
        let key = self.vault.current_key();
        self.reseal_all(key, &mut progress, report).await?;
        let mut after = None;
        loop {
            let organizations = self.chain.organizations(after).await?;
            let Some(last) = organizations.last().copied() else {
                break;
            };
            for organization in organizations {
                if self.chain.sign_anew(organization).await? {
                    progress.signed += 1;
                } else {
                    progress.unsigned += 1;
                }
            }
            report(&progress);
            after = Some(last);
        }
        if let Some(old) = self.keyring.sentinel().await?
            && old.key_id != key
        {
            self.vault.recognize(&old)?;
            self.keyring
                .replace_sentinel(&old, &self.vault.sentinel())
                .await?;
        }
        Ok(progress)
    }

    async fn reseal_all(
        &self,
        key: KeyId,
        progress: &mut RotationProgress,
        report: &(dyn Fn(&RotationProgress) + Sync),
    ) -> Result<(), ServiceError> {
        let mut after = None;
        loop {
            let batch = self.keyring.sealed_by_others(key, after, BATCH).await?;
            let mut items = Vec::with_capacity(batch.others.len());
            for (place, old) in batch.others {
                match self.vault.open(&place, &old) {
                    Ok(clear) => {
                        let new = self.vault.seal(&place, &clear);
                        items.push(Resealed { place, old, new });
                    }
                    Err(error) => progress.unreadable.push((place, error)),
                }
            }
            if !items.is_empty() {
                progress.resealed += self.keyring.reseal(&items).await?;
            }
            progress.examined += batch.examined;
            report(progress);
            match batch.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

impl std::fmt::Debug for KeyRotationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRotationService").finish_non_exhaustive()
    }
}
