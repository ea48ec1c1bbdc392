//! scrypt, as PHC strings: `$scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<hash>`. It must not know on which thread it runs.

use std::time::Duration;

use scrypt::Params;
use subtle::ConstantTimeEq;
use tenantry_domain::ports::HashError;
use zeroize::Zeroizing;

use super::{Family, RefusedHash, Stored, text};
use crate::hasher::memory::Memory;

pub(super) struct Hash {
    params: Params,
    salt: Vec<u8>,
    key: Vec<u8>,
}

impl Hash {
    pub(super) fn read(text: &str) -> Result<Self, RefusedHash> {
        const MALFORMED: RefusedHash = RefusedHash::Malformed(Family::Scrypt);
        let (cost, salt, key) = split(text).ok_or(MALFORMED)?;
        if salt.is_empty() {
            return Err(RefusedHash::Unsalted(Family::Scrypt));
        }
        // First, since the crate multiplies without looking.
        cost.refuse_excessive()?;
        let params = Params::new(cost.log_n, cost.r, cost.p).map_err(|_| MALFORMED)?;
        Ok(Self { params, salt, key })
    }
}

struct Cost {
    log_n: u8,
    r: u32,
    p: u32,
}

impl Cost {
    fn refuse_excessive(&self) -> Result<(), RefusedHash> {
        let n = 1_u128 << self.log_n;
        let (r, p) = (u128::from(self.r), u128::from(self.p));
        let excessive = |demanded, most| RefusedHash::Excessive {
            family: Family::Scrypt,
            demanded,
            most,
        };
        let kib = r * (n + p) * 128 / 1024;
        if kib > MOST_KIB.into() {
            return Err(excessive(format!("{kib} KiB of memory"), MOST_KIB));
        }
        let blocks = n * r * p;
        if blocks > MOST_BLOCKS.into() {
            return Err(excessive(
                format!("{blocks} blocks (N times r times p)"),
                MOST_BLOCKS,
            ));
        }
        Ok(())
    }
}

fn split(text: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let fields: Vec<_> = text.split('$').collect();
    let ["", "scrypt", cost, salt, key] = fields[..] else {
        return None;
    };
    let (log_n, rest) = cost.strip_prefix("ln=")?.split_once(",r=")?;
    let (r, p) = rest.split_once(",p=")?;
    let cost = Cost {
        log_n: text::number(log_n)?.try_into().ok()?,
        r: text::number(r)?,
        p: text::number(p)?,
    };
    let key = text::base64(key)?;
    let sound = (1..64).contains(&cost.log_n) && cost.r > 0 && cost.p > 0;
    (sound && KEY.contains(&key.len())).then_some((cost, text::base64(salt)?, key))
}

impl Stored for Hash {
    /// The memory of Argon2 has another shape, so scrypt takes its own.
    fn is_of(&self, password: &[u8], _: &mut Memory) -> Result<bool, HashError> {
        let mut key = Zeroizing::new(vec![0; self.key.len()]);
        scrypt::scrypt(password, &self.salt, &self.params, &mut key)
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(key.ct_eq(&self.key).into())
    }

    fn takes(&self) -> Duration {
        let blocks = self.params.n() * u64::from(self.params.r()) * u64::from(self.params.p());
        Duration::from_nanos(blocks * 200)
    }
}

/// In bytes. A shorter one is met by too many passwords.
const KEY: std::ops::RangeInclusive<usize> = 16..=64;
const MOST_KIB: u32 = 256 * 1024;
/// Twenty times the work of a hash of ours, or fifteen where memory is fast.
const MOST_BLOCKS: u32 = 2 * 1024 * 1024;
