//! Secrets, passwords and their stored forms: types that cannot be printed by accident.

use std::fmt;

use uuid::Uuid;

use crate::{OrganizationId, UserId};

macro_rules! hidden {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// `Debug` shows a placeholder; there is no `Display`.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes the text in.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Hands the text out, to be hashed, compared, stored or sent to its owner, never to be logged.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(********)"))
            }
        }
    )*};
}

hidden! {
    /// A password as somebody typed it.
    Password;
    /// A secret that authenticates a user, an organization or an instance, in clear.
    SecretText;
    /// A password hash in PHC string format (`$argon2id$…`), an imported family's own text form, or the text that stands for a
    /// password [held elsewhere](PasswordHash::held_elsewhere).
    PasswordHash;
}

impl SecretText {
    /// Fewest characters of a secret that was made elsewhere: with fewer, somebody guesses it.
    pub const MIN_LENGTH: usize = 16;
    /// Most bytes of such a secret.
    pub const MAX_BYTES: usize = 255;

    /// A secret that another platform made, and that goes on to authenticate here.
    ///
    /// # Errors
    /// If it is easily guessed, stands for one that is not shown, or fits into no `Authorization` header. What is wrong stands
    /// behind the name of a field.
    pub fn made_elsewhere(text: impl Into<String>) -> Result<Self, UnfitSecret> {
        let text = text.into();
        if text.chars().count() < Self::MIN_LENGTH || text.chars().all(|c| c == '*') {
            return Err(UnfitSecret::Guessable);
        }
        let breaks = |c: char| c.is_whitespace() || c.is_control() || c == ',';
        if text.len() > Self::MAX_BYTES || text.chars().any(breaks) {
            return Err(UnfitSecret::NoHeader);
        }
        Ok(Self(text))
    }
}

/// Why a secret that was made elsewhere is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitSecret {
    /// Too short, or stars alone.
    #[error(
        "must have at least {} characters, and not only stars: it could be guessed",
        SecretText::MIN_LENGTH
    )]
    Guessable,
    /// Too long, or with a character that separates.
    #[error(
        "must have at most {} bytes, and no blank or comma: no Authorization header could hold it",
        SecretText::MAX_BYTES
    )]
    NoHeader,
}

impl PasswordHash {
    const ELSEWHERE: &str = "$elsewhere$";

    /// Stands for the hash of a password that is held elsewhere: on a platform that its user came from, and that hands out
    /// no hashes. No password matches it here.
    pub fn held_elsewhere() -> Self {
        Self::new(Self::ELSEWHERE)
    }

    /// Whether it is [`held_elsewhere`](Self::held_elsewhere).
    pub fn is_held_elsewhere(&self) -> bool {
        self.0 == Self::ELSEWHERE
    }
}

/// What a secret is looked up by: its digest. It does not reveal the secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Hidden too: a digest in a log would tell two users of one secret apart from others.
impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(********)")
    }
}

/// Names the master key that something was sealed with, so that keys can be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub Uuid);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something encrypted and authenticated, readable only with the master key of that id.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key opens it.
    pub key_id: KeyId,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// What something sealed belongs to. It opens only there, so that nobody who can write to a store, but has no key, can move
/// what somebody else's row holds into the own one and have it revealed (decision 003).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealedPlace {
    /// The secret of an organization, with this digest.
    OrganizationSecret(SecretDigest),
    /// The secret of a user, with this digest.
    UserSecret(SecretDigest),
    /// The token of an instance, with this digest.
    InstanceToken(SecretDigest),
    /// The value of a configuration entry of an instance.
    Configuration {
        /// The digest of the instance's token.
        instance: SecretDigest,
        /// The entry's key.
        key: String,
    },
    /// A reply that is kept to be sent again.
    Reply(ReplyKey),
}

/// Names a reply that is kept to be sent again (contract, section 3, `Idempotency-Key`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyKey {
    /// The caller's organization.
    pub organization_id: OrganizationId,
    /// The caller.
    pub user_id: UserId,
    /// What the caller named it.
    pub key: String,
}

/// A secret as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// What it is found by.
    pub digest: SecretDigest,
    /// What it is revealed from.
    pub sealed: Sealed,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is stored, so it must stay as it is.
    #[test]
    fn what_stands_for_a_password_held_elsewhere_is_known() {
        let marker = PasswordHash::held_elsewhere();
        assert_eq!(marker.expose(), "$elsewhere$");
        assert!(marker.is_held_elsewhere());
        for other in ["", "$elsewhere", "$elsewhere$$", "$argon2id$x"] {
            assert!(!PasswordHash::new(other).is_held_elsewhere(), "{other}");
        }
    }

    #[test]
    fn a_secret_of_elsewhere_cannot_be_guessed_and_fits_into_a_header() {
        for (text, expected) in [
            ("w3Y2kOWmvLWkpNZ0", None),
            ("ö3Y2kOWmvLWkpNZ0", None),
            ("", Some(UnfitSecret::Guessable)),
            ("w3Y2kOWmvLWkpNZ", Some(UnfitSecret::Guessable)),
            ("********************", Some(UnfitSecret::Guessable)),
            ("w3Y2kOWmvLWkpNZ0 ", Some(UnfitSecret::NoHeader)),
            ("w3Y2kOWm,vLWkpNZ0", Some(UnfitSecret::NoHeader)),
            (&"a".repeat(256), Some(UnfitSecret::NoHeader)),
        ] {
            let made = SecretText::made_elsewhere(text);
            assert_eq!(made.as_ref().err().copied(), expected, "{text}");
            assert!(made.is_err() || made.is_ok_and(|made| made.expose() == text));
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let sealed = Sealed {
            key_id: KeyId(Uuid::nil()),
            bytes: vec![115, 51, 99],
        };
        let secret = SealedSecret {
            digest: SecretDigest::new([115; 32]),
            sealed,
        };
        assert_eq!(
            format!(
                "{:?} {:?} {:?}",
                Password::new("p4ss"),
                SecretText::new("s3c"),
                PasswordHash::new("$argon2id$x")
            ),
            "Password(********) SecretText(********) PasswordHash(********)"
        );
        assert_eq!(
            format!("{secret:?}"),
            "SealedSecret { digest: SecretDigest(********), sealed: Sealed { key_id: \
             KeyId(00000000-0000-0000-0000-000000000000), .. } }"
        );
    }
}
