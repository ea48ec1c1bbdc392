//! A password hasher that hashes nothing, and counts.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tenantry_domain::{
    Password, PasswordHash,
    ports::{HashError, PasswordHasher, Verdict},
};

/// Hashes `secret` as `plain$secret`. A hash that begins with `outdated$` is understood, and to be renewed; one that begins with
/// `costly$` as well, and takes long.
#[derive(Debug, Default)]
pub struct PlainHasher {
    hashed: AtomicUsize,
    verified: AtomicUsize,
}

impl PlainHasher {
    /// A hasher that has not worked yet.
    pub const fn new() -> Self {
        Self {
            hashed: AtomicUsize::new(0),
            verified: AtomicUsize::new(0),
        }
    }

    /// How many passwords were hashed.
    pub fn hashed(&self) -> usize {
        self.hashed.load(Ordering::Relaxed)
    }

    /// How many passwords were compared, those without a hash to compare with included.
    pub fn verified(&self) -> usize {
        self.verified.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.hashed.fetch_add(1, Ordering::Relaxed);
        Ok(PasswordHash::new(format!("plain${}", password.expose())))
    }

    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verdict, HashError> {
        self.verified.fetch_add(1, Ordering::Relaxed);
        let Some(hash) = hash.filter(|hash| !hash.is_held_elsewhere()) else {
            return Ok(Verdict::Wrong);
        };
        match hash.expose().split_once('$') {
            Some(("plain", text)) if text == password.expose() => Ok(Verdict::Right),
            Some(("outdated" | "costly", text)) if text == password.expose() => {
                Ok(Verdict::RightButOutdated)
            }
            _ => Ok(Verdict::Wrong),
        }
    }

    fn accepts(&self, hash: &PasswordHash) -> Result<(), String> {
        match hash.expose().split_once('$') {
            Some(("plain" | "outdated" | "costly", _)) => Ok(()),
            _ => Err("the password hash is of an unknown kind".to_owned()),
        }
    }

    fn is_costly(&self, hash: &PasswordHash) -> bool {
        hash.expose().starts_with("costly$")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_right_and_counted() {
        crate::run(async {
            let hasher = PlainHasher::new();
            let password = Password::new("p$4ss");
            let hash = hasher.hash(&password).await.unwrap();
            assert_eq!(hash.expose(), "plain$p$4ss");
            assert_eq!(
                hasher.verify(&password, Some(&hash)).await.unwrap(),
                Verdict::Right
            );
            let old = PasswordHash::new("outdated$p$4ss");
            assert_eq!(
                hasher.verify(&password, Some(&old)).await.unwrap(),
                Verdict::RightButOutdated
            );
            assert_eq!(
                hasher
                    .verify(&Password::new("other"), Some(&hash))
                    .await
                    .unwrap(),
                Verdict::Wrong
            );
            assert_eq!(
                hasher.verify(&password, None).await.unwrap(),
                Verdict::Wrong
            );
            let elsewhere = PasswordHash::held_elsewhere();
            assert_eq!(
                hasher.verify(&password, Some(&elsewhere)).await.unwrap(),
                Verdict::Wrong
            );
            let strange = PasswordHash::new("$argon2id$x");
            assert_eq!(
                hasher.verify(&password, Some(&strange)).await.unwrap(),
                Verdict::Wrong
            );
            assert_eq!(hasher.accepts(&old), Ok(()));
            assert!(hasher.accepts(&strange).is_err());
            let costly = PasswordHash::new("costly$p$4ss");
            assert_eq!(hasher.accepts(&costly), Ok(()));
            assert!(hasher.is_costly(&costly) && !hasher.is_costly(&old));
            assert_eq!((hasher.hashed(), hasher.verified()), (1, 6));
        });
    }
}
