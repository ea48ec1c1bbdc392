//! The master key: what everything sealed depends on, and its text form. It must not know what is sealed with it, nor
//! anything of files (`key_file.rs`).

use std::{fmt, io, path::PathBuf};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tenantry_domain::KeyId;
use uuid::{Builder, Uuid};
use zeroize::Zeroizing;

use crate::{DuplicateKey, random};

/// 32 random bytes and the id that sealed things name them by.
///
/// Whoever has it and the database can read every secret; whoever has lost it can read none. Its text form, for a file or an
/// environment variable, is one line:
///
/// ```text
/// tenantry-master-key:v1:<key id, a UUID>:<43 characters of base64url>
/// ```
///
/// `Debug` shows the id alone. The bytes are wiped when the key is dropped.
pub struct MasterKey {
    id: KeyId,
    // Behind a pointer, so that moving the key leaves no copy behind.
    bytes: Box<Zeroizing<[u8; 32]>>,
}

impl MasterKey {
    /// A new key with a new id.
    pub fn generate() -> Self {
        let id = KeyId(Builder::from_random_bytes(random::bytes()).into_uuid());
        let mut bytes = Box::new(Zeroizing::new([0; 32]));
        random::fill(&mut bytes[..]);
        Self { id, bytes }
    }

    /// Reads the text form. White space around it does not matter.
    ///
    /// # Errors
    /// [`MasterKeyError::Malformed`] if it is something else. The error says what is wrong without quoting the text.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        Ok(Self::from_text(text).map_err(MalformedKeyring::from)?)
    }

    /// The name of this key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The text form: for a file or an environment variable, never for a log.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Roomy from the start: a string that grows leaves its old self in memory.
        let mut text = Zeroizing::new(String::with_capacity(TEXT_LENGTH));
        text.push_str(SCHEME);
        text.push_str(VERSION);
        text.push(':');
        text.push_str(
            self.id
                .0
                .hyphenated()
                .encode_lower(&mut Uuid::encode_buffer()),
        );
        text.push(':');
        URL_SAFE_NO_PAD.encode_string(&self.bytes[..], &mut text);
        text
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, MalformedKey> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MalformedKey::Empty);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(MalformedKey::Scheme)?;
        let (version, rest) = rest.split_once(':').ok_or(MalformedKey::Parts)?;
        if version != VERSION {
            return Err(MalformedKey::Version);
        }
        let (id, encoded) = rest.split_once(':').ok_or(MalformedKey::Parts)?;
        let id = KeyId(Uuid::try_parse(id).map_err(|_| MalformedKey::Id)?);

        // Larger than a key, so that too long a text is told from a right one.
        let mut decoded = Zeroizing::new([0; 48]);
        let length = URL_SAFE_NO_PAD
            .decode_slice(encoded, &mut decoded[..])
            .map_err(|_| MalformedKey::Bytes)?;
        let mut bytes = Box::new(Zeroizing::new([0; 32]));
        if length != bytes.len() {
            return Err(MalformedKey::Bytes);
        }
        bytes.copy_from_slice(&decoded[..length]);
        Ok(Self { id, bytes })
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Why there is no master key, or no other one. Each message says what is wrong and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is no key. What is wrong is in the message, and no source of its own: it would be said twice.
    #[error("this is no master key: {0}")]
    Malformed(MalformedKeyring),
    /// The text in a file is no key.
    #[error("{} holds no master key: {problem}", path.display())]
    MalformedFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with its text.
        problem: MalformedKeyring,
    },
    /// Others may read, write or execute the file.
    #[error("the master key in {} is open to others (mode {mode:04o}); run: chmod 600 '{}'", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There already is a file; it is never overwritten.
    #[error("{} already exists and is not overwritten; use it, or name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The keys in the file are being replaced, or a process that did so was killed.
    #[error("{} is there: the keys are being replaced at this moment, or that was interrupted; if nobody replaces them, move that file away and try again", path.display())]
    Replacing {
        /// The file that is to take the other one's place.
        path: PathBuf,
    },
    /// Nothing could be sealed any more.
    #[error("the key {0} is the current one and cannot be forgotten; rotate the keys first")]
    Current(KeyId),
    /// The file could not be read.
    #[error("the master key in {} cannot be read; check that the file exists and belongs to the user of this process", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("the master key cannot be written to {}; check that its directory exists and can be written to", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<MalformedKeyring> for MasterKeyError {
    fn from(problem: MalformedKeyring) -> Self {
        Self::Malformed(problem)
    }
}

