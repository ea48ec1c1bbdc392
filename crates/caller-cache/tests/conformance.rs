//! With callers remembered in front of it, a store still passes the suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use tenantry_caller_cache::CallerCache;
use tenantry_domain::ports::FeedEvent;
use tenantry_testkit::{Fresh, memory::MemoryStore};

tenantry_testkit::repository_suite!(fresh);

async fn fresh() -> Fresh {
    let cache = CallerCache::new(1000);
    let repositories = cache.over(&MemoryStore::new().repositories());
    support::hear(&cache, &[FeedEvent::Current]).await;
    Fresh::new(repositories, cache)
}
