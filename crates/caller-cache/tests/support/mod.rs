//! A feed that says what a test wants, and stores with the cache in front.

use std::sync::Mutex;

use async_trait::async_trait;
use tenantry_caller_cache::CallerCache;
use tenantry_domain::ports::{CallerFeed, FeedEvent};

/// Says these, and then nothing any more.
pub(crate) struct Script(Mutex<Vec<FeedEvent>>);

#[async_trait]
impl CallerFeed for Script {
    async fn next(&self) -> FeedEvent {
        let next = self.0.lock().unwrap().pop();
        match next {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

/// The cache hears these.
pub(crate) async fn hear(cache: &CallerCache, events: &[FeedEvent]) {
    let script = Script(Mutex::new(events.iter().rev().copied().collect()));
    tokio::select! {
        biased;
        () = cache.follow(&script) => {}
        () = std::future::ready(()) => {}
    }
}
