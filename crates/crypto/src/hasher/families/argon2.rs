//! Argon2, as PHC strings (`$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`). New hashes are Argon2id; Argon2i and Argon2d come
//! with imports. It must not know on which thread it runs.

use std::time::Duration;

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use subtle::ConstantTimeEq;
use tenantry_domain::{PasswordHash, ports::HashError};
use zeroize::Zeroizing;

use super::{Family, RefusedHash, Stored};
use crate::hasher::memory::Memory;

/// A hash with the parameters of every new one, for nobody's password: verifying against it takes as long as against any
/// other. A constant, because making one takes longer than the server may take to start.
pub(in crate::hasher) const OF_NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$CAuG8pH5Cv/RU5Uy57WyUA$LozdW5Lg9IApDSzOkt6IHvvdCIzMWomcJvVBayaKYrg";

/// A new hash of `password`.
pub(in crate::hasher) fn hash(
    password: &[u8],
    salt: &[u8; SALT],
    memory: &mut Memory,
) -> Result<PasswordHash, HashError> {
    let params = Params::DEFAULT;
    let output: Zeroizing<[u8; OUTPUT]> = {
        let mut output = Zeroizing::new([0; OUTPUT]);
        derive(
            (Algorithm::Argon2id, Version::V0x13),
            &params,
            password,
            salt,
            &mut output[..],
            memory,
        )?;
        output
    };
    let text = phc::PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(failed)?,
        salt: Some(Salt::new(salt).map_err(failed)?),
        hash: Some(Output::new(&output[..]).map_err(failed)?),
    };
    Ok(PasswordHash::new(text.to_string()))
}

/// Takes as long as comparing `password` with a hash of ours, for nothing.
pub(super) fn work_for_nobody(password: &[u8], memory: &mut Memory) -> Result<(), HashError> {
    let nobody = Hash::read(OF_NOBODY).map_err(failed)?;
    nobody.is_of(password, memory)?;
    Ok(())
}

pub(super) struct Hash {
    kind: (Algorithm, Version),
    params: Params,
    salt: Salt,
    output: Output,
}

impl Hash {
    pub(super) fn read(text: &str) -> Result<Self, RefusedHash> {
        let hash = split(text).ok_or(RefusedHash::Malformed(Family::Argon2))?;
        refuse_excessive(&hash.params)?;
        Ok(hash)
    }
}

fn split(text: &str) -> Option<Hash> {
    let hash = phc::PasswordHash::new(text).ok()?;
    let version = match hash.version {
        Some(version) => version.try_into().ok()?,
        // The format of the reference implementation: no version means the first one.
        None => Version::V0x10,
    };
    Some(Hash {
        kind: (Algorithm::new(hash.algorithm).ok()?, version),
        params: Params::try_from(&hash).ok()?,
        salt: hash.salt?,
        output: hash.hash?,
    })
}

impl Stored for Hash {
    fn is_of(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        derive(
            self.kind,
            &self.params,
            password,
            &self.salt,
            &mut output,
            memory,
        )?;
        Ok(output.ct_eq(self.output.as_bytes()).into())
    }

    /// In proportion to the memory that is gone through.
    fn takes(&self) -> Duration {
        Duration::from_nanos(work(&self.params) * NANOS_OF_OURS / work(&Params::DEFAULT))
    }

    /// Stronger ones are made anew as well: with one cost for all, nobody tells users apart by time.
    fn is_current(&self) -> bool {
        let params = &self.params;
        self.kind == (Algorithm::Argon2id, Version::V0x13)
            && (params.m_cost(), params.t_cost(), params.p_cost())
                == (
                    Params::DEFAULT_M_COST,
                    Params::DEFAULT_T_COST,
                    Params::DEFAULT_P_COST,
                )
            && self.salt.len() >= SALT
            && self.output.len() == OUTPUT
    }
}

