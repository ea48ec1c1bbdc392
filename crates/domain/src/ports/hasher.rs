//! Password hashing.

use async_trait::async_trait;

use crate::{Email, Password, PasswordHash};

/// What came out of a comparison of a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not this password.
    Wrong,
    /// This password.
    Right,
    /// This password, but the hash is of an older or weaker kind: hash it anew.
    RightButOutdated,
}

/// Hashes passwords, slowly on purpose. Implementations run on threads of their own, bounded in number, so that a storm of
/// logins slows logins and nothing else.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A new salted hash of `password`.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Whether `password` is the one that was hashed.
    ///
    /// Without a hash (no such user, or one without a password), and for a password that is
    /// [held elsewhere](PasswordHash::held_elsewhere), the answer is [`Verdict::Wrong`] after the same work, so
    /// that nobody can tell the two apart by time. So it is for a hash that is not [accepted](Self::accepts), wherever it comes
    /// from: nobody's login is an error because of what is stored.
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verdict, HashError>;

    /// Whether [`verify`](Self::verify) will understand a hash that comes from elsewhere. Quick: nothing is hashed.
    ///
    /// # Errors
    /// Why it cannot be brought along, in words that do not show it.
    fn accepts(&self, hash: &PasswordHash) -> Result<(), String>;

    /// Whether comparing with a hash that is accepted takes several times as long as with a new one. Quick, as `accepts` is.
    fn is_costly(&self, hash: &PasswordHash) -> bool;
}

/// One's turn to try a password; it ends when this is dropped.
pub struct Turn(#[expect(dead_code, reason = "kept for its drop")] Box<dyn Send>);

impl Turn {
    /// A turn that lasts as long as `guard`.
    pub fn new(guard: impl Send + 'static) -> Self {
        Self(Box::new(guard))
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}

/// Lets passwords of one e-mail be tried one at a time, on this node: otherwise, many guesses at the same moment would all
/// be compared before the first of them is counted. An e-mail that nobody has queues like any other.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PasswordTurns: Send + Sync {
    /// Waits for one's turn.
    ///
    /// # Errors
    /// [`HashError::Busy`] if too many wait for this e-mail already.
    async fn wait(&self, email: &Email) -> Result<Turn, HashError>;
}

/// Why a hash could not be made or compared.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting; try again later.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash function failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}
