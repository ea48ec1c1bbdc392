//! What a store remembers of the master key: enough to recognize it, nothing to derive it from.

use async_trait::async_trait;

use super::RepositoryError;
use crate::Sealed;

/// Remembers by which master key the store was initialized.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait KeyringRepository: Send + Sync {
    /// The sentinel that was recorded; `None` in a store that is new.
    async fn sentinel(&self) -> Result<Option<Sealed>, RepositoryError>;

    /// Records `sentinel` unless there is one already, and answers the one that is there now. Two nodes that start on
    /// one new store at the same moment thus learn which of them was first.
    async fn record_sentinel(&self, sentinel: &Sealed) -> Result<Sealed, RepositoryError>;
}
