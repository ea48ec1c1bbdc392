//! [`ReloadingVault`]: a [`Vault`] that reads its keys again while the server runs, so that they can be rotated under it. It
//! must not know where the keys come from.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tenantry_domain::{
    ChainSignature, KeyId, OrganizationId, Sealed, SealedPlace, SealedSecret, SecretDigest,
    SecretText,
    ports::{ChainSeal, Clock, Issued, IssuedToken, SecretKind, SecretVault, VaultError},
};
use time::{Duration, OffsetDateTime};

use super::{Vault, chain, digest, issue_token};
use crate::{Keyring, MasterKeyError};

/// A vault that reads its keys again when [asked](Self::reload), and when something names a key that it does not have, which
/// is how it learns that another process has rotated them.
pub struct ReloadingVault {
    present: RwLock<Arc<Vault>>,
    read: Box<dyn Fn() -> Result<Keyring, MasterKeyError> + Send + Sync>,
    clock: Arc<dyn Clock>,
    /// When the keys were last read again; locked while they are.
    last: Mutex<Option<OffsetDateTime>>,
}

impl ReloadingVault {
    /// A vault of the keys of `keyring`, which `read` reads again. It is called on whichever thread needs a key, and has to
    /// be as quick as reading a small file.
    pub fn new(
        keyring: &Keyring,
        read: impl Fn() -> Result<Keyring, MasterKeyError> + Send + Sync + 'static,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            present: RwLock::new(Arc::new(Vault::new(keyring))),
            read: Box::new(read),
            clock,
            last: Mutex::new(None),
        }
    }

    /// Reads the keys again, seals with the current one from now on, and answers whether they were others before.
    ///
    /// # Errors
    /// If they cannot be read, or the key that seals now is not among them. The vault goes on with those it has.
    pub fn reload(&self) -> Result<bool, ReloadError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload_once(&mut last)
    }

    fn reload_once(&self, last: &mut Option<OffsetDateTime>) -> Result<bool, ReloadError> {
        *last = Some(self.clock.now());
        let next = Vault::new(&(self.read)()?);
        let present = self.present();
        // More than the same name: the same key.
        if next.recognize(&present.sentinel()).is_err() {
            return Err(ReloadError::Lost(present.current_key()));
        }
        let changed = !next.key_ids().eq(present.key_ids());
        if changed {
            let mut cell = self.present.write().unwrap_or_else(PoisonError::into_inner);
            *cell = Arc::new(next);
        }
        Ok(changed)
    }

    fn present(&self) -> Arc<Vault> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A vault that has `key`, if there is one.
    fn with(&self, key: KeyId) -> Arc<Vault> {
        let present = self.present();
        if present.has(key) {
            return present;
        }
        // Whoever waits here for another thread's reading finds its result.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.present();
        if present.has(key) || !self.is_due(*last) {
            return present;
        }
        // Failed or not, the answer is what the keys at hand say; who calls `reload` learns what is wrong with the others.
        let _ = self.reload_once(&mut last);
        self.present()
    }

    /// A damaged store may name keys that never were; that must not make every request read a file.
    fn is_due(&self, last: Option<OffsetDateTime>) -> bool {
        last.is_none_or(|last| {
            let ago = self.clock.now() - last;
            // A clock that was set back must not stop it for as long.
            ago >= PAUSE || ago.is_negative()
        })
    }
}

impl SecretVault for ReloadingVault {
    fn issue(&self, kind: SecretKind) -> Issued {
        self.present().issue(kind)
    }

    fn issue_token(&self) -> IssuedToken {
        issue_token()
    }

    fn adopt(&self, secret: &SecretText) -> SealedSecret {
        self.present().adopt(secret)
    }

    /// Needs no key, and is asked with every request: no lock either.
    fn digest(&self, secret: &SecretText) -> Option<SecretDigest> {
        digest(secret)
    }

    fn reveal(&self, secret: &SealedSecret) -> Result<SecretText, VaultError> {
        self.with(secret.sealed.key_id).reveal(secret)
    }

    fn seal(&self, place: &SealedPlace, clear: &[u8]) -> Sealed {
        self.present().seal(place, clear)
    }

    fn open(&self, place: &SealedPlace, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        self.with(sealed.key_id).open(place, sealed)
    }

    fn fingerprint(&self, call: &[u8]) -> SecretDigest {
        self.present().fingerprint(call)
    }

    fn current_key(&self) -> KeyId {
        self.present().current_key()
    }

    fn sentinel(&self) -> Sealed {
        self.present().sentinel()
    }

    fn recognize(&self, sentinel: &Sealed) -> Result<(), VaultError> {
        self.with(sentinel.key_id).recognize(sentinel)
    }
}

impl ChainSeal for ReloadingVault {
    fn link(&self, previous: &[u8; 32], record: &[u8]) -> [u8; 32] {
        chain::link(previous, record)
    }

    fn sign(&self, organization: OrganizationId, head: &[u8]) -> ChainSignature {
        self.present().sign(organization, head)
    }

    fn is_signed(
        &self,
        organization: OrganizationId,
        head: &[u8],
        signature: &ChainSignature,
    ) -> bool {
        self.with(signature.key_id)
            .is_signed(organization, head, signature)
    }
}

/// Shows which keys are at hand, and nothing of them.
impl fmt::Debug for ReloadingVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloadingVault")
            .field("present", &self.present())
            .finish_non_exhaustive()
    }
}

/// Why keys were not read again.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// There are none.
    #[error(transparent)]
    Unreadable(#[from] MasterKeyError),
    /// There are others, which would not open what this process has just sealed.
    #[error(
        "the key {0}, which this process seals with, is not among the master keys any more; put it back: what was sealed with \
         it opens with no other"
    )]
    Lost(KeyId),
}

/// Between two readings that nobody asked for.
const PAUSE: Duration = Duration::SECOND;
