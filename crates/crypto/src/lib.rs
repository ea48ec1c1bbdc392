//! Passwords, secrets and keys: the ports [`PasswordHasher`], [`PasswordTurns`], [`SecretVault`], [`ChainSeal`] and
//! [`ArchiveSeal`], and the master keys they need.
//!
//! This crate decides how things are hashed, digested and sealed, and with which parameters. It must not know who asks, what
//! a policy demands of a password, or where a store keeps the results. It is also the one place that draws randomness.
//!
//! ```
//! use tenantry_crypto::{Keyring, MasterKey, Vault};
//! use tenantry_domain::ports::{SecretKind, SecretVault};
//!
//! let vault = Vault::new(&Keyring::new(MasterKey::generate()));
//! let issued = vault.issue(SecretKind::User);
//! assert!(issued.clear.expose().starts_with("tu_"));
//! assert_eq!(vault.digest(&issued.clear), Some(issued.stored.digest));
//! assert_eq!(vault.reveal(&issued.stored), Ok(issued.clear));
//! ```
//!
//! [`ArchiveSeal`]: tenantry_domain::ports::ArchiveSeal
//! [`ChainSeal`]: tenantry_domain::ports::ChainSeal
//! [`PasswordHasher`]: tenantry_domain::ports::PasswordHasher
//! [`PasswordTurns`]: tenantry_domain::ports::PasswordTurns
//! [`SecretVault`]: tenantry_domain::ports::SecretVault
#![warn(missing_docs)]

mod archive;
mod base62;
mod crc32;
mod hasher;
mod key_file;
mod keyring;
mod master_key;
mod random;
mod turns;
mod vault;

pub use archive::{PassphraseError, PassphraseSeal};
pub use hasher::{Argon2Hasher, Family, HasherConfig, RefusedHash};
pub use keyring::{DuplicateKey, Keyring};
pub use master_key::{MalformedKey, MalformedKeyring, MasterKey, MasterKeyError};
pub use turns::TurnsByEmail;
pub use vault::{ReloadError, ReloadingVault, Vault};
