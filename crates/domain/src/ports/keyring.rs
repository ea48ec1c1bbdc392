//! What a store remembers of the master key, and everything in it that one sealed.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{KeyId, Sealed, SealedPlace};

/// A stretch of what is sealed in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBatch {
    /// What was sealed by another key than the one asked about, in the order of [`SealedPlace`].
    pub others: Vec<(SealedPlace, Sealed)>,
    /// How many sealed things were looked at.
    pub examined: u64,
    /// Where the next stretch begins; `None` if this was the last.
    pub next: Option<SealedPlace>,
}

/// Something that was sealed anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// What it belongs to.
    pub place: SealedPlace,
    /// As it was; if it is something else by now, nothing is replaced.
    pub old: Sealed,
    /// As it shall be.
    pub new: Sealed,
}

/// Remembers by which master key the store was initialized, and hands out what is sealed, to be sealed anew.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait KeyringRepository: Send + Sync {
    /// The sentinel that was recorded; `None` in a store that is new.
    async fn sentinel(&self) -> Result<Option<Sealed>, RepositoryError>;

    /// Records `sentinel` unless there is one already, and answers the one that is there now. Two nodes that start on
    /// one new store at the same moment thus learn which of them was first.
    async fn record_sentinel(&self, sentinel: &Sealed) -> Result<Sealed, RepositoryError>;

    /// Puts `new` in the place of the sentinel, if that is still `old`; `false` if not.
    async fn replace_sentinel(&self, old: &Sealed, new: &Sealed) -> Result<bool, RepositoryError>;

    /// How many things are sealed in the store, counted no further than `up_to`.
    async fn count_sealed(&self, up_to: u64) -> Result<u64, RepositoryError>;

    /// Looks at up to `limit` sealed things after `after`, in the order of [`SealedPlace`], and answers those that
    /// another key than `key` sealed. Costs the same wherever it begins.
    async fn sealed_by_others(
        &self,
        key: KeyId,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<SealedBatch, RepositoryError>;

    /// Replaces what was sealed anew, in one write; answers how many still were as they had been. No revision grows and
    /// no record is left: nothing that anybody sees has changed.
    async fn reseal(&self, items: &[Resealed]) -> Result<u64, RepositoryError>;
}
