//! Until when the feed is trusted.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// A time that is over by itself if nobody renews it.
#[derive(Debug)]
pub(crate) struct Lease {
    lasts: Duration,
    base: Instant,
    /// Microseconds after `base`; 0 if there is none.
    until: AtomicU64,
}

impl Lease {
    pub(crate) fn new(lasts: Duration) -> Self {
        Self {
            lasts,
            base: Instant::now(),
            until: AtomicU64::new(0),
        }
    }

    pub(crate) fn renew(&self) {
        let until = Instant::now().duration_since(self.base) + self.lasts;
        let until = u64::try_from(until.as_micros()).unwrap_or(u64::MAX);
        self.until.store(until, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.until.store(0, Ordering::SeqCst);
    }

    pub(crate) fn lasts(&self) -> bool {
        let now = Instant::now().duration_since(self.base).as_micros();
        now < u128::from(self.until.load(Ordering::SeqCst))
    }
}