/// What is wrong with a text that should be one or more master keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKeyring {
    /// The first key, or the only one.
    #[error(transparent)]
    Current(#[from] MalformedKey),
    /// A later one.
    #[error("of its keys, number {number} is none: {problem}")]
    Former {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        problem: MalformedKey,
    },
    /// Two have the same id.
    #[error(transparent)]
    Twice(#[from] DuplicateKey),
    /// More than is read.
    #[error("it is longer than {most} keys are; forget former ones that nothing names any more", most = crate::key_file::MOST_KEYS)]
    TooLong,
}

/// What is wrong with a text that should be a master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKey {
    /// Nothing there. A file is left empty if the process that made it was killed at that moment.
    #[error(
        "it is empty; bring the key back from a backup, or, if nothing was ever sealed with it, remove it and start anew"
    )]
    Empty,
    /// Another beginning.
    #[error("it does not begin with `tenantry-master-key:`")]
    Scheme,
    /// Another version.
    #[error("it is not of version v1; a newer release of Tenantry may have made it")]
    Version,
    /// Something is missing.
    #[error("it must have four parts: `tenantry-master-key:v1:<key id>:<key>`")]
    Parts,
    /// The third part.
    #[error("its third part, the key id, is no UUID")]
    Id,
    /// The fourth part.
    #[error(
        "its fourth part, the key, must be 32 bytes in 43 characters of base64url without padding"
    )]
    Bytes,
}

const SCHEME: &str = "tenantry-master-key:";
const VERSION: &str = "v1";
/// Scheme, version, colon, UUID, colon, key.
pub(crate) const TEXT_LENGTH: usize = SCHEME.len() + VERSION.len() + 1 + 36 + 1 + 43;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "tenantry-master-key:v1:00112233-4455-4677-8899-aabbccddeeff:\
                        AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn the_text_form_is_read_and_written() {
        let key = MasterKey::parse(&format!("  {TEXT}\r\n")).unwrap();
        assert_eq!(key.id().to_string(), "00112233-4455-4677-8899-aabbccddeeff");
        assert_eq!(key.bytes()[..4], [0, 1, 2, 3]);
        assert_eq!(key.bytes()[31], 31);
        assert_eq!(*key.to_text(), TEXT);
        assert_eq!(TEXT.len(), TEXT_LENGTH);
    }

    #[test]
    fn writing_the_text_form_leaves_no_copy_behind() {
        let text = MasterKey::generate().to_text();
        assert_eq!((text.len(), text.capacity()), (TEXT_LENGTH, TEXT_LENGTH));
    }

    #[test]
    fn generated_keys_differ_and_have_random_ids() {
        let (a, b) = (MasterKey::generate(), MasterKey::generate());
        assert_ne!(a.id(), b.id());
        assert_ne!(a.bytes(), b.bytes());
        assert_eq!(a.id().0.get_version_num(), 4);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let id = "00112233-4455-4677-8899-aabbccddeeff";
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        for (text, problem) in [
            (String::new(), MalformedKey::Empty),
            (" \n".into(), MalformedKey::Empty),
            (key.into(), MalformedKey::Scheme),
            ("tenantry-master-key:".into(), MalformedKey::Parts),
            ("tenantry-master-key:v1:".into(), MalformedKey::Parts),
            (
                format!("tenantry-master-key:v2:{id}:{key}"),
                MalformedKey::Version,
            ),
            (
                format!("tenantry-master-key:v1:{key}:{id}"),
                MalformedKey::Id,
            ),
            (format!("tenantry-master-key:v1:{id}:"), MalformedKey::Bytes),
            (
                format!("tenantry-master-key:v1:{id}:{}", &key[1..]),
                MalformedKey::Bytes,
            ),
            (
                format!("tenantry-master-key:v1:{id}:A{key}"),
                MalformedKey::Bytes,
            ),
            (
                format!("tenantry-master-key:v1:{id}:{key}{key}{key}"),
                MalformedKey::Bytes,
            ),
            (
                format!("tenantry-master-key:v1:{id}:{key}="),
                MalformedKey::Bytes,
            ),
            (
                format!("tenantry-master-key:v1:{id}:{key}\n{key}"),
                MalformedKey::Bytes,
            ),
        ] {
            assert_eq!(MasterKey::from_text(&text).unwrap_err(), problem, "{text}");
        }
    }

    #[test]
    fn neither_the_key_nor_its_errors_show_it() {
        let key = MasterKey::parse(TEXT).unwrap();
        assert_eq!(
            format!("{key:?}"),
            "MasterKey { id: KeyId(00112233-4455-4677-8899-aabbccddeeff), .. }"
        );
        let error = MasterKey::parse(&TEXT[1..]).unwrap_err();
        assert_eq!(
            format!("{error} {error:?}"),
            "this is no master key: it does not begin with `tenantry-master-key:` Malformed(Current(Scheme))"
        );
    }
}
