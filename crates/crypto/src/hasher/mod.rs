//! [`Argon2Hasher`]: the port [`PasswordHasher`] on a bounded number of threads. It must not know what a password has to
//! look like, nor whose it is.

mod background;
mod families;
mod memory;
mod pool;

use std::thread;

use async_trait::async_trait;
use tenantry_domain::{
    Password, PasswordHash,
    ports::{HashError, PasswordHasher, Verdict},
};
use zeroize::Zeroizing;

use crate::random;
use families::argon2;
pub use families::{Family, RefusedHash};
use pool::{Pool, Weight};

/// How much password hashing is done at once, and how much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasherConfig {
    /// How many passwords are hashed at the same moment, at least one. Each takes a core for some 40 ms and 19 MiB of memory;
    /// a hash that was imported takes what it demands, twenty times as long and 256 MiB at the most. Of those that take more
    /// than four times as long half as many are compared at the same moment, at least one, and 16 may wait.
    ///
    /// By default as many as there are cores. Not one less: on two cores that would halve the logins, while reads gain little,
    /// because they are short and the system lets a thread that slept go before one that computes.
    pub parallelism: usize,
    /// How many may wait for their turn, 1024 by default. Who comes when so many wait gets [`HashError::Busy`].
    pub queue: usize,
}

impl Default for HasherConfig {
    fn default() -> Self {
        Self {
            parallelism: thread::available_parallelism().map_or(1, Into::into),
            queue: 1024,
        }
    }
}

/// Hashes with Argon2id (m = 19,456 KiB, t = 2, p = 1) and verifies every family of hashes it knows.
///
/// The work is done on threads that let all others go first, never more than [`HasherConfig::parallelism`] at once, so that
/// a storm of logins slows logins and nothing else. Who stops waiting (a client that hangs up) gives its turn to the next.
#[derive(Debug)]
pub struct Argon2Hasher {
    pool: Pool,
}

impl Argon2Hasher {
    /// A hasher with these limits.
    pub fn new(config: HasherConfig) -> Self {
        Self {
            pool: Pool::new(config.parallelism, config.queue),
        }
    }

    /// How many wait for their turn at this moment.
    pub fn queue_length(&self) -> usize {
        self.pool.queue_length()
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let Some(password) = working_copy(password) else {
            return Err(HashError::Failed(format!(
                "the password has more than {LONGEST} bytes"
            )));
        };
        let salt = random::bytes();
        self.pool
            .run(Weight::Usual, move |memory| {
                argon2::hash(password.as_bytes(), &salt, memory)
            })
            .await?
    }

    /// A password too long to have been hashed here is wrong without any work, whoever it is for.
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verdict, HashError> {
        let Some(password) = working_copy(password) else {
            return Ok(Verdict::Wrong);
        };
        let hash = hash.filter(|hash| !hash.is_held_elsewhere());
        let known = hash.is_some();
        let hash = hash
            .cloned()
            .unwrap_or_else(|| PasswordHash::new(argon2::OF_NOBODY));
        let weight = families::weight(password.as_bytes(), &hash);
        let work = move |memory: &mut _| families::verify(password.as_bytes(), &hash, memory);
        let verdict = self.pool.run(weight, work).await??;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    fn accepts(&self, hash: &PasswordHash) -> Result<(), String> {
        match Family::of(hash) {
            Ok(_) => Ok(()),
            Err(refused) => Err(refused.to_string()),
        }
    }

    fn is_costly(&self, hash: &PasswordHash) -> bool {
        families::is_heavy(hash)
    }
}

/// A copy to take to another thread, wiped when done with; `None` if nobody has such a long password.
fn working_copy(password: &Password) -> Option<Zeroizing<String>> {
    let password = password.expose();
    (password.len() <= LONGEST).then(|| Zeroizing::new(password.to_owned()))
}

/// The 256 characters of the longest password, at up to four bytes each.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn whoever_comes_to_a_full_line_is_turned_away() {
        let hasher = Arc::new(Argon2Hasher::new(HasherConfig {
            parallelism: 1,
            queue: 0,
        }));
        let (started, has_started) = oneshot::channel();
        let (finish, finished) = mpsc::channel::<()>();
        let other = Arc::clone(&hasher);
        let running = tokio::spawn(async move {
            let job = move |_: &mut _| {
                started.send(()).unwrap();
                finished.recv().unwrap();
            };
            other.pool.run(Weight::Usual, job).await
        });
        has_started.await.unwrap();

        let password = Password::new("p4ss");
        assert!(matches!(
            hasher.verify(&password, None).await,
            Err(HashError::Busy)
        ));
        assert!(matches!(hasher.hash(&password).await, Err(HashError::Busy)));

        finish.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(
            hasher.verify(&password, None).await.unwrap(),
            Verdict::Wrong
        );
    }

    #[test]
    fn by_default_every_core_hashes() {
        let config = HasherConfig::default();
        assert_eq!(
            config.parallelism,
            thread::available_parallelism().unwrap().get()
        );
        assert_eq!(config.queue, 1024);
    }
}
