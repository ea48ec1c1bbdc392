//! Sealing everything anew with the current master key, while the server goes on (decision 003).

use std::{collections::BTreeMap, sync::Arc};

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

/// How much each master key still has in its hands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysInUse {
    /// By key: how many secrets and other sealed things, heads of audit chains and sentinels name it. A key that is not
    /// here is named by nothing, if everything was looked at.
    pub counts: BTreeMap<KeyId, u64>,
    /// How many things were looked at.
    pub examined: u64,
    /// Whether that was everything.
    pub complete: bool,
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

    /// Whether a rotation was begun and not brought to its end: the sentinel, which is sealed anew last, is not the current
    /// key's.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn is_unfinished(&self) -> Result<bool, ServiceError> {
        let sentinel = self.keyring.sentinel().await?;
        Ok(sentinel.is_some_and(|sentinel| sentinel.key_id != self.vault.current_key()))
    }

    /// Which keys the store names, looking at some `up_to` things and then no further. `report` is called after each batch.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn in_use(
        &self,
        up_to: u64,
        report: &(dyn Fn(&KeysInUse) + Sync),
    ) -> Result<KeysInUse, ServiceError> {
        let mut found = KeysInUse::default();
        if let Some(sentinel) = self.keyring.sentinel().await? {
            found.note(sentinel.key_id, 1);
        }
        if self.look_at_heads(up_to, &mut found, report).await? {
            found.complete = self.look_at_sealed(up_to, &mut found, report).await?;
        }
        Ok(found)
    }

    /// Answers whether it came to the end.
    async fn look_at_heads(
        &self,
        up_to: u64,
        found: &mut KeysInUse,
        report: &(dyn Fn(&KeysInUse) + Sync),
    ) -> Result<bool, ServiceError> {
        let mut after = None;
        while found.examined < up_to {
            let organizations = self.chain.organizations(after).await?;
            let Some(last) = organizations.last().copied() else {
                return Ok(true);
            };
            for organization in organizations {
                if let Some(head) = self.chain.head(organization).await? {
                    found.note(head.signature.key_id, 1);
                }
            }
            report(found);
            after = Some(last);
        }
        Ok(false)
    }

    /// Answers whether it came to the end.
    async fn look_at_sealed(
        &self,
        up_to: u64,
        found: &mut KeysInUse,
        report: &(dyn Fn(&KeysInUse) + Sync),
    ) -> Result<bool, ServiceError> {
        let key = self.vault.current_key();
        let mut after = None;
        while found.examined < up_to {
            let batch = self.keyring.sealed_by_others(key, after, BATCH).await?;
            let others = batch.others.len() as u64;
            for (_, sealed) in batch.others {
                found.note(sealed.key_id, 1);
            }
            found.note(key, batch.examined.saturating_sub(others));
            report(found);
            let Some(next) = batch.next else {
                return Ok(true);
            };
            after = Some(next);
        }
        Ok(false)
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

impl KeysInUse {
    /// How many things name `key`.
    pub fn of(&self, key: KeyId) -> u64 {
        self.counts.get(&key).copied().unwrap_or_default()
    }

    fn note(&mut self, key: KeyId, things: u64) {
        self.examined += things;
        if things > 0 {
            *self.counts.entry(key).or_default() += things;
        }
    }
}

impl std::fmt::Debug for KeyRotationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRotationService").finish_non_exhaustive()
    }
}
