//! The connections: opened when they are needed, tested where they may be dead, thrown away where nobody knows what state they are in.
//! Must not know any statement.
//!
//! `deadpool` hands them out and not sqlx's own pool, which asks the server for a sign of life whenever a connection is given back: on a
//! connection of its own, that is as long as a look-up by key takes.

use std::{
    io::ErrorKind,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult};
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tenantry_domain::ports::RepositoryError;
use tokio::time::{Instant, sleep, timeout};

use crate::error;

/// A connection that was not used for longer is tested before use: a firewall may have forgotten it.
const TESTED_AFTER: Duration = Duration::from_secs(30);
/// One that is older is not used any more.
const MAX_LIFETIME: Duration = Duration::from_mins(30);
/// Those that were not used for longer are closed.
const CLOSED_AFTER: Duration = Duration::from_mins(10);
/// How often such are looked for.
const SWEPT_EVERY: Duration = Duration::from_mins(1);
/// While the server starts, a connection is tried again after so long, and then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The connections of a store.
pub(crate) struct Pool {
    connections: managed::Pool<Connections>,
    acquire_timeout: Duration,
    suspicion: Arc<Suspicion>,
    swept: Mutex<Instant>,
}

impl Pool {
    /// No connection is open yet.
    pub(crate) fn new(options: PgConnectOptions, most: u32, acquire_timeout: Duration) -> Self {
        let suspicion = Arc::new(Suspicion::default());
        let manager = Connections {
            options,
            suspicion: Arc::clone(&suspicion),
        };
        let connections = managed::Pool::builder(manager)
            .max_size(usize::try_from(most).unwrap_or(usize::MAX))
            // The one that was used last: so those that are not needed can be closed.
            .queue_mode(QueueMode::Lifo)
            .build()
            .expect("what it may refuse is a timeout without a runtime");
        Self {
            connections,
            acquire_timeout,
            suspicion,
            swept: Mutex::new(Instant::now()),
        }
    }

    /// A connection, when one is free.
    pub(crate) async fn lease(&self) -> Result<Lease, RepositoryError> {
        self.sweep();
        let object = timeout(self.acquire_timeout, self.connections.get()).await;
        let object = object.unwrap_or(Err(PoolError::Backend(sqlx::Error::PoolTimedOut)));
        Ok(Lease {
            object: Some(object.map_err(|error| error::no_connection(in_words_of_sqlx(error)))?),
        })
    }

    /// After one connection broke, all others that have not been used since are tested before use: what broke one has likely broken them
    /// all.
    pub(crate) fn suspect_all(&self) {
        self.suspicion.cast();
    }

    /// Closes those that nobody uses. The others are closed when they are given back, and none is handed out any more.
    pub(crate) async fn close(&self) {
        let unused = self.connections.retain(|_, _| false).removed;
        self.connections.close();
        close(unused).await;
    }

    /// Closes those that were not used for long, now and then.
    fn sweep(&self) {
        {
            let mut swept = lock(&self.swept);
            if swept.elapsed() < SWEPT_EVERY {
                return;
            }
            *swept = Instant::now();
        }
        let kept = |_: &PgConnection, metrics: Metrics| metrics.last_used() < CLOSED_AFTER;
        let unused = self.connections.retain(kept).removed;
        if !unused.is_empty() {
            tokio::spawn(close(unused));
        }
    }
}

/// Takes leave of the server, which would find the end of the connection in its log otherwise.
async fn close(connections: Vec<PgConnection>) {
    for connection in connections {
        // Whether it hears that or not.
        let _ = connection.close().await;
    }
}

/// A connection in the hands of one operation. An operation that is given up half way (too late, or nobody waits for it any more)
/// leaves it in an unknown state, so it is closed when this is dropped, unless it was given back.
pub(crate) struct Lease {
    object: Option<Object<Connections>>,
}

impl Lease {
    /// For the next one: whatever was begun on it has come to an end.
    pub(crate) fn give_back(mut self) {
        drop(self.object.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.object.as_ref().expect("taken only at the end")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.object.as_mut().expect("taken only at the end")
    }
}

/// How connections are made, and when one can be used again.
struct Connections {
    options: PgConnectOptions,
    suspicion: Arc<Suspicion>,
}

impl managed::Manager for Connections {
    type Type = PgConnection;
    type Error = sqlx::Error;

    /// Waits for a server that is about to start, or has as many connections as it can have; whoever asked gives up some time.
    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        let mut pause = FIRST_PAUSE;
        loop {
            match PgConnection::connect_with(&self.options).await {
                Err(error) if may_be_mended(&error) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    async fn recycle(
        &self,
        connection: &mut PgConnection,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        if metrics.age() > MAX_LIFETIME {
            return Err(RecycleError::message("it is too old"));
        }
        if self.suspicion.falls_on(metrics.last_used()) {
            connection.ping().await?;
        }
        Ok(())
    }
}

fn may_be_mended(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("53300" | "57P03"))
        }
        _ => false,
    }
}

fn in_words_of_sqlx(error: PoolError<sqlx::Error>) -> sqlx::Error {
    match error {
        PoolError::Backend(error) => error,
        PoolError::Closed => sqlx::Error::PoolClosed,
        PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            sqlx::Error::PoolTimedOut
        }
    }
}

/// When a connection broke last.
#[derive(Default)]
struct Suspicion {
    since: Mutex<Option<Instant>>,
}

impl Suspicion {
    fn cast(&self) {
        *lock(&self.since) = Some(Instant::now());
    }

    fn falls_on(&self, unused_for: Duration) -> bool {
        if unused_for > TESTED_AFTER {
            return true;
        }
        let since = *lock(&self.since);
        since.is_some_and(|since| unused_for >= since.elapsed())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_not_used_since_another_broke_is_tested() {
        let suspicion = Suspicion::default();
        let second = Duration::from_secs(1);
        assert!(!suspicion.falls_on(second));
        assert!(suspicion.falls_on(TESTED_AFTER + second));
        suspicion.cast();
        tokio::time::advance(5 * second).await;
        assert!(suspicion.falls_on(6 * second));
        assert!(!suspicion.falls_on(4 * second));
    }
}