fn derive(
    (algorithm, version): (Algorithm, Version),
    params: &Params,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<(), HashError> {
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(
            password,
            salt,
            output,
            memory.blocks(params.block_count())?,
        )
        .map_err(failed)
}

/// One imported hash must not take the server down whenever its user logs in.
fn refuse_excessive(params: &Params) -> Result<(), RefusedHash> {
    for (name, demanded, most) in [
        ("m", params.m_cost(), MOST_MEMORY),
        ("t", params.t_cost(), MOST_PASSES),
        ("p", params.p_cost(), MOST_LANES),
    ] {
        if demanded > most {
            return Err(RefusedHash::Excessive {
                family: Family::Argon2,
                demanded: format!("{name}={demanded}"),
                most,
            });
        }
    }
    let work = work(params);
    if work > MOST_WORK.into() {
        return Err(RefusedHash::Excessive {
            family: Family::Argon2,
            demanded: format!("{work} KiB in all passes (m times t)"),
            most: MOST_WORK,
        });
    }
    Ok(())
}

/// The memory that is gone through, in KiB.
fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

/// What RFC 9106 recommends, in bytes.
const SALT: usize = 16;
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// In KiB. Of the two options that RFC 9106 recommends, the one for servers short of memory takes a quarter of it, and the
/// other, at 2 GiB, is what must not happen unasked.
const MOST_MEMORY: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;
/// What libsodium calls moderate, 256 MiB three times over: twenty times the work of a hash of ours.
const MOST_WORK: u32 = 3 * MOST_MEMORY;

/// What a new hash takes on a core of 2026. Every family estimates its time on that core.
pub(super) const OURS_TAKES: Duration = Duration::from_nanos(NANOS_OF_OURS);
const NANOS_OF_OURS: u64 = 27_000_000;

// The crate's defaults are what the contract demands (section 10); should they ever change, this does not compile.
const _: () = assert!(
    Params::DEFAULT_M_COST == 19_456 && Params::DEFAULT_T_COST == 2 && Params::DEFAULT_P_COST == 1
);

#[cfg(test)]
mod tests {
    use tenantry_domain::ports::Verdict;

    use super::{super::verify, *};

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// Made by libargon2 from the salt 0, 1, … 15.
    const OURS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU";
    const WEAK: &str = "$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw";
    const OLD: &str =
        "m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$BwR0FUTzZqI2A8cMXOq+ZqEnAXYRAAIyc0f6pDVXHEA";

    fn verdict(password: &[u8], hash: &str) -> Result<Verdict, HashError> {
        verify(password, &PasswordHash::new(hash), &mut Memory::default())
    }

    #[test]
    fn a_hash_is_what_the_reference_implementation_makes() {
        let salt = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let hash = hash(PASSWORD, &salt, &mut Memory::default()).unwrap();
        assert_eq!(hash.expose(), OURS);
    }

    #[test]
    fn hashes_of_the_reference_implementation_are_understood() {
        assert_eq!(verdict(PASSWORD, OURS).unwrap(), Verdict::Right);
        assert_eq!(
            verdict(b"Correct horse battery staple", OURS).unwrap(),
            Verdict::Wrong
        );
        assert_eq!(verdict(b"", OURS).unwrap(), Verdict::Wrong);
    }

    #[test]
    fn other_parameters_are_right_but_outdated() {
        for hash in [
            WEAK,
            &format!("$argon2id$v=16${OLD}"),
            &format!("$argon2id${OLD}"),
            // From the test suite of the reference implementation, for "password": a short salt, two lanes.
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            // By argon2-cffi 25.1: the two other kinds, both versions, and a short output.
            "$argon2i$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LhHRz4t6ELVYGt19AvAYa7aN/3sMrww/m0fJJIW52fY",
            "$argon2i$v=16$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$W2L7P3MOA3nTv0kX33CqqTW87QMZIZtI+jish9e9P1Q",
            "$argon2d$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$dghoiRPSRKBbaaCRimSJwR//QWj12/Ib4j98W2I/aGM",
            "$argon2d$v=16$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$H+zx+i49Vb8LuTbzgOjwJRiLqTxWMtTMrJssg5v2/Co",
            "$argon2id$v=19$m=64,t=1,p=2$AAECAwQFBgcICQoLDA0ODw$dAWmN3lQJBZ3eULUtbn1xQ",
        ] {
            let password = if hash.contains("c29tZXNhbHQ") {
                b"password"
            } else {
                PASSWORD
            };
            assert_eq!(
                verdict(password, hash).unwrap(),
                Verdict::RightButOutdated,
                "{hash}"
            );
            assert_eq!(verdict(b"wrong", hash).unwrap(), Verdict::Wrong, "{hash}");
        }
    }

    #[test]
    fn memory_left_by_another_hash_changes_nothing() {
        let mut memory = Memory::default();
        for (hash, expected) in [
            (OURS, Verdict::Right),
            (WEAK, Verdict::RightButOutdated),
            (OURS, Verdict::Right),
        ] {
            let hash = PasswordHash::new(hash);
            assert_eq!(verify(PASSWORD, &hash, &mut memory).unwrap(), expected);
        }
    }

    #[test]
    fn nobodys_hash_costs_as_much_as_any_other() {
        let params = |hash| Params::try_from(&phc::PasswordHash::new(hash).unwrap()).unwrap();
        assert_eq!(params(OF_NOBODY), params(OURS));
        let nobody = phc::PasswordHash::new(OF_NOBODY).unwrap();
        assert_eq!(
            (nobody.salt.unwrap().len(), nobody.hash.unwrap().len()),
            (SALT, OUTPUT)
        );
    }

    #[test]
    fn what_is_no_such_string_is_malformed() {
        for hash in [
            "$argon2id$",
            "$argon2id$v=19$m=64,t=2,p=1",
            "$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw",
            "$argon2id$v=18$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
            "$argon2id$v=19$m=1,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
            "$argon2id$v=19$m=64,t=2,p=1,x=9$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
            "$argon2id$v=19$m=64,t=2,p=1$!!!$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
        ] {
            assert!(
                matches!(
                    Hash::read(hash),
                    Err(RefusedHash::Malformed(Family::Argon2))
                ),
                "{hash}"
            );
        }
    }
}
