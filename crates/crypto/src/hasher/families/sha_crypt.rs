//! SHA-256-crypt and SHA-512-crypt of crypt(3), by Ulrich Drepper: `$6$<salt>$<hash>`, or `$6$rounds=<rounds>$<salt>$<hash>`.
//! It must not know on which thread it runs.

use std::time::Duration;

use sha_crypt::{Params, sha256_crypt, sha512_crypt};
use subtle::ConstantTimeEq;
use tenantry_domain::ports::HashError;
use zeroize::Zeroizing;

use super::{Family, RefusedHash, Stored, text};
use crate::hasher::memory::Memory;

pub(super) struct Hash {
    digest: Digest,
    rounds: u32,
    params: Params,
    salt: String,
    /// As it is written. Comparing texts saves reading an encoding that leaves bits over.
    key: String,
}

#[derive(Clone, Copy)]
enum Digest {
    Sha256,
    Sha512,
}

impl Hash {
    pub(super) fn read(text: &str) -> Result<Self, RefusedHash> {
        let hash = split(text).ok_or(RefusedHash::Malformed(Family::ShaCrypt))?;
        if hash.salt.is_empty() {
            return Err(RefusedHash::Unsalted(Family::ShaCrypt));
        }
        if hash.rounds > MOST_ROUNDS {
            return Err(RefusedHash::Excessive {
                family: Family::ShaCrypt,
                demanded: format!("{} rounds", hash.rounds),
                most: MOST_ROUNDS,
            });
        }
        Ok(hash)
    }
}

fn split(text: &str) -> Option<Hash> {
    let fields: Vec<_> = text.split('$').collect();
    let (name, rounds, salt, key) = match fields[..] {
        ["", name, rounds, salt, key] => (
            name,
            text::number(rounds.strip_prefix("rounds=")?)?,
            salt,
            key,
        ),
        ["", name, salt, key] => (name, Params::RECOMMENDED_ROUNDS, salt, key),
        _ => return None,
    };
    let (digest, length) = match name {
        "5" => (Digest::Sha256, 43),
        "6" => (Digest::Sha512, 86),
        _ => return None,
    };
    let written = key.len() == length && key.bytes().all(|byte| ALPHABET.contains(&byte));
    // A longer salt is cut before it is written.
    (written && salt.len() <= 16).then_some(Hash {
        digest,
        rounds,
        params: Params::new(rounds).ok()?,
        salt: salt.into(),
        key: key.into(),
    })
}

impl Stored for Hash {
    fn is_of(&self, password: &[u8], _: &mut Memory) -> Result<bool, HashError> {
        let salt = self.salt.as_bytes();
        let key = Zeroizing::new(match self.digest {
            Digest::Sha256 => encode_256(&sha256_crypt(password, salt, self.params)),
            Digest::Sha512 => encode_512(&sha512_crypt(password, salt, self.params)),
        });
        Ok(key.ct_eq(self.key.as_bytes()).into())
    }

    fn takes(&self) -> Duration {
        let one = match self.digest {
            Digest::Sha256 => 85,
            Digest::Sha512 => 200,
        };
        Duration::from_nanos(u64::from(self.rounds) * one)
    }

    /// Every round goes through the password twice: one of 1024 bytes takes fourteen times as long as a short one.
    fn takes_with(&self, password: &[u8]) -> Duration {
        let length = u32::try_from(password.len()).unwrap_or(u32::MAX);
        self.takes()
            .saturating_mul(1024 + 13_u32.saturating_mul(length))
            / 1024
    }
}

/// Three bytes become four characters. Which three is a permutation that its author chose.
fn encode_256(key: &[u8; 32]) -> Vec<u8> {
    let mut text = Vec::with_capacity(43);
    let (mut a, mut b, mut c) = (0, 10, 20);
    for _ in 0..10 {
        encode([key[a], key[b], key[c]], 4, &mut text);
        (a, b, c) = (c + 1, a + 1, b + 1);
    }
    encode([0, key[31], key[30]], 3, &mut text);
    text
}

pub(super) fn encode_512(key: &[u8; 64]) -> Vec<u8> {
    let mut text = Vec::with_capacity(86);
    let (mut a, mut b, mut c) = (0, 21, 42);
    for _ in 0..21 {
        encode([key[a], key[b], key[c]], 4, &mut text);
        (a, b, c) = (b + 1, c + 1, a + 1);
    }
    encode([0, 0, key[63]], 2, &mut text);
    text
}

/// Six bits at a time, the lowest first.
fn encode(bytes: [u8; 3], characters: usize, text: &mut Vec<u8>) {
    let [a, b, c] = bytes.map(usize::from);
    let bits = a << 16 | b << 8 | c;
    text.extend((0..characters).map(|at| ALPHABET[bits >> (6 * at) & 63]));
}

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Eight times the work of a hash of ours; with a long password more, which [`super::verify`] bounds.
const MOST_ROUNDS: u32 = 1_000_000;
