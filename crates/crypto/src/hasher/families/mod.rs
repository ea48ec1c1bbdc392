//! The kinds of hashes that are understood, one file each. A family tells its hashes by their text, refuses those that would
//! take too long, compares, and never makes new ones unless it is the house's own, [`argon2`].
//!
//! A new family is a file with a type that is [`Stored`], a variant of [`Family`], and an arm in [`claimed`] and in [`read`].
//! Why they are as they are: `docs/decisions/010-imported-hashes.md`.

pub(super) mod argon2;
mod bcrypt;
mod pbkdf2;
mod salted_sha;
mod scrypt;
mod sha_crypt;
mod text;

use std::{fmt, time::Duration};

use tenantry_domain::{
    PasswordHash,
    ports::{HashError, Verdict},
};

use super::{memory::Memory, pool::Weight};

/// A kind of password hash that is understood. All but Argon2id with our own parameters are compared as they are and made
/// anew at the next login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Argon2i, Argon2d and Argon2id: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    Argon2,
    /// bcrypt: `$2a$`, `$2b$` or `$2y$`, the cost, `$`, and 53 characters.
    Bcrypt,
    /// PBKDF2 with HMAC of SHA-1, SHA-256 or SHA-512: `$pbkdf2-sha256$i=…,l=…$salt$hash`, `$pbkdf2-sha256$rounds$salt$hash`
    /// of passlib, `pbkdf2_sha256$rounds$salt$hash` of Django.
    Pbkdf2,
    /// scrypt: `$scrypt$ln=…,r=…,p=…$salt$hash`.
    Scrypt,
    /// SHA-256-crypt and SHA-512-crypt, of crypt(3): `$5$` or `$6$`, perhaps `rounds=…$`, `salt$hash`.
    ShaCrypt,
    /// Salted SHA of LDAP directories: `{SSHA}`, `{SSHA256}`, `{SSHA384}` or `{SSHA512}`, and base64 of digest and salt.
    SaltedSha,
}

impl Family {
    /// The family of `hash`, if it can be brought along: it is well-formed, salted, and comparing a password with it takes some
    /// twenty times as long as with a new one, and 256 MiB, at the most, whoever made it up.
    ///
    /// ```
    /// use tenantry_crypto::{Family, RefusedHash};
    /// use tenantry_domain::PasswordHash;
    ///
    /// let hash = |cost| PasswordHash::new(format!("$2b${cost}$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS"));
    /// assert_eq!(Family::of(&hash("12")), Ok(Family::Bcrypt));
    /// assert_eq!(
    ///     Family::of(&hash("31")).unwrap_err().to_string(),
    ///     "the bcrypt hash demands too much work: a cost of 31, where 13 is the most"
    /// );
    /// assert_eq!(Family::of(&PasswordHash::new("p4ss")), Err(RefusedHash::Unknown));
    /// ```
    pub fn of(hash: &PasswordHash) -> Result<Self, RefusedHash> {
        let (family, _) = read(hash.expose())?;
        Ok(family)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argon2 => "Argon2",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2 => "PBKDF2",
            Self::Scrypt => "scrypt",
            Self::ShaCrypt => "SHA-crypt",
            Self::SaltedSha => "salted SHA",
        })
    }
}

/// Why a hash cannot be brought along. Nothing in it shows the hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedHash {
    /// Of no family.
    #[error("the password hash is of an unknown kind")]
    Unknown,
    /// It begins like one of this family, and does not go on like one.
    #[error("the {0} hash is malformed")]
    Malformed(Family),
    /// Whoever sees it looks its password up in a table.
    #[error("the {0} hash has no salt: bring its user along without a password")]
    Unsalted(Family),
    /// Comparing with it could take the server down.
    #[error("the {family} hash demands too much work: {demanded}, where {most} is the most")]
    Excessive {
        /// Its family.
        family: Family,
        /// What it demands, in the words of its family.
        demanded: String,
        /// The limit.
        most: u32,
    },
}

