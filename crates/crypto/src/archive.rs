//! [`PassphraseSeal`]: the port [`ArchiveSeal`] with a key from a passphrase. Which bytes mean what is decided here and recorded
//! in `docs/decisions/014-archive.md`. It must not know what an archive looks like.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tenantry_domain::{
    OrganizationId, Password,
    ports::{ArchiveSeal, SealParameters, VaultError},
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Seals archives of one organization under one passphrase.
///
/// The nonce of what is sealed is made from its content and place, so the same organization gives the same bytes again, and
/// no nonce is ever used for two contents.
pub struct PassphraseSeal {
    parameters: SealParameters,
    cipher: XChaCha20Poly1305,
    nonces: Zeroizing<[u8; 32]>,
}

impl PassphraseSeal {
    /// A seal for archives of this organization. Takes a core for some 0.2 seconds, and 64 MiB for that time.
    ///
    /// # Errors
    /// [`PassphraseError::Failed`] if there is no memory for it.
    pub fn new(
        passphrase: &Password,
        organization: OrganizationId,
        created_at: OffsetDateTime,
    ) -> Result<Self, PassphraseError> {
        let digest = Sha256::new()
            .chain_update(SALT_LABEL)
            .chain_update(organization.get().to_be_bytes())
            .chain_update(created_at.unix_timestamp_nanos().to_be_bytes())
            .finalize();
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[..16]);
        Self::derive(passphrase, MEMORY_KIB, PASSES, salt)
    }

    /// The seal with which an archive was made.
    ///
    /// # Errors
    /// [`PassphraseError::Wrong`] if it was made with another passphrase, [`PassphraseError::Excessive`] if making the key
    /// could take the machine down.
    pub fn reopen(
        passphrase: &Password,
        parameters: &SealParameters,
    ) -> Result<Self, PassphraseError> {
        let (memory, passes) = (parameters.memory_kib, parameters.passes);
        if memory > MOST_MEMORY_KIB || passes > MOST_PASSES {
            return Err(PassphraseError::Excessive {
                memory_kib: memory,
                passes,
            });
        }
        let seal = Self::derive(passphrase, memory, passes, parameters.salt)?;
        if bool::from(seal.parameters.check.ct_eq(&parameters.check)) {
            Ok(seal)
        } else {
            Err(PassphraseError::Wrong)
        }
    }

    fn derive(
        passphrase: &Password,
        memory_kib: u32,
        passes: u32,
        salt: [u8; 16],
    ) -> Result<Self, PassphraseError> {
        let failed = |error: argon2::Error| PassphraseError::Failed(error.to_string());
        let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(failed)?;
        let mut root = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), &salt, &mut root[..])
            .map_err(failed)?;
        let mut check = [0; 16];
        check.copy_from_slice(&part(&root, CHECK_INFO)[..16]);
        Ok(Self {
            parameters: SealParameters {
                memory_kib,
                passes,
                salt,
                check,
            },
            cipher: XChaCha20Poly1305::new((&*part(&root, SEAL_INFO)).into()),
            nonces: part(&root, NONCE_INFO),
        })
    }

    fn nonce(&self, bound: &[u8], clear: &[u8]) -> [u8; NONCE] {
        let Ok(code) = Hmac::<Sha256>::new_from_slice(&self.nonces[..]) else {
            unreachable!("HMAC takes keys of any length");
        };
        let code = code
            .chain_update((bound.len() as u64).to_be_bytes())
            .chain_update(bound)
            .chain_update(clear)
            .finalize()
            .into_bytes();
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&code[..NONCE]);
        nonce
    }
}

impl ArchiveSeal for PassphraseSeal {
    fn parameters(&self) -> SealParameters {
        self.parameters.clone()
    }

    fn seal(&self, place: &[u8], clear: &[u8]) -> Vec<u8> {
        let aad = [LABEL, place].concat();
        let nonce = self.nonce(&aad, clear);
        let payload = Payload {
            msg: clear,
            aad: &aad,
        };
        let Ok(ciphertext) = self.cipher.encrypt(&XNonce::from(nonce), payload) else {
            unreachable!("XChaCha20-Poly1305 takes up to 256 GiB");
        };
        [&nonce[..], &ciphertext].concat()
    }

    fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, ciphertext) = sealed
            .split_first_chunk::<NONCE>()
            .ok_or(VaultError::Altered)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &[LABEL, place].concat(),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| VaultError::Altered)
    }
}

/// Shows what stands in the archive anyway.
impl fmt::Debug for PassphraseSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassphraseSeal")
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// Why there is no seal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// The archive was made with another passphrase.
    #[error("the passphrase is not the one with which the archive was made")]
    Wrong,
    /// Whoever made the archive wants too much of this machine.
    #[error(
        "the archive demands {memory_kib} KiB of memory and {passes} passes for its key, where {MOST_MEMORY_KIB} and {MOST_PASSES} \
         are the most"
    )]
    Excessive {
        /// Memory, in KiB.
        memory_kib: u32,
        /// Passes over it.
        passes: u32,
    },
    /// The key could not be made.
    #[error("the key of the archive cannot be made: {0}")]
    Failed(String),
}

