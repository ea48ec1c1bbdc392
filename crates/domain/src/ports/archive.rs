//! Where an organization moves out to, and what seals its secrets on the way.

use async_trait::async_trait;

use super::{BoxError, VaultError};
use crate::{
    SecretText,
    transfer::{OrganizationRecord, Record},
};

/// What an organization moves out to, such as a file. Written once, from its beginning to its end; without its end it is
/// known to be torn off.
#[async_trait]
pub trait TransferTarget: Send {
    /// The organization itself. Comes first, and once.
    ///
    /// # Errors
    /// If it cannot be written.
    async fn begin(
        &mut self,
        organization: &OrganizationRecord<Option<SecretText>>,
    ) -> Result<(), BoxError>;

    /// The next records: accounts first, then elements, users and instances, each by number.
    ///
    /// # Errors
    /// If they cannot be written.
    async fn write(&mut self, records: &[Record]) -> Result<(), BoxError>;

    /// Nothing follows.
    ///
    /// # Errors
    /// If the end cannot be written.
    async fn finish(&mut self) -> Result<(), BoxError>;
}

/// Seals what is secret in an archive with a key from a passphrase: the same content at the same place gives the same bytes,
/// and whoever has not the passphrase learns no more of it than how long it is.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait ArchiveSeal: Send + Sync {
    /// What everybody may know, and whoever opens the archive has to. Stands in its first line.
    fn parameters(&self) -> SealParameters;

    /// Seals `clear`, so that it opens only at `place`.
    fn seal(&self, place: &[u8], clear: &[u8]) -> Vec<u8>;

    /// What was sealed at `place`.
    ///
    /// # Errors
    /// [`VaultError::Altered`] if the bytes were altered, or belong elsewhere.
    fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError>;
}

/// How the key of an archive is made from its passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealParameters {
    /// Memory of Argon2id, in KiB.
    pub memory_kib: u32,
    /// How often Argon2id goes through it.
    pub passes: u32,
    /// Of the organization: the same in each of its archives, so that they can be compared.
    pub salt: [u8; 16],
    /// By this a wrong passphrase is recognized. Made from the key, which it does not tell.
    pub check: [u8; 16],
}
