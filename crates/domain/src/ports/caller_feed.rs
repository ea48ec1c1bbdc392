//! What happened to those whom somebody remembers: how a node learns that what it knows of callers is no longer true.

use async_trait::async_trait;

use crate::{AccountId, InstanceId, OrganizationId, UserId};

/// Of whom something was changed that decides who may call, and what callers may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallerChange {
    /// Of an organization: its state, its secret, its roles, its password policy.
    Organization(OrganizationId),
    /// Of an account: its state, the roles granted to it.
    Account(AccountId),
    /// Of a user: its state, its password, its secrets and tokens, the roles granted to it; or it is gone.
    User(UserId),
    /// Of an instance: its state, its token; or it is gone.
    Instance(InstanceId),
}

/// What a feed says next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedEvent {
    /// This was changed, by whatever node or program.
    Changed(CallerChange),
    /// All that was changed up to a moment ago, at most 300 milliseconds, was told.
    Current,
    /// What was changed meanwhile is not known: nothing that was learned before this counts any more.
    Lost,
}

/// Tells what was changed in a store, by whatever node or program, some time after the commit.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait CallerFeed: Send + Sync {
    /// Waits for what happens next. While everything is in order it says [`FeedEvent::Current`] several times a second:
    /// silence means that nobody knows.
    async fn next(&self) -> FeedEvent;
}
