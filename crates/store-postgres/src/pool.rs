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

use deadpool::managed::{
    self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType,
};
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tenantry_domain::ports::RepositoryError;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

use crate::error;

/// A connection that was handed out longer ago is tested before use: a firewall may have forgotten it.
const TESTED_AFTER: Duration = Duration::from_secs(30);
/// What does not answer a test within this is dead. A firewall that forgets says nothing.
const TESTED_WITHIN: Duration = Duration::from_millis(500);
/// One that is older is not used any more.
const MAX_LIFETIME: Duration = Duration::from_mins(30);
/// Those that were handed out longer ago are closed, before firewalls forget them.
const CLOSED_AFTER: Duration = Duration::from_mins(2);
/// How often such are looked for.
const SWEPT_EVERY: Duration = Duration::from_mins(1);
/// How long it may take to take leave of the server.
const LEFT_WITHIN: Duration = Duration::from_secs(5);
/// How often it is looked whether the last ones were given back, when the store closes.
const LOOKED_EVERY: Duration = Duration::from_millis(5);
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
            acquire_timeout,
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
        let object = object.unwrap_or(Err(PoolError::Timeout(TimeoutType::Wait)));
        Ok(Lease {
            object: Some(object.map_err(|error| error::no_connection(in_words_of_sqlx(error)))?),
        })
    }

    /// After one connection broke, all others that were not handed out since are tested before use: what broke one has likely broken them
    /// all.
    pub(crate) fn suspect_all(&self) {
        self.suspicion.cast();
    }

    /// Closes all of them, those in use when they are given back, and waits for that.
    pub(crate) async fn close(&self) {
        let unused = self.connections.retain(|_, _| false).removed;
        self.connections.close();
        close(unused).await;
        // Nobody says when the last one is given back.
        while self.connections.status().size > 0 {
            sleep(LOOKED_EVERY).await;
        }
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

/// Takes leave of the server, whether it hears that or not.
async fn close(connections: Vec<PgConnection>) {
    for connection in connections {
        let _ = timeout(LEFT_WITHIN, connection.close()).await;
    }
}

/// A connection in the hands of one operation. An operation that is given up half way (too late, or nobody waits for it any more)
/// leaves it in an unknown state, so it is closed when this is dropped, unless it was given back.
pub(crate) struct Lease {
    object: Option<Object<Connections>>,
}

impl Lease {
    /// For the next one: no transaction is open on it. Where an operation ended with an error of the database, the end of the answer may
    /// not have been read yet; sqlx counts that, and reads it before whatever comes next.
    pub(crate) fn give_back(mut self) {
        drop(self.object.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            let connection = Object::take(object);
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(close(vec![connection]));
            }
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
    acquire_timeout: Duration,
    suspicion: Arc<Suspicion>,
}

impl managed::Manager for Connections {
    type Type = PgConnection;
    type Error = sqlx::Error;

    /// Waits for a server that is about to start, or has as many connections as it can have, until whoever asked is about to give up.
    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            match PgConnection::connect_with(&self.options).await {
                Err(error)
                    if may_be_mended(&error)
                        && began.elapsed() + pause * 2 < self.acquire_timeout =>
                {
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
        // Since it was handed out last, which is longer than since it was given back: some are tested without need.
        let unused_for = metrics.last_used();
        if metrics.age() > MAX_LIFETIME || self.suspicion.condemns(unused_for) {
            return Err(RecycleError::message("it is too old, or dead"));
        }
        if self.suspicion.falls_on(unused_for) {
            let answered = timeout(TESTED_WITHIN, connection.ping()).await;
            let Ok(alive) = answered else {
                self.suspicion.condemn();
                return Err(RecycleError::message("it does not answer"));
            };
            alive?;
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

/// When a connection broke last, and when one did not answer.
#[derive(Default)]
struct Suspicion {
    since: Mutex<Option<Instant>>,
    condemned: Mutex<Option<Instant>>,
}

impl Suspicion {
    fn cast(&self) {
        *lock(&self.since) = Some(Instant::now());
    }

    /// What was forgotten of one, is forgotten of all that were handed out no later: nobody waits for each of them.
    fn condemn(&self) {
        *lock(&self.condemned) = Some(Instant::now());
    }

    fn condemns(&self, unused_for: Duration) -> bool {
        let condemned = *lock(&self.condemned);
        unused_for > TESTED_AFTER && condemned.is_some_and(|at| unused_for >= at.elapsed())
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

    #[tokio::test(start_paused = true)]
    async fn where_one_did_not_answer_the_others_are_not_waited_for() {
        let suspicion = Suspicion::default();
        let second = Duration::from_secs(1);
        assert!(!suspicion.condemns(TESTED_AFTER + second));
        suspicion.condemn();
        tokio::time::advance(5 * second).await;
        assert!(suspicion.condemns(TESTED_AFTER + second));
        assert!(!suspicion.condemns(10 * second));
        tokio::time::advance(2 * TESTED_AFTER).await;
        assert!(!suspicion.condemns(TESTED_AFTER + second));
    }
}
