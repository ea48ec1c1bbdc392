//! Secrets: made, digested for look-up, sealed at rest, revealed to their owner.

use crate::{KeyId, Sealed, SealedPlace, SealedSecret, SecretDigest, SecretText};

/// A new login token: in clear for its owner, once, and what the store finds it by. Nobody can reveal it again.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// In clear: `tl_…`
    pub clear: SecretText,
    /// What it is found by.
    pub digest: SecretDigest,
}

/// Whose secret it is. New ones carry it in their first letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// `tu_…`
    User,
    /// `to_…`
    Organization,
    /// `ti_…`
    Instance,
}

/// A new secret: in clear for its owner, once, and as the store keeps it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// In clear.
    pub clear: SecretText,
    /// As the store keeps it.
    pub stored: SealedSecret,
}

/// Makes, digests, seals and reveals secrets. Holds the master keys; the store never sees them.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait SecretVault: Send + Sync {
    /// A new random secret.
    fn issue(&self, kind: SecretKind) -> Issued;

    /// A new random login token.
    fn issue_token(&self) -> IssuedToken;

    /// A secret that somebody brings along, as the store keeps it.
    fn adopt(&self, secret: &SecretText) -> SealedSecret;

    /// What a presented secret is looked up by; `None` if its checksum shows that it cannot exist.
    fn digest(&self, secret: &SecretText) -> Option<SecretDigest>;

    /// The secret in clear again.
    ///
    /// # Errors
    /// If the key is unknown, or the bytes were altered.
    fn reveal(&self, secret: &SealedSecret) -> Result<SecretText, VaultError>;

    /// Seals `clear` with the current master key, so that it opens only at `place`.
    fn seal(&self, place: &SealedPlace, clear: &[u8]) -> Sealed;

    /// What was sealed at `place`. A secret is sealed as its text.
    ///
    /// # Errors
    /// If the key is unknown, or the bytes were altered or belong elsewhere.
    fn open(&self, place: &SealedPlace, sealed: &Sealed) -> Result<Vec<u8>, VaultError>;

    /// Tells `call` from other calls, to whoever keeps it beside the reply. Made with the current master key: a call may
    /// hold a password, and a plain digest of one could be guessed.
    fn fingerprint(&self, call: &[u8]) -> SecretDigest;

    /// The master key that seals.
    fn current_key(&self) -> KeyId;

    /// Something only the holder of the current master key can have made; kept in the store to recognize a wrong key.
    fn sentinel(&self) -> Sealed;

    /// Whether `sentinel` was made with one of this vault's keys.
    ///
    /// # Errors
    /// [`VaultError::UnknownKey`] or [`VaultError::Altered`] if not.
    fn recognize(&self, sentinel: &Sealed) -> Result<(), VaultError>;
}

/// Why something sealed could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Sealed with a key that is not at hand.
    #[error("sealed with the key {0}, which is not at hand")]
    UnknownKey(KeyId),
    /// The key fits by name, but the bytes do not: altered, moved to another row, or another key of the same name.
    #[error("sealed bytes do not open with the key that they name")]
    Altered,
}
