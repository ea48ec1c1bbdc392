//! Remembers who is calling, in front of any store, so that a call need not ask the store who makes it.
//!
//! What is remembered is exact. The node that takes a change forgets before it answers the change; every other node learns of
//! it from the store's [`CallerFeed`], and remembers nothing while that feed is silent. Whoever is not known is asked for at
//! the store, always.
//!
//! Must not know any store.

mod cache;
mod epochs;
mod lease;
mod over;

use std::{pin::pin, sync::Arc, time::Duration};

use tenantry_domain::ports::{CallerFeed, FeedEvent, Repositories};

use tokio::time::timeout;
use tracing::{info, warn};

use self::{cache::Cache, over::Forgetful};

/// For how long a silent feed is trusted. With what a feed may be late, changes of other nodes count within a second (goal 14).
const TRUSTED_FOR: Duration = Duration::from_millis(600);
/// After so long a silence somebody should know that the cache is of no use.
const TOLD_AFTER: Duration = Duration::from_secs(10);

/// The callers that this node remembers. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub struct CallerCache {
    cache: Arc<Cache>,
}

impl CallerCache {
    /// Remembers up to `capacity` callers.
    pub fn new(capacity: usize) -> Self {
        Self {
            cache: Arc::new(Cache::new(capacity, TRUSTED_FOR)),
        }
    }

    /// The same store, asked for callers only when it must be. Nothing is remembered before the feed has spoken.
    pub fn over(&self, store: &Repositories) -> Repositories {
        Forgetful::over(store, &self.cache)
    }

    /// Follows the feed, for as long as this is polled.
    pub async fn follow(&self, feed: &dyn CallerFeed) {
        loop {
            let mut current = pin!(self.until_current(feed));
            if timeout(TOLD_AFTER, current.as_mut()).await.is_err() {
                warn!("what other nodes change is not heard: the store is asked for every caller");
                current.await;
                info!("what other nodes change is heard again");
            }
        }
    }

    async fn until_current(&self, feed: &dyn CallerFeed) {
        loop {
            match feed.next().await {
                FeedEvent::Changed(change) => self.cache.forget(change),
                FeedEvent::Lost => self.cache.distrust(),
                FeedEvent::Current => return self.cache.trust(),
            }
        }
    }
}
