//! What was changed in the file by others than those who know it. The server knows what it changes; a command line beside it,
//! or whoever else writes, shows in SQLite's `data_version`, which tells that there was a change and not which. So do writes of
//! the server itself that went to their end after whoever asked for them had gone.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tenantry_domain::ports::{CallerFeed, FeedEvent, RepositoryError};
use tokio::time::Instant;

use crate::engine::Engine;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(200);
/// A look that takes longer says nothing of the moment.
const PATIENCE: Duration = Duration::from_millis(300);

/// Looks at the file.
pub(crate) struct SqliteCallerFeed {
    engine: Engine,
    /// What it was like when it was looked at last.
    seen: Mutex<Option<Seen>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    version: i64,
    unheard: u64,
}

impl SqliteCallerFeed {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            seen: Mutex::new(None),
        }
    }

    async fn look(&self) -> Result<Seen, RepositoryError> {
        // On the connection that writes it changes with the commits of others alone.
        let version = self
            .engine
            .write(|connection| {
                Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
            })
            .await?;
        Ok(Seen {
            version,
            unheard: self.engine.unheard(),
        })
    }

    /// Answers whether it is as it was.
    fn is_the_same(&self, now: Option<Seen>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *seen, now);
        now.is_some() && before == now
    }
}

#[async_trait]
impl CallerFeed for SqliteCallerFeed {
    async fn next(&self) -> FeedEvent {
        loop {
            tokio::time::sleep(EVERY).await;
            let asked = Instant::now();
            let found = self.look().await;
            if !self.is_the_same(found.ok()) {
                return FeedEvent::Lost;
            }
            if Instant::now().saturating_duration_since(asked) <= PATIENCE {
                return FeedEvent::Current;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc,
        task::{Context, Waker},
    };

    use tokio::sync::oneshot;

    use super::*;
    use crate::config::SqliteConfig;

    #[tokio::test]
    async fn a_write_that_nobody_waited_for_is_told_and_others_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let config = SqliteConfig::at(directory.path().join("test.db"));
        let engine = Engine::open(config, |_| Ok(())).await.unwrap();
        let feed = SqliteCallerFeed::new(engine.clone());
        assert_eq!(feed.next().await, FeedEvent::Lost);
        let create = engine.write(|connection| Ok(connection.execute_batch("CREATE TABLE t (n)")?));
        create.await.unwrap();
        assert_eq!(feed.next().await, FeedEvent::Current);

        let ((started, begun), (go, wait)) = (oneshot::channel(), mpsc::channel::<()>());
        let mut write = Box::pin(engine.write(move |connection| {
            started.send(()).unwrap();
            let _go = wait.recv();
            Ok(connection.execute_batch("INSERT INTO t VALUES (1)")?)
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(write.as_mut().poll(&mut context).is_pending());
        begun.await.unwrap();
        drop(write);
        go.send(()).unwrap();
        assert_eq!(feed.next().await, FeedEvent::Lost);
        assert_eq!(feed.next().await, FeedEvent::Current);
    }
}
