//! SHA-1 and SHA-2 over password and salt, as LDAP directories keep them: `{SSHA}` and base64 of the digest and the salt after
//! it. It must not know on which thread it runs.

use std::time::Duration;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use tenantry_domain::ports::HashError;

use super::{Family, RefusedHash, Stored, text};
use crate::hasher::memory::Memory;

pub(super) struct Hash {
    scheme: &'static Scheme,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

struct Scheme {
    salted: &'static str,
    /// Without a salt; known, to be refused by name.
    bare: &'static str,
    length: usize,
    digest: fn(&[u8], &[u8]) -> Vec<u8>,
}

static SCHEMES: [Scheme; 4] = [
    scheme::<Sha1>("SSHA", "SHA", 20),
    scheme::<Sha256>("SSHA256", "SHA256", 32),
    scheme::<Sha384>("SSHA384", "SHA384", 48),
    scheme::<Sha512>("SSHA512", "SHA512", 64),
];

const fn scheme<D: Digest>(salted: &'static str, bare: &'static str, length: usize) -> Scheme {
    Scheme {
        salted,
        bare,
        length,
        digest: |password, salt| {
            let digest = D::new().chain_update(password).chain_update(salt);
            digest.finalize().to_vec()
        },
    }
}

/// Whether `name` is a scheme of this family. Directories do not look at the case of its letters.
pub(super) fn is_scheme(name: &str) -> bool {
    find(name).is_some()
}

fn find(name: &str) -> Option<&'static Scheme> {
    let is_called =
        |it: &&Scheme| name.eq_ignore_ascii_case(it.salted) || name.eq_ignore_ascii_case(it.bare);
    SCHEMES.iter().find(is_called)
}

impl Hash {
    pub(super) fn read(text: &str) -> Result<Self, RefusedHash> {
        let hash = split(text).ok_or(RefusedHash::Malformed(Family::SaltedSha))?;
        if hash.salt.is_empty() {
            return Err(RefusedHash::Unsalted(Family::SaltedSha));
        }
        Ok(hash)
    }
}

fn split(text: &str) -> Option<Hash> {
    let (name, rest) = text::directory(text)?;
    let scheme = find(name)?;
    let mut digest = text::base64(rest)?;
    (digest.len() >= scheme.length).then_some(())?;
    let salt = digest.split_off(scheme.length);
    // What follows the digest of a scheme without a salt is no salt.
    let sound = salt.is_empty() || name.eq_ignore_ascii_case(scheme.salted);
    sound.then_some(Hash {
        scheme,
        salt,
        digest,
    })
}

impl Stored for Hash {
    fn is_of(&self, password: &[u8], _: &mut Memory) -> Result<bool, HashError> {
        let digest = (self.scheme.digest)(password, &self.salt);
        Ok(digest.ct_eq(&self.digest).into())
    }

    fn takes(&self) -> Duration {
        Duration::from_micros(1)
    }
}
