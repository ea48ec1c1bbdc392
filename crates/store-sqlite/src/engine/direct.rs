//! Connections for look-ups by key, used on the thread of whoever calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::reader::Reader;
use crate::error::Failure;

pub(super) struct Direct(Mutex<State>);

struct State {
    idle: Vec<Reader>,
    closed: bool,
}

/// A connection on loan; it goes back when this is dropped, also by a panic.
pub(super) struct Borrowed<'a> {
    reader: Option<Reader>,
    from: &'a Direct,
}

impl Borrowed<'_> {
    pub(super) fn run<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match &self.reader {
            Some(reader) => reader.run(work),
            // Only `drop` takes the connection out.
            None => Err(Failure::backend("the connection was given back")),
        }
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut state = self.from.state();
        if !state.closed {
            state.idle.extend(self.reader.take());
        }
    }
}

impl Direct {
    pub(super) fn new(idle: Vec<Reader>) -> Self {
        Self(Mutex::new(State {
            idle,
            closed: false,
        }))
    }

    /// An idle connection, if there is one.
    pub(super) fn take(&self) -> Option<Borrowed<'_>> {
        let reader = self.state().idle.pop()?;
        Some(Borrowed {
            reader: Some(reader),
            from: self,
        })
    }

    /// Closes the idle connections now and the others when they come back.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.idle.clear();
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
