//! Sealing everything anew with the current master key, while the server goes on (decision 003).

use std::{collections::BTreeMap, sync::Arc};

use super::{AuditChainService, ServiceError, SignedAnew};
use crate::{
    KeyId, SealedPlace,
    ports::{KeyringRepository, Resealed, SecretVault, VaultError},
};

/// How many sealed things are read and replaced at a time.
const BATCH: u32 = 500;
/// The sentinel is one thing.
const SENTINEL: u64 = 1;

/// Seals anew what former master keys sealed.
pub struct KeyRotationService {
    keyring: Arc<dyn KeyringRepository>,
    vault: Arc<dyn SecretVault>,
    chain: AuditChainService,
}

/// How far one pass of a rotation is. A thing is a secret or something else that is sealed, the head of an audit chain, or
/// the sentinel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationProgress {
    /// How many things were looked at.
    pub examined: u64,
    /// How many of them were sealed or signed anew.
    pub resealed: u64,
    /// How many of those were heads of audit chains.
    pub signed: u64,
    /// What could not be opened with any key at hand, and stays as it is.
    pub unreadable: Vec<(SealedPlace, VaultError)>,
    /// How many heads no key at hand had signed; they stay as they are.
    pub unsigned: u64,
    /// Whether the rotation came to its end: everything names the current key.
    pub finished: bool,
}

/// How much each master key still has in its hands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysInUse {
    /// By key: how many things name it, as [`RotationProgress`] counts them. A key that is not here is named by nothing, if
    /// everything was looked at.
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

    /// About how many things there are: how long a pass will take. Every organization counts as a head, which it has a
    /// moment after it was created.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<u64, ServiceError> {
        let mut things = self.keyring.count_sealed(u64::MAX).await?;
        let mut after = None;
        loop {
            let organizations = self.chain.organizations(after).await?;
            let Some(last) = organizations.last().copied() else {
                return Ok(things + SENTINEL);
            };
            things += organizations.len() as u64;
            after = Some(last);
        }
    }

    /// Looks at everything once, and seals and signs anew what the current key did not. Servers that have not read the keys
    /// again leave work behind any pass, so the sentinel, which says that the rotation came to its end, is replaced by a
    /// pass alone that finds nothing else to do and nothing that it cannot do. Until then, it is simply run again.
    /// `report` is called after each batch.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn pass(
        &self,
        report: &(dyn Fn(&RotationProgress) + Sync),
    ) -> Result<RotationProgress, ServiceError> {
        let mut progress = RotationProgress::default();
        let found = self.reseal_all(&mut progress, report).await?;
        self.sign_all(&mut progress, report).await?;
        if found == 0 && progress.signed == 0 && progress.unsigned == 0 {
            self.finish(&mut progress).await?;
        }
        progress.examined += SENTINEL;
        report(&progress);
        Ok(progress)
    }

    /// Whether a rotation was begun and did not come to its end: the sentinel, which is replaced last, is not the current
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
            found.note(sentinel.key_id, SENTINEL);
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

    /// Answers how many things the current key had not sealed. Not all of them were sealed anew: some cannot be opened, and
    /// some were replaced by somebody else meanwhile, perhaps with a former key again.
    async fn reseal_all(
        &self,
        progress: &mut RotationProgress,
        report: &(dyn Fn(&RotationProgress) + Sync),
    ) -> Result<u64, ServiceError> {
        let key = self.vault.current_key();
        let mut found = 0;
        let mut after = None;
        loop {
            let batch = self.keyring.sealed_by_others(key, after, BATCH).await?;
            found += batch.others.len() as u64;
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
                None => return Ok(found),
            }
        }
    }

    async fn sign_all(
        &self,
        progress: &mut RotationProgress,
        report: &(dyn Fn(&RotationProgress) + Sync),
    ) -> Result<(), ServiceError> {
        let mut after = None;
        loop {
            let organizations = self.chain.organizations(after).await?;
            let Some(last) = organizations.last().copied() else {
                return Ok(());
            };
            for organization in organizations {
                progress.note(self.chain.sign_anew(organization).await?);
            }
            report(progress);
            after = Some(last);
        }
    }

    async fn finish(&self, progress: &mut RotationProgress) -> Result<(), ServiceError> {
        if let Some(old) = self.keyring.sentinel().await?
            && old.key_id != self.vault.current_key()
        {
            self.vault.recognize(&old)?;
            let new = self.vault.sentinel();
            if self.keyring.replace_sentinel(&old, &new).await? {
                progress.resealed += SENTINEL;
            }
        }
        // Somebody else may have replaced it in between, with this key or another one.
        progress.finished = !self.is_unfinished().await?;
        Ok(())
    }
}

impl RotationProgress {
    /// Whether something stays as it is, however often the rotation is run, as long as no key comes back.
    pub fn is_stuck(&self) -> bool {
        !self.unreadable.is_empty() || self.unsigned > 0
    }

    fn note(&mut self, head: SignedAnew) {
        match head {
            SignedAnew::NoHead => return,
            SignedAnew::Already => {}
            SignedAnew::Done => {
                self.resealed += 1;
                self.signed += 1;
            }
            SignedAnew::Foreign => self.unsigned += 1,
        }
        self.examined += 1;
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
