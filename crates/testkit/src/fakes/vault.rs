//! A vault without cryptography: what it makes is predictable, and its clear text does not show in what it seals.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_domain::{
    KeyId, ReplyKey, Sealed, SealedPlace, SealedSecret, SecretDigest, SecretText,
    ports::{Issued, IssuedToken, SecretKind, SecretVault, VaultError},
};
use uuid::Uuid;

use super::{fnv1a, mix};

const SENTINEL: &[u8] = b"sentinel";

/// Issues `tu_00000001`, `to_00000002`, `tl_00000003`, …. A secret that ends in `-badsum` counts as one with a wrong checksum.
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

    fn next(&self, prefix: &str) -> SecretText {
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        SecretText::new(format!("{prefix}_{number:08}"))
    }

    /// The checksum is of `place` and `clear`, so that the bytes open nowhere else.
    fn hide(&self, place: &[u8], clear: &[u8]) -> Sealed {
        let mut bytes = checksum(place, clear).to_vec();
        bytes.extend(clear.iter().rev().map(|byte| byte ^ 0x5a));
        Sealed {
            key_id: self.key_id,
            bytes,
        }
    }

    fn show(&self, place: &[u8], sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        if sealed.key_id != self.key_id {
            return Err(VaultError::UnknownKey(sealed.key_id));
        }
        let (found, hidden) = sealed
            .bytes
            .split_first_chunk::<8>()
            .ok_or(VaultError::Altered)?;
        let clear: Vec<u8> = hidden.iter().rev().map(|byte| byte ^ 0x5a).collect();
        if checksum(place, &clear) == *found {
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
        let clear = self.next(prefix);
        let stored = self.adopt(&clear);
        Issued { clear, stored }
    }

    fn issue_token(&self) -> IssuedToken {
        let clear = self.next("tl");
        IssuedToken {
            digest: digest(&clear),
            clear,
        }
    }

    fn adopt(&self, secret: &SecretText) -> SealedSecret {
        let digest = digest(secret);
        SealedSecret {
            digest,
            sealed: self.hide(digest.as_bytes(), secret.expose().as_bytes()),
        }
    }

    fn digest(&self, secret: &SecretText) -> Option<SecretDigest> {
        (!secret.expose().ends_with("-badsum")).then(|| digest(secret))
    }

    fn fingerprint(&self, call: &[u8]) -> SecretDigest {
        SecretDigest::new(mix(call))
    }

    fn reveal(&self, secret: &SealedSecret) -> Result<SecretText, VaultError> {
        let clear = self.show(secret.digest.as_bytes(), &secret.sealed)?;
        let text = String::from_utf8(clear).map_err(|_| VaultError::Altered)?;
        let text = SecretText::new(text);
        if digest(&text) == secret.digest {
            Ok(text)
        } else {
            Err(VaultError::Altered)
        }
    }

    fn seal(&self, place: &SealedPlace, clear: &[u8]) -> Sealed {
        self.hide(&bytes_of(place), clear)
    }

    fn open(&self, place: &SealedPlace, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        self.show(&bytes_of(place), sealed)
    }

    fn current_key(&self) -> KeyId {
        self.key_id
    }

    fn sentinel(&self) -> Sealed {
        self.hide(SENTINEL, SENTINEL)
    }

    fn recognize(&self, sentinel: &Sealed) -> Result<(), VaultError> {
        if self.show(SENTINEL, sentinel)? == SENTINEL {
            Ok(())
        } else {
            Err(VaultError::Altered)
        }
    }
}

fn digest(secret: &SecretText) -> SecretDigest {
    SecretDigest::new(mix(secret.expose().as_bytes()))
}

fn checksum(place: &[u8], clear: &[u8]) -> [u8; 8] {
    let bytes = [&place.len().to_be_bytes(), place, clear].concat();
    fnv1a(&bytes, 0).to_be_bytes()
}

/// A secret is at home wherever its digest is, whoever's it is.
fn bytes_of(place: &SealedPlace) -> Vec<u8> {
    match place {
        SealedPlace::OrganizationSecret(digest)
        | SealedPlace::UserSecret(digest)
        | SealedPlace::InstanceToken(digest) => digest.as_bytes().to_vec(),
        SealedPlace::Configuration { instance, key } => [
            instance.as_bytes().as_slice(),
            b"configuration",
            key.as_bytes(),
        ]
        .concat(),
        SealedPlace::Reply(ReplyKey {
            organization_id,
            user_id,
            key,
        }) => format!("reply {organization_id} {user_id} {key}").into_bytes(),
    }
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
    fn login_tokens_are_numbered_too() {
        let vault = PlainVault::new();
        let token = vault.issue_token();
        assert_eq!(token.clear.expose(), "tl_00000001");
        assert_eq!(vault.digest(&token.clear), Some(token.digest));
    }

    #[test]
    fn what_is_sealed_at_one_place_opens_there_alone() {
        let vault = PlainVault::new();
        let digest = |byte| SecretDigest::new([byte; 32]);
        let configuration = |byte, key: &str| SealedPlace::Configuration {
            instance: digest(byte),
            key: key.to_owned(),
        };
        let reply = |organization, user, key: &str| {
            SealedPlace::Reply(ReplyKey {
                organization_id: tenantry_domain::OrganizationId::new(organization),
                user_id: tenantry_domain::UserId::new(user),
                key: key.to_owned(),
            })
        };
        let places = [
            SealedPlace::UserSecret(digest(1)),
            SealedPlace::UserSecret(digest(2)),
            configuration(1, "password"),
            configuration(1, "token"),
            configuration(2, "password"),
            reply(2, 3, "a"),
            reply(2, 3, "b"),
            reply(2, 4, "a"),
            reply(3, 3, "a"),
        ];
        for place in &places {
            let sealed = vault.seal(place, b"clear");
            assert_eq!(sealed.key_id, vault.current_key());
            for other in &places {
                let opened = vault.open(other, &sealed);
                let expected = if place == other {
                    Ok(b"clear".to_vec())
                } else {
                    Err(VaultError::Altered)
                };
                assert_eq!(opened, expected, "{place:?} {other:?}");
            }
        }
        let issued = vault.issue(SecretKind::User);
        let place = SealedPlace::UserSecret(issued.stored.digest);
        let opened = vault.open(&place, &issued.stored.sealed).unwrap();
        assert_eq!(opened, issued.clear.expose().as_bytes());
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
