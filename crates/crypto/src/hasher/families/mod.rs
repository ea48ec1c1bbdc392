//! The kinds of hashes that are understood, one file each. A family tells its hashes by their beginning, verifies, and never
//! makes new ones unless it is the house's own, [`argon2id`].
//!
//! A new family (bcrypt, PBKDF2, scrypt, SHA-crypt) is a file with a `verify` like `argon2id::verify`, which answers
//! `RightButOutdated` for a right password, and one arm in [`verify`] below.

pub(super) mod argon2id;

use tenantry_domain::{
    PasswordHash,
    ports::{HashError, Verdict},
};

use super::memory::Memory;

/// Whether `password` is the one that `hash` was made from.
pub(super) fn verify(
    password: &[u8],
    hash: &PasswordHash,
    memory: &mut Memory,
) -> Result<Verdict, HashError> {
    let hash = hash.expose();
    match identifier(hash) {
        Some("argon2id") => argon2id::verify(password, hash, memory),
        _ => Err(HashError::UnknownFormat),
    }
}

/// The first part of `$identifier$…`, which all PHC and crypt strings begin with.
fn identifier(hash: &str) -> Option<&str> {
    let (identifier, _) = hash.strip_prefix('$')?.split_once('$')?;
    Some(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_family_understands_is_an_error() {
        for hash in [
            "",
            "argon2id",
            "$argon2id",
            "$argon2i$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            "5f4dcc3b5aa765d61d8327deb882cf99",
        ] {
            let verdict = verify(b"p4ss", &PasswordHash::new(hash), &mut Memory::default());
            assert!(matches!(verdict, Err(HashError::UnknownFormat)), "{hash}");
        }
    }
}
