//! A store for one test, and the runtime that the test runs in.

use std::{any::Any, fmt, future::Future};

use tenantry_domain::ports::Repositories;

/// A store that nobody else uses: migrated and empty.
pub struct Fresh {
    /// The store.
    pub repositories: Repositories,
    /// Whether it keeps passwords of which only the hash is known.
    pub(crate) keeps_hashes: bool,
    _keep: Box<dyn Any + Send + Sync>,
}

impl Fresh {
    /// The store behind `repositories`. `keep` is dropped when the test is over: a temporary directory, a schema, a
    /// handle.
    pub fn new(repositories: Repositories, keep: impl Any + Send + Sync) -> Self {
        Self {
            repositories,
            keeps_hashes: true,
            _keep: Box::new(keep),
        }
    }

    /// A store that cannot keep passwords of which only the hash is known: users that cases start from have none there.
    #[must_use]
    pub fn without_hashes(self) -> Self {
        Self {
            keeps_hashes: false,
            ..self
        }
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").finish_non_exhaustive()
    }
}

/// Runs one case in a runtime of its own, with several threads, so that concurrent tasks really meet.
///
/// # Panics
/// If the case does, or if the operating system gives no threads.
pub fn run<T>(case: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime for the test")
        .block_on(case)
}
