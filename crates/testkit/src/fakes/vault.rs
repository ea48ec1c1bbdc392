//! A vault without cryptography: what it makes is predictable, and its clear text does not show in what it seals.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_domain::{
    KeyId, Sealed, SealedSecret, SecretDigest, SecretText,
    ports::{Issued, SecretKind, SecretVault, VaultError},
};
use uuid::Uuid;

const SENTINEL: &[u8] = b"sentinel";

/// Issues `tu_00000001`, `to_00000002`, …. A secret that ends in `-badsum` counts as one with a wrong checksum.
#[derive(Debug)]
pub struct PlainVault {
    key_id: KeyId,
    issued: AtomicU64,
}

impl PlainVault {
    /// A vault with the key number 1.
    pub const fn new() -> Self {
        Self::with_key(1)
    }

    /// A vault with the key of this number: it cannot open what another key sealed.
    pub const fn with_key(number: u128) -> Self {
        Self {
            key_id: KeyId(Uuid::from_u128(number)),
            issued: AtomicU64::new(0),
        }
    }

    fn seal(&self, clear: &[u8]) -> Sealed {
        let mut bytes = fnv1a(clear, 0).to_be_bytes().to_vec();
        bytes.extend(clear.iter().rev().map(|byte| byte ^ 0x5a));
        Sealed {
            key_id: self.key_id,
            bytes,
        }
    }

    fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        if sealed.key_id != self.key_id {
            return Err(VaultError::UnknownKey(sealed.key_id));
        }
        let (checksum, hidden) = sealed
            .bytes
            .split_first_chunk::<8>()
            .ok_or(VaultError::Altered)?;
        let clear: Vec<u8> = hidden.iter().rev().map(|byte| byte ^ 0x5a).collect();
        if fnv1a(&clear, 0).to_be_bytes() == *checksum {
            Ok(clear)
        } else {
            Err(VaultError::Altered)
        }
    }
}

impl Default for PlainVault {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretVault for PlainVault {
    fn issue(&self, kind: SecretKind) -> Issued {
        let prefix = match kind {
            SecretKind::User => "tu",
            SecretKind::Organization => "to",
            SecretKind::Instance => "ti",
        };
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        let clear = SecretText::new(format!("{prefix}_{number:08}"));
        let stored = self.adopt(&clear);
        Issued { clear, stored }
    }

    fn adopt(&self, secret: &SecretText) -> SealedSecret {
        SealedSecret {
            digest: digest(secret),
            sealed: self.seal(secret.expose().as_bytes()),
        }
    }

    fn digest(&self, secret: &SecretText) -> Option<SecretDigest> {
        (!secret.expose().ends_with("-badsum")).then(|| digest(secret))
    }

    fn reveal(&self, secret: &SealedSecret) -> Result<SecretText, VaultError> {
        let text =
            String::from_utf8(self.open(&secret.sealed)?).map_err(|_| VaultError::Altered)?;
        let text = SecretText::new(text);
        if digest(&text) == secret.digest {
            Ok(text)
        } else {
            Err(VaultError::Altered)
        }
    }

    fn sentinel(&self) -> Sealed {
        self.seal(SENTINEL)
    }

    fn recognize(&self, sentinel: &Sealed) -> Result<(), VaultError> {
        if self.open(sentinel)? == SENTINEL {
            Ok(())
        } else {
            Err(VaultError::Altered)
        }
    }
}

fn digest(secret: &SecretText) -> SecretDigest {
    let mut bytes = [0; 32];
    for (lane, chunk) in (1u8..).zip(bytes.chunks_exact_mut(8)) {
        chunk.copy_from_slice(&fnv1a(secret.expose().as_bytes(), lane).to_be_bytes());
    }
    SecretDigest::new(bytes)
}

/// FNV-1a of `lane` and `bytes`: enough to tell the few secrets of a test apart.
fn fnv1a(bytes: &[u8], lane: u8) -> u64 {
    std::iter::once(&lane)
        .chain(bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_numbered_found_and_revealed() {
        let vault = PlainVault::new();
        let first = vault.issue(SecretKind::User);
        let second = vault.issue(SecretKind::Organization);
        assert_eq!(first.clear.expose(), "tu_00000001");
        assert_eq!(second.clear.expose(), "to_00000002");
        assert_eq!(vault.digest(&first.clear), Some(first.stored.digest));
        assert_ne!(first.stored.digest, second.stored.digest);
        assert_eq!(vault.reveal(&first.stored), Ok(first.clear));
        assert_eq!(vault.digest(&SecretText::new("tu_1-badsum")), None);
    }

    #[test]
    fn sealed_bytes_hide_the_text_and_show_alterations() {
        let vault = PlainVault::new();
        let text = SecretText::new("tu_palindrome");
        let mut stored = vault.adopt(&text);
        let clear = text.expose().as_bytes();
        assert!(
            !stored
                .sealed
                .bytes
                .windows(clear.len())
                .any(|part| part == clear)
        );
        stored.sealed.bytes[9] ^= 1;
        assert_eq!(vault.reveal(&stored), Err(VaultError::Altered));

        let moved = SealedSecret {
            sealed: vault.adopt(&SecretText::new("tu_other")).sealed,
            ..vault.adopt(&text)
        };
        assert_eq!(vault.reveal(&moved), Err(VaultError::Altered));
    }

    #[test]
    fn another_key_is_recognized_as_such() {
        let vault = PlainVault::with_key(7);
        assert_eq!(vault.recognize(&vault.sentinel()), Ok(()));
        let other = PlainVault::with_key(8);
        let unknown = VaultError::UnknownKey(KeyId(Uuid::from_u128(7)));
        assert_eq!(other.recognize(&vault.sentinel()), Err(unknown));
        assert_eq!(
            other.reveal(&vault.adopt(&SecretText::new("x"))),
            Err(unknown)
        );
    }
}