/// One of the keys that the passphrase gives.
fn part(root: &[u8; 32], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    let Ok(()) = Hkdf::<Sha256>::new(None, root).expand(info, &mut derived[..]) else {
        unreachable!("HKDF-SHA256 gives up to 8160 bytes");
    };
    derived
}

/// What new archives take: more than a login, because whoever has the file guesses as fast as machines allow.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// What an archive may demand, whoever made it.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;
const NONCE: usize = 24;

// Archives depend on every byte below: new values need a new version beside the old one.
const SALT_LABEL: &[u8] = b"tenantry/archive-salt/v1\0";
const LABEL: &[u8] = b"tenantry/archive/v1\0";
const SEAL_INFO: &[u8] = b"tenantry/archive-seal/v1";
const NONCE_INFO: &[u8] = b"tenantry/archive-nonce/v1";
const CHECK_INFO: &[u8] = b"tenantry/archive-check/v1";

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Weak, so that tests are quick.
    fn weak(passphrase: &str) -> PassphraseSeal {
        PassphraseSeal::derive(&Password::new(passphrase), 64, 1, [7; 16]).unwrap()
    }

    #[test]
    fn the_same_gives_the_same_bytes_and_nothing_else_does() {
        let seal = weak("correct horse");
        let sealed = seal.seal(b"user 1", b"s3cret");
        assert_eq!(weak("correct horse").seal(b"user 1", b"s3cret"), sealed);
        assert_eq!(sealed.len(), 24 + 6 + 16);
        // Neither the nonce nor the rest tells that two contents are the same, or begin alike.
        for other in [
            seal.seal(b"user 2", b"s3cret"),
            seal.seal(b"user 1", b"s3creT"),
            weak("other").seal(b"user 1", b"s3cret"),
        ] {
            assert_ne!(sealed[..24], other[..24]);
            assert_ne!(sealed[24..], other[24..]);
        }
    }

    #[test]
    fn what_was_altered_or_moved_does_not_open() {
        let seal = weak("correct horse");
        let sealed = seal.seal(b"user 1", b"s3cret");
        assert_eq!(seal.open(b"user 1", &sealed), Ok(b"s3cret".to_vec()));
        assert_eq!(seal.open(b"user 2", &sealed), Err(VaultError::Altered));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(seal.open(b"user 1", &altered), Err(VaultError::Altered));
            assert_eq!(
                seal.open(b"user 1", &sealed[..at]),
                Err(VaultError::Altered)
            );
        }
    }

    #[test]
    fn a_wrong_passphrase_is_recognized() {
        let parameters = weak("correct horse").parameters();
        let reopen = |passphrase| PassphraseSeal::reopen(&Password::new(passphrase), &parameters);
        assert_eq!(reopen("correct horse").unwrap().parameters(), parameters);
        assert_eq!(reopen("correct horsE").unwrap_err(), PassphraseError::Wrong);
    }

    #[test]
    fn nobody_makes_this_machine_work_for_ever() {
        let parameters = SealParameters {
            memory_kib: u32::MAX,
            ..weak("x").parameters()
        };
        assert_eq!(
            PassphraseSeal::reopen(&Password::new("x"), &parameters)
                .unwrap_err()
                .to_string(),
            "the archive demands 4294967295 KiB of memory and 1 passes for its key, where 1048576 and 16 are the most"
        );
        let parameters = SealParameters {
            memory_kib: 0,
            ..weak("x").parameters()
        };
        assert!(matches!(
            PassphraseSeal::reopen(&Password::new("x"), &parameters),
            Err(PassphraseError::Failed(_))
        ));
    }

    /// Archives that were written must open for ever: computed by another implementation.
    #[test]
    fn the_salt_is_of_the_organization() {
        let passphrase = Password::new("correct horse");
        let created = datetime!(2026-01-02 03:04:05.678_901 UTC);
        let seal = PassphraseSeal::new(&passphrase, OrganizationId::new(2), created).unwrap();
        let SealParameters {
            memory_kib,
            passes,
            salt,
            check,
        } = seal.parameters();
        assert_eq!((memory_kib, passes), (65_536, 3));
        assert_eq!(hex(&salt), "0947b7fdc044b3b00702dba09490e586");
        assert_eq!(hex(&check), "3fbc8e56b32fdaee3f36019aa2c70e50");
        assert_eq!(
            hex(&seal.seal(b"place", b"clear")),
            "afd6db73f15d89269e57fb08d19fe2b4e4d33b71edb9cc3a304225fab40879e91366b5a7c2707112e2b420bf60"
        );
    }

    fn hex(bytes: &[u8]) -> String {
        use fmt::Write as _;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }
}
