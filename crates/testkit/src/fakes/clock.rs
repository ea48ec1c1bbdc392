//! Time that stands still until a test moves it, and request ids that count.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tenantry_domain::{
    RequestId,
    ports::{Clock, RequestIds},
};
use time::{Duration, OffsetDateTime};

use crate::samples;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FixedClock(Mutex<OffsetDateTime>);

impl FixedClock {
    /// A clock that shows `instant`.
    pub const fn new(instant: OffsetDateTime) -> Self {
        Self(Mutex::new(instant))
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// Shows [`samples::START`].
impl Default for FixedClock {
    fn default() -> Self {
        Self::new(samples::START)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Request ids `000000000000000000000001`, `000000000000000000000002`, ….
#[derive(Debug, Default)]
pub struct SequentialRequestIds(AtomicU64);

impl SequentialRequestIds {
    /// Starts with number 1.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl RequestIds for SequentialRequestIds {
    fn next(&self) -> RequestId {
        samples::request_id(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_only_when_told() {
        let clock = FixedClock::default();
        assert_eq!(clock.now().to_string(), "2026-01-15 12:00:00.0 +00:00:00");
        clock.advance(Duration::minutes(30));
        assert_eq!(clock.now().to_string(), "2026-01-15 12:30:00.0 +00:00:00");
    }

    #[test]
    fn request_ids_count_from_one() {
        let ids = SequentialRequestIds::new();
        assert_eq!(ids.next().to_string(), "000000000000000000000001");
        assert_eq!(ids.next().to_string(), "000000000000000000000002");
    }
}
