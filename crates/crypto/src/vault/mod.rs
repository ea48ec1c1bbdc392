//! [`Vault`]: the ports [`SecretVault`] and [`ChainSeal`](tenantry_domain::ports::ChainSeal) over a [`Keyring`]. Which bytes
//! mean what is decided here and recorded in `docs/decisions/003-secrets-at-rest.md`. It must not know who holds a secret or
//! where a store keeps it.

mod chain;
mod place;
mod reloading;
mod seal;
mod text;

pub use reloading::{ReloadError, ReloadingVault};

use std::fmt;

use sha2::{Digest, Sha256};
use tenantry_domain::{
    KeyId, Sealed, SealedPlace, SealedSecret, SecretDigest, SecretText,
    ports::{Issued, IssuedToken, SecretKind, SecretVault, VaultError},
};

use crate::{Keyring, MasterKey};
use chain::Signer;
use seal::{Purpose, Sealer};

/// Makes, digests, seals and reveals secrets; signs the heads of audit chains.
pub struct Vault {
    current: Sealers,
    former: Vec<Sealers>,
}

impl Vault {
    /// A vault that seals with the current key of `keyring` and opens with all of them.
    ///
    /// It keeps keys derived from the master keys, not the master keys, which can be dropped.
    pub fn new(keyring: &Keyring) -> Self {
        Self {
            current: Sealers::new(keyring.current()),
            former: keyring.former().iter().map(Sealers::new).collect(),
        }
    }

    /// The current one first.
    fn all(&self) -> impl Iterator<Item = &Sealers> {
        std::iter::once(&self.current).chain(&self.former)
    }

    fn sealers(&self, id: KeyId) -> Result<&Sealers, VaultError> {
        self.all()
            .find(|sealers| sealers.id == id)
            .ok_or(VaultError::UnknownKey(id))
    }

    fn has(&self, id: KeyId) -> bool {
        self.sealers(id).is_ok()
    }

    fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.all().map(|sealers| sealers.id)
    }
}

impl SecretVault for Vault {
    fn issue(&self, kind: SecretKind) -> Issued {
        let clear = text::generate(kind);
        let stored = self.adopt(&clear);
        Issued { clear, stored }
    }

    fn issue_token(&self) -> IssuedToken {
        issue_token()
    }

    /// A text that looks like one of ours with a wrong checksum is sealed as well, but [`digest`](SecretVault::digest) refuses
    /// it ever after: who imports secrets asks that first.
    fn adopt(&self, secret: &SecretText) -> SealedSecret {
        let digest = digest_of(secret);
        SealedSecret {
            digest,
            sealed: self
                .current
                .secret
                .seal(place::secret(&digest), secret.expose().as_bytes()),
        }
    }

    fn digest(&self, secret: &SecretText) -> Option<SecretDigest> {
        digest(secret)
    }

    fn reveal(&self, secret: &SealedSecret) -> Result<SecretText, VaultError> {
        let clear = self
            .sealers(secret.sealed.key_id)?
            .secret
            .open(place::secret(&secret.digest), &secret.sealed.bytes)?;
        let clear = String::from_utf8(clear).map_err(|_| VaultError::Altered)?;
        Ok(SecretText::new(clear))
    }

    fn seal(&self, place: &SealedPlace, clear: &[u8]) -> Sealed {
        let (kind, context) = place::at(&self.current, place);
        kind.seal(&context, clear)
    }

    fn open(&self, place: &SealedPlace, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let (kind, context) = place::at(self.sealers(sealed.key_id)?, place);
        kind.open(&context, &sealed.bytes)
    }

    fn fingerprint(&self, call: &[u8]) -> SecretDigest {
        SecretDigest::new(self.current.chain.fingerprint(call))
    }

    fn current_key(&self) -> KeyId {
        self.current.id
    }

    fn sentinel(&self) -> Sealed {
        self.current.sentinel.seal(&[], SENTINEL)
    }

    fn recognize(&self, sentinel: &Sealed) -> Result<(), VaultError> {
        let opened = self
            .sealers(sentinel.key_id)?
            .sentinel
            .open(&[], &sentinel.bytes)?;
        if opened != SENTINEL {
            return Err(VaultError::Altered);
        }
        Ok(())
    }
}

/// Shows which keys are at hand, and nothing of them.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let former: Vec<_> = self.former.iter().map(|sealers| sealers.id).collect();
        f.debug_struct("Vault")
            .field("current", &self.current.id)
            .field("former", &former)
            .finish_non_exhaustive()
    }
}

/// What one master key seals and signs: with a key of its own for each purpose.
struct Sealers {
    id: KeyId,
    secret: Sealer,
    configuration: Sealer,
    reply: Sealer,
    sentinel: Sealer,
    chain: Signer,
}

impl Sealers {
    fn new(key: &MasterKey) -> Self {
        Self {
            id: key.id(),
            secret: Sealer::new(key, SECRET),
            configuration: Sealer::new(key, CONFIGURATION),
            reply: Sealer::new(key, REPLY),
            sentinel: Sealer::new(key, RECOGNITION),
            chain: Signer::new(key),
        }
    }
}

fn issue_token() -> IssuedToken {
    let clear = text::generate_token();
    let digest = digest_of(&clear);
    IssuedToken { clear, digest }
}

fn digest(secret: &SecretText) -> Option<SecretDigest> {
    (!text::is_mistyped(secret)).then(|| digest_of(secret))
}

fn digest_of(secret: &SecretText) -> SecretDigest {
    let digest = Sha256::new()
        .chain_update(DIGEST_LABEL)
        .chain_update(secret.expose())
        .finalize();
    SecretDigest::new(digest.into())
}

// Stored data depends on every byte below: new values need a new version beside the old one.
const DIGEST_LABEL: &[u8] = b"tenantry/secret-digest/v1\0";
const SECRET: Purpose = Purpose {
    info: b"tenantry/seal/v1",
    label: b"tenantry/secret/v1",
};
const CONFIGURATION: Purpose = Purpose {
    info: b"tenantry/configuration/v1",
    label: b"tenantry/configuration/v1",
};
const REPLY: Purpose = Purpose {
    info: b"tenantry/reply/v1",
    label: b"tenantry/reply/v1",
};
const RECOGNITION: Purpose = Purpose {
    info: b"tenantry/sentinel/v1",
    label: b"tenantry/sentinel/v1",
};
const SENTINEL: &[u8] = b"tenantry";
