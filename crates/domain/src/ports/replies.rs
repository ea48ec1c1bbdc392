//! Where replies are kept that may have to be sent again (contract, section 3, `Idempotency-Key`).

use async_trait::async_trait;
use time::OffsetDateTime;

use super::RepositoryError;
use crate::{ReplyKey, Sealed, SecretDigest};

/// What became of the attempt to begin a call under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first one: do it, then [`finish`](ReplyRepository::finish) or [`abandon`](ReplyRepository::abandon).
    First,
    /// The first one is running still.
    Running,
    /// The key was used for another call.
    Other,
    /// It was done already, and this was the reply.
    Done(Sealed),
}

/// Where replies are kept that may have to be sent again. A key is remembered until its time is over; then it is as if it
/// had never been used.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ReplyRepository: Send + Sync {
    /// Begins a call at `now` under `key`. `fingerprint` tells it from other calls. If the call neither finishes nor is
    /// abandoned, because the server stopped, the key is free again at `running_until`. Of several that begin at the same
    /// moment exactly one is the first.
    ///
    /// # Errors
    /// `Conflict` on the user's `id` if there is no such user, who may have been erased meanwhile.
    async fn begin(
        &self,
        key: &ReplyKey,
        fingerprint: &SecretDigest,
        now: OffsetDateTime,
        running_until: OffsetDateTime,
    ) -> Result<Begun, RepositoryError>;

    /// Keeps the reply of the call that was begun to run until `running_until`, until `kept_until`. Nothing happens unless
    /// that call has the key still: when its time was over, another one may have taken it.
    async fn finish(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
        reply: &Sealed,
        kept_until: OffsetDateTime,
    ) -> Result<(), RepositoryError>;

    /// Frees the key of a call that was begun to run until `running_until`, and came to nothing; as long as that call has
    /// the key.
    async fn abandon(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
    ) -> Result<(), RepositoryError>;

    /// Erases up to `limit` keys whose time is over at `now`; answers how many.
    async fn forget_expired(&self, now: OffsetDateTime, limit: u32)
    -> Result<u64, RepositoryError>;
}
