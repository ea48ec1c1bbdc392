//! What can be set about a SQLite store.

use std::{path::PathBuf, time::Duration};

/// Where the database file is and how it is used. Start from [`SqliteConfig::at`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The database file. It is created if missing, readable by its owner only; so is its directory. `-wal` and `-shm`
    /// files stand beside it while the store is open and belong to it.
    pub path: PathBuf,
    /// So many threads run lists and counts of one organization at the same moment, and one more is there for the others;
    /// so many connections beside theirs are for look-ups by key. At least one of each.
    pub readers: usize,
    /// How long a write waits for another process that is writing, for example the command line beside the server.
    pub busy_timeout: Duration,
    /// How long one read may take before it is broken off.
    pub read_limit: Duration,
    /// How long a call waits for its answer, the time in the queue included. Erasing the users of an account may take
    /// longer, at some 100 µs for each; calls that write meanwhile and cannot wait so long are refused, without effect.
    pub patience: Duration,
    /// How many calls may wait for the writer, and as many for the readers.
    pub queue: usize,
    /// The page cache of each connection that reads, in KiB.
    pub cache_kib: u32,
    /// The page cache of the connection that writes, in KiB. A user stands in some twenty indexes: what does not fit is written
    /// before the commit, read again and written again.
    pub writer_cache_kib: u32,
}

impl SqliteConfig {
    /// The defaults, for the file at `path`: small caches, and every call answered within five seconds.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 2,
            busy_timeout: Duration::from_secs(4),
            read_limit: Duration::from_secs(5),
            patience: Duration::from_secs(5),
            queue: 1024,
            cache_kib: 1024,
            writer_cache_kib: 8 * 1024,
        }
    }
}
