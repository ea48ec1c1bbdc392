//! What an instance is configured with: keys and values, of which credentials are kept encrypted.

use std::fmt;

use crate::{ConfigurationId, Sealed, Text};

/// One key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationEntry {
    /// Assigned by the store; stays when the value changes.
    pub id: ConfigurationId,
    /// By what requests name it; unique in the instance.
    pub key: Text,
    /// Its value.
    pub value: ConfigurationValue,
}

/// The value of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigurationValue {
    /// Shown to whoever sees the instance.
    Clear(ConfigurationText),
    /// A credential: kept encrypted, and shown to nobody.
    Sealed(Sealed),
}

/// The text of a value: up to [`MAX_LENGTH`](Self::MAX_LENGTH) characters, lines and all (certificates are configured too),
/// but no NUL.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigurationText(String);

impl ConfigurationText {
    /// Longest value, in characters.
    pub const MAX_LENGTH: usize = 16_384;

    /// Checks length and characters.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: impl Into<String>) -> Result<Self, ConfigurationTextError> {
        let text = text.into();
        if text.contains('\0') {
            return Err(ConfigurationTextError::Nul);
        }
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(ConfigurationTextError::TooLong);
        }
        Ok(Self(text))
    }

    /// The text without a character.
    pub const fn empty() -> Self {
        Self(String::new())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hidden: what is about to be sealed is a `ConfigurationText` too.
impl fmt::Debug for ConfigurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfigurationText(********)")
    }
}

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationTextError {
    /// Longer than [`ConfigurationText::MAX_LENGTH`].
    #[error("must have at most 16384 characters")]
    TooLong,
    /// A NUL, which no store keeps.
    #[error("must not contain the character NUL")]
    Nul,
}

/// What a credential is read back as, and what a client that sends it back means: leave it as it is (contract, section 11).
pub const MASK: &str = "********";

/// How many entries an instance may have.
pub const MAX_ENTRIES: usize = 500;

/// How much the keys and values of one request may have together, in bytes. A page of instances is answered whole, so what
/// one of them holds is bounded.
pub const MAX_CONFIGURATION_BYTES: usize = 64 * 1024;

/// In lower case, without what stands between words.
const CREDENTIALS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "sharedkey",
    "signingkey",
    "accountkey",
    "encryptionkey",
    "connectionstring",
    "authorization",
    "credential",
    "jwt",
];

/// Whether the value of this key is a credential: one of its words, or two that belong together, names one, for example
/// `password`, `oauth.api.secret`, `apiKey`, `private_key`.
pub fn names_a_credential(key: &Text) -> bool {
    let words: String = key
        .as_str()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    CREDENTIALS.iter().any(|name| words.contains(name))
}

/// What changes in the configuration of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigurationPatch {
    /// The entries that get these values, or come into being with them. No key twice.
    pub set: Vec<(Text, ConfigurationValue)>,
    /// The other entries that stay; `None` if all do.
    pub keep: Option<Vec<Text>>,
}

impl ConfigurationPatch {
    /// Whether the entry of this key, which `set` does not name, stays.
    pub fn keeps(&self, key: &Text) -> bool {
        self.keep.as_ref().is_none_or(|keep| keep.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_keys() {
        for (key, expected) in [
            ("password", true),
            ("oauth.api.secret", true),
            ("oauth.api.key", true),
            ("oauth.user.token", true),
            ("apiKey", true),
            ("api_key", true),
            ("private.key", true),
            ("DB-Password", true),
            ("sfdc.security.token", true),
            ("aws.access.key", true),
            ("oauth.callback.url", false),
            ("site.address", false),
            ("username", false),
            ("keystore", false),
            ("event.notification.enabled", false),
        ] {
            assert_eq!(
                names_a_credential(&Text::parse(key).unwrap()),
                expected,
                "{key}"
            );
        }
    }

    #[test]
    fn values_are_long_texts_of_many_lines() {
        assert!(ConfigurationText::parse("-----BEGIN\nAA==\n").is_ok());
        assert_eq!(
            ConfigurationText::parse("a\0b"),
            Err(ConfigurationTextError::Nul)
        );
        assert!(ConfigurationText::parse("ä".repeat(16_384)).is_ok());
        assert_eq!(
            ConfigurationText::parse("x".repeat(16_385)),
            Err(ConfigurationTextError::TooLong)
        );
    }
}
