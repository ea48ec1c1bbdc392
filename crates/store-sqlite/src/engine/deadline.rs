//! Breaks off reads that take too long. The only place of the crate that looks at a clock, and only to measure.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// After so many steps of SQLite's virtual machine the clock is looked at: well under a millisecond of plain steps.
const STEPS: i32 = 1000;
const NEVER: u64 = u64::MAX;

/// The limit of the reads on one connection.
pub(super) struct Deadline {
    limit: Duration,
    base: Instant,
    /// Nanoseconds after `base`.
    until: Arc<AtomicU64>,
}

/// While this lives, the time of one read runs.
pub(super) struct Running<'a>(&'a Deadline);

impl Deadline {
    /// Limits each read on `connection` to `limit`.
    #[expect(
        clippy::disallowed_methods,
        reason = "measures how long a read takes; nothing of it is stored"
    )]
    pub(super) fn install(connection: &Connection, limit: Duration) -> rusqlite::Result<Self> {
        let base = Instant::now();
        let until = Arc::new(AtomicU64::new(NEVER));
        let seen = Arc::clone(&until);
        connection.progress_handler(
            STEPS,
            Some(move || nanoseconds(base.elapsed()) >= seen.load(Ordering::Relaxed)),
        )?;
        Ok(Self { limit, base, until })
    }

    pub(super) fn start(&self) -> Running<'_> {
        let until = nanoseconds(self.base.elapsed().saturating_add(self.limit));
        self.until.store(until, Ordering::Relaxed);
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.until.store(NEVER, Ordering::Relaxed);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}
