//! What can go wrong behind a port, by what the caller can do about it.

use std::borrow::Cow;

use crate::Entity;

/// The cause of an error, for logs.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong behind a port.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// Something else has this value already, or the state of the other thing does not allow it.
    #[error("the {field} of this {entity} is in use or does not allow it")]
    Conflict {
        /// Of what kind.
        entity: Entity,
        /// Which field, by its API name.
        field: &'static str,
    },
    /// It was changed since the caller read it.
    #[error("the {entity} was changed meanwhile")]
    Stale {
        /// Of what kind.
        entity: Entity,
    },
    /// This adapter cannot do it.
    #[error("{what} is not supported here")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
    /// A page token that is damaged or belongs to another list.
    #[error("the page token is damaged or belongs to another list")]
    InvalidCursor,
    /// The store refuses, for a rule that only it can check.
    #[error("{reason}")]
    Denied {
        /// A sentence for the caller.
        reason: Cow<'static, str>,
    },
    /// A stored row that cannot be: somebody wrote into the store, or there is a bug.
    #[error("the stored {entity} {id} is corrupt")]
    Corrupt {
        /// Of what kind.
        entity: Entity,
        /// Which one.
        id: i64,
        /// What is wrong with it.
        #[source]
        source: BoxError,
    },
    /// The store cannot be reached now, or did not answer in time. Nothing was written, or nobody knows.
    #[error("the store is unavailable")]
    Unavailable {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The store is there, but broke the read off: it would take longer than the store allows, as some filters over many
    /// records do.
    #[error("the store would take too long")]
    TooSlow {
        /// How it was broken off.
        #[source]
        source: BoxError,
    },
    /// Anything else: likely a bug.
    #[error("the store failed")]
    Backend {
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl RepositoryError {
    /// The organization would be left without an administrator.
    pub const LAST_ADMINISTRATOR: Self = Self::Denied {
        reason: Cow::Borrowed("The last 'org-admin' of an organization cannot be taken away."),
    };

    /// Every organization keeps its default account.
    pub const DEFAULT_ACCOUNT: Self = Self::Denied {
        reason: Cow::Borrowed(
            "The default account of an organization can be neither deleted nor deactivated.",
        ),
    };

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Conflict { .. }
            | Self::Stale { .. }
            | Self::Unsupported { .. }
            | Self::InvalidCursor
            | Self::Denied { .. }
            | Self::Corrupt { .. }
            | Self::TooSlow { .. }
            | Self::Backend { .. } => false,
        }
    }
}
