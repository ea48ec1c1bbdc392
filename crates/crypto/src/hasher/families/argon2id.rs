//! Argon2id, the family that new hashes are of, as PHC strings (`$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`). It must not
//! know on which thread it runs.

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use subtle::ConstantTimeEq;
use tenantry_domain::{
    PasswordHash,
    ports::{HashError, Verdict},
};
use zeroize::Zeroizing;

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
            Version::V0x13,
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

/// Whether `password` is the one that `hash` was made from.
pub(super) fn verify(
    password: &[u8],
    hash: &str,
    memory: &mut Memory,
) -> Result<Verdict, HashError> {
    let stored = phc::PasswordHash::new(hash).map_err(|_| HashError::UnknownFormat)?;
    let params = Params::try_from(&stored).map_err(|_| HashError::UnknownFormat)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(HashError::UnknownFormat);
    };
    // The format of the reference implementation: no version means the first one.
    let version = stored.version.map_or(Ok(Version::V0x10), Version::try_from);
    let version = version.map_err(|_| HashError::UnknownFormat)?;
    refuse_excessive(&params)?;

    let mut output = Zeroizing::new(vec![0; expected.len()]);
    derive(version, &params, password, salt, &mut output, memory)?;
    if !bool::from(output.ct_eq(expected.as_bytes())) {
        return Ok(Verdict::Wrong);
    }
    Ok(if is_current(version, &params, salt, expected) {
        Verdict::Right
    } else {
        Verdict::RightButOutdated
    })
}

fn derive(
    version: Version,
    params: &Params,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<(), HashError> {
    Argon2::new(Algorithm::Argon2id, version, params.clone())
        .hash_password_into_with_memory(
            password,
            salt,
            output,
            memory.blocks(params.block_count())?,
        )
        .map_err(failed)
}

/// Exactly as new ones are made. Stronger ones are made anew as well: with one cost for all, nobody tells users apart by time.
fn is_current(version: Version, params: &Params, salt: &[u8], output: &Output) -> bool {
    version == Version::V0x13
        && (params.m_cost(), params.t_cost(), params.p_cost())
            == (
                Params::DEFAULT_M_COST,
                Params::DEFAULT_T_COST,
                Params::DEFAULT_P_COST,
            )
        && salt.len() >= SALT
        && output.len() == OUTPUT
}

/// One imported hash must not take the server down whenever its user logs in.
fn refuse_excessive(params: &Params) -> Result<(), HashError> {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    if m <= MOST_MEMORY && t <= MOST_PASSES && p <= MOST_LANES {
        return Ok(());
    }
    Err(HashError::Failed(format!(
        "a stored hash demands too much work: m={m}, t={t}, p={p}"
    )))
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

// The crate's defaults are what the contract demands (section 10); should they ever change, this does not compile.
const _: () = assert!(
    Params::DEFAULT_M_COST == 19_456 && Params::DEFAULT_T_COST == 2 && Params::DEFAULT_P_COST == 1
);

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// Made by libargon2 from the salt 0, 1, … 15.
    const OURS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU";
    const WEAK: &str = "$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw";
    const OLD: &str =
        "m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$BwR0FUTzZqI2A8cMXOq+ZqEnAXYRAAIyc0f6pDVXHEA";

    fn verdict(password: &[u8], hash: &str) -> Result<Verdict, HashError> {
        verify(password, hash, &mut Memory::default())
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
        ] {
            let password = if hash.contains("p=2") {
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
            assert_eq!(verify(PASSWORD, hash, &mut memory).unwrap(), expected);
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
    fn what_is_no_such_string_is_of_unknown_format() {
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
                matches!(verdict(PASSWORD, hash), Err(HashError::UnknownFormat)),
                "{hash}"
            );
        }
    }

    #[test]
    fn excessive_work_is_refused() {
        for params in ["m=262145,t=2,p=1", "m=64,t=17,p=1", "m=256,t=2,p=17"] {
            let error = verdict(PASSWORD, &WEAK.replace("m=64,t=2,p=1", params)).unwrap_err();
            let expected = format!(
                "password hashing failed: a stored hash demands too much work: {}",
                params.replace(',', ", ")
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}
