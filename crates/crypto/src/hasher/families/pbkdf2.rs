//! PBKDF2 with HMAC, in the three ways that it is written. It must not know on which thread it runs.
//!
//! - PHC: `$pbkdf2-sha256$i=<rounds>,l=<length>$<salt>$<hash>`
//! - passlib: `$pbkdf2-sha256$<rounds>$<salt>$<hash>`; `$pbkdf2$` is SHA-1
//! - Django: `pbkdf2_sha256$<rounds>$<salt, not encoded>$<hash>`

use std::time::Duration;

use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;
use tenantry_domain::ports::HashError;
use zeroize::Zeroizing;

use super::{Family, RefusedHash, Stored, text};
use crate::hasher::memory::Memory;

pub(super) struct Hash {
    digest: Digest,
    rounds: u32,
    salt: Vec<u8>,
    key: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    pub(super) fn read(text: &str) -> Result<Self, RefusedHash> {
        let hash = split(text).ok_or(RefusedHash::Malformed(Family::Pbkdf2))?;
        if hash.salt.is_empty() {
            return Err(RefusedHash::Unsalted(Family::Pbkdf2));
        }
        let rounds = hash.all_rounds();
        if rounds > u64::from(MOST_ROUNDS) {
            return Err(RefusedHash::Excessive {
                family: Family::Pbkdf2,
                demanded: format!("{rounds} rounds"),
                most: MOST_ROUNDS,
            });
        }
        Ok(hash)
    }

    /// Each block of the key takes all the rounds.
    fn all_rounds(&self) -> u64 {
        let block = match self.digest {
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha512 => 64,
        };
        u64::from(self.rounds) * self.key.len().div_ceil(block) as u64
    }
}

fn split(text: &str) -> Option<Hash> {
    let fields: Vec<_> = text.split('$').collect();
    let (name, rounds, salt, key) = match fields[..] {
        ["", name, rounds, salt, key] => (name, rounds, text::base64(salt)?, key),
        [name, rounds, salt, key] => (name, rounds, salt.into(), key),
        _ => return None,
    };
    let digest = match name {
        "pbkdf2" | "pbkdf2-sha1" | "pbkdf2_sha1" => Digest::Sha1,
        "pbkdf2-sha256" | "pbkdf2_sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => return None,
    };
    let key = text::base64(key)?;
    let rounds = match rounds.strip_prefix("i=") {
        None => text::number(rounds)?,
        Some(rounds) => {
            let (rounds, length) = match rounds.split_once(",l=") {
                Some((rounds, length)) => (rounds, text::number(length)? as usize),
                None => (rounds, key.len()),
            };
            (length == key.len()).then(|| text::number(rounds))??
        }
    };
    let sound = rounds > 0 && KEY.contains(&key.len());
    sound.then_some(Hash {
        digest,
        rounds,
        salt,
        key,
    })
}

impl Stored for Hash {
    fn is_of(&self, password: &[u8], _: &mut Memory) -> Result<bool, HashError> {
        let derive = match self.digest {
            Digest::Sha1 => pbkdf2_hmac::<Sha1>,
            Digest::Sha256 => pbkdf2_hmac::<Sha256>,
            Digest::Sha512 => pbkdf2_hmac::<Sha512>,
        };
        let mut key = Zeroizing::new(vec![0; self.key.len()]);
        derive(password, &self.salt, self.rounds, &mut key);
        Ok(key.ct_eq(&self.key).into())
    }

    fn takes(&self) -> Duration {
        let one = match self.digest {
            Digest::Sha1 | Digest::Sha256 => 100,
            Digest::Sha512 => 360,
        };
        Duration::from_nanos(self.all_rounds() * one)
    }
}

/// In bytes. A shorter one is met by too many passwords.
const KEY: std::ops::RangeInclusive<usize> = 16..=64;
/// Twenty times the work of a hash of ours for SHA-512, and for the others where the processor has no instructions for them.
const MOST_ROUNDS: u32 = 1_500_000;
