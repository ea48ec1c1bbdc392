//! bcrypt: `$2b$<cost>$`, 22 characters of salt and 31 of hash, in an alphabet of its own. It must not know on which thread it
//! runs.
//!
//! `$2a$` and `$2y$` mean the same for every implementation without the errors that they were named after. `$2x$` marks hashes
//! that one of those errors made, and is not understood.

use std::time::Duration;

use subtle::ConstantTimeEq;
use tenantry_domain::ports::HashError;
use zeroize::Zeroizing;

use super::{Family, RefusedHash, Stored, text};
use crate::hasher::memory::Memory;

pub(super) struct Hash {
    cost: u32,
    salt: [u8; 16],
    key: [u8; KEY],
}

impl Hash {
    pub(super) fn read(text: &str) -> Result<Self, RefusedHash> {
        let hash = split(text).ok_or(RefusedHash::Malformed(Family::Bcrypt))?;
        if hash.cost > MOST_COST {
            return Err(RefusedHash::Excessive {
                family: Family::Bcrypt,
                demanded: format!("a cost of {}", hash.cost),
                most: MOST_COST,
            });
        }
        Ok(hash)
    }
}

fn split(text: &str) -> Option<Hash> {
    let (_, rest) = text.strip_prefix('$')?.split_once('$')?;
    let (cost, rest) = rest.split_once('$')?;
    let (salt, key) = rest.split_at_checked(22)?;
    // Two digits, always.
    let cost = match cost.strip_prefix('0') {
        Some(digit) if digit.len() == 1 => text::number(digit)?,
        None if cost.len() == 2 => text::number(cost)?,
        _ => return None,
    };
    (4..=31).contains(&cost).then_some(())?;
    Some(Hash {
        cost,
        salt: text::bcrypt64(salt)?,
        key: text::bcrypt64(key)?,
    })
}

impl Stored for Hash {
    fn is_of(&self, password: &[u8], _: &mut Memory) -> Result<bool, HashError> {
        // The zero byte of a C string belongs to it; of a longer password the first bytes are all that counts.
        let mut read = Zeroizing::new([0; LONGEST]);
        let length = password.len().min(LONGEST);
        read[..length].copy_from_slice(&password[..length]);
        let read = &read[..LONGEST.min(length + 1)];
        let key = Zeroizing::new(bcrypt::bcrypt(self.cost, self.salt, read));
        Ok(key[..KEY].ct_eq(&self.key).into())
    }

    fn takes(&self) -> Duration {
        Duration::from_micros(53) * (1 << self.cost)
    }
}

/// What bcrypt reads of a password, in bytes.
const LONGEST: usize = 72;
/// It makes 24 bytes, and its text form leaves the last one out.
const KEY: usize = 23;
/// Sixteen times the work of a hash of ours.
const MOST_COST: u32 = 13;