/// A hash that was read and is within the limits.
trait Stored {
    /// Whether it was made from `password`.
    fn is_of(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError>;

    /// About how long [`Stored::is_of`] takes where a new hash of ours takes [`argon2::OURS_TAKES`].
    fn takes(&self) -> Duration;

    /// The same for this password, where its length counts.
    fn takes_with(&self, _password: &[u8]) -> Duration {
        self.takes()
    }

    /// Whether it is exactly as new ones are made.
    fn is_current(&self) -> bool {
        false
    }
}

/// How much work comparing `password` with `hash` is.
pub(super) fn weight(password: &[u8], hash: &PasswordHash) -> Weight {
    match comparable(password, hash) {
        Some(stored) if stored.takes_with(password) > HEAVY => Weight::Heavy,
        // For what cannot be compared the work for nobody is done.
        _ => Weight::Usual,
    }
}

/// Whether `password` is the one that `hash` was made from. With a hash that is refused every password is wrong, after the
/// work for nobody: nobody knows who put it into the store, and its user needs a new password either way.
pub(super) fn verify(
    password: &[u8],
    hash: &PasswordHash,
    memory: &mut Memory,
) -> Result<Verdict, HashError> {
    let Some(stored) = comparable(password, hash) else {
        argon2::work_for_nobody(password, memory)?;
        return Ok(Verdict::Wrong);
    };
    let right = stored.is_of(password, memory)?;
    // Right or wrong: somebody who is locked must not learn from the time that the password was right.
    if stored.takes_with(password) < argon2::OURS_TAKES / 2 {
        argon2::work_for_nobody(password, memory)?;
    }
    Ok(match (right, stored.is_current()) {
        (false, _) => Verdict::Wrong,
        (true, true) => Verdict::Right,
        (true, false) => Verdict::RightButOutdated,
    })
}

/// What `password` can be compared with in a bounded time.
fn comparable(password: &[u8], hash: &PasswordHash) -> Option<Box<dyn Stored>> {
    let (_, stored) = read(hash.expose()).ok()?;
    (stored.takes_with(password) <= LONGEST_WORK).then_some(stored)
}

/// Whether comparing a password of usual length with `hash`, which is understood, is several times the work of a hash of ours.
pub(super) fn is_heavy(hash: &PasswordHash) -> bool {
    read(hash.expose()).is_ok_and(|(_, stored)| stored.takes() > HEAVY)
}

fn read(text: &str) -> Result<(Family, Box<dyn Stored>), RefusedHash> {
    let family = claimed(text).ok_or(RefusedHash::Unknown)?;
    if text.len() > LONGEST {
        return Err(RefusedHash::Malformed(family));
    }
    let stored: Box<dyn Stored> = match family {
        Family::Argon2 => Box::new(argon2::Hash::read(text)?),
        Family::Bcrypt => Box::new(bcrypt::Hash::read(text)?),
        Family::Pbkdf2 => Box::new(pbkdf2::Hash::read(text)?),
        Family::Scrypt => Box::new(scrypt::Hash::read(text)?),
        Family::ShaCrypt => Box::new(sha_crypt::Hash::read(text)?),
        Family::SaltedSha => Box::new(salted_sha::Hash::read(text)?),
    };
    Ok((family, stored))
}

/// In bytes. The longest one in use has some 200.
const LONGEST: usize = 1024;
/// What takes longer waits in a lane of its own.
const HEAVY: Duration = argon2::OURS_TAKES.saturating_mul(4);
/// No comparison takes longer. The limits of the families lie below it, but for those in which the length of a password counts.
const LONGEST_WORK: Duration = argon2::OURS_TAKES.saturating_mul(21);

/// What `text` says that it is: by the `$identifier$` that all PHC and crypt strings begin with, by Django's `identifier$`,
/// or by the `{SCHEME}` of a directory.
fn claimed(text: &str) -> Option<Family> {
    if let Some((scheme, _)) = text::directory(text) {
        return salted_sha::is_scheme(scheme).then_some(Family::SaltedSha);
    }
    let (identifier, rooted) = match text.strip_prefix('$') {
        Some(rest) => (rest.split_once('$')?.0, true),
        None => (text.split_once('$')?.0, false),
    };
    match (identifier, rooted) {
        ("argon2i" | "argon2d" | "argon2id", true) => Some(Family::Argon2),
        ("2a" | "2b" | "2y", true) => Some(Family::Bcrypt),
        ("pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512", true)
        | ("pbkdf2_sha1" | "pbkdf2_sha256", false) => Some(Family::Pbkdf2),
        ("scrypt", true) => Some(Family::Scrypt),
        ("5" | "6", true) => Some(Family::ShaCrypt),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
