//! The one thread that writes: it commits together what waits together.
//!
//! One that fails is undone alone, and is answered after the commit: also a refused one, because the reason may have been a write of
//! the same transaction. So each behind the first runs in a savepoint; the first is undone with the transaction. (SQLite keeps every page
//! that is changed in a savepoint as it was, in memory: tens of megabytes for the long writes, which are always the first.)

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
};

use rusqlite::{Connection, ffi};
use tenantry_domain::ports::RepositoryError;
use tokio::sync::oneshot;

use super::{
    connection,
    lane::{Lane, Place},
};
use crate::error::{Failure, NotCommitted};

/// What a store does at the end of each transaction that changed something. If it fails, all of that is undone.
pub(crate) type BeforeCommit = fn(&Connection) -> rusqlite::Result<()>;

/// Most writes in one transaction: bounds how long the first of them waits for the last.
const LARGEST_BATCH: usize = 256;

/// A write that waits for the thread, whatever its result is.
pub(super) trait Write: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;

    /// Whether it may take so long that nobody else should wait for its commit.
    fn is_long(&self) -> bool;

    /// Runs it; answers whether its changes are to be kept.
    fn perform(&mut self, connection: &Connection) -> bool;

    /// Tells the caller how it ended; answers whether somebody was still there to hear it.
    fn answer(self: Box<Self>, committed: Result<(), NotCommitted>) -> bool;
}

/// What became of writes since the file was opened.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Transactions with a change in them that were committed.
    pub(super) commits: AtomicU64,
    /// Writes that went to their end although nobody waited any more.
    pub(super) unheard: AtomicU64,
}

/// A write with a result of type `T`.
pub(super) struct Typed<T, W> {
    _place: Place,
    long: bool,
    reply: oneshot::Sender<Result<T, RepositoryError>>,
    work: Option<W>,
    outcome: Option<Result<T, Failure>>,
}

impl<T, W> Typed<T, W> {
    pub(super) fn new(
        place: Place,
        long: bool,
        reply: oneshot::Sender<Result<T, RepositoryError>>,
        work: W,
    ) -> Self {
        Self {
            _place: place,
            long,
            reply,
            work: Some(work),
            outcome: None,
        }
    }
}

impl<T, W> Write for Typed<T, W>
where
    T: Send,
    W: FnOnce(&Connection) -> Result<T, Failure> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn is_long(&self) -> bool {
        self.long
    }

    fn perform(&mut self, connection: &Connection) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // Whatever a panic leaves half done on the connection is undone with the write.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
            .unwrap_or_else(|_panic| Err(Failure::backend("a write panicked")));
        self.outcome.insert(outcome).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), NotCommitted>) -> bool {
        let outcome = self
            .outcome
            .unwrap_or_else(|| Err(Failure::backend("a write was not performed")));
        let answer = match committed {
            Ok(()) => outcome.map_err(RepositoryError::from),
            Err(error) => Err(error.into()),
        };
        self.reply.send(answer).is_ok()
    }
}

/// The body of the thread: runs what comes through the lane until it is closed, then writes the log back into the file.
pub(super) fn serve(
    connection: Connection,
    lane: &Lane<Box<dyn Write>>,
    counts: &Counts,
    before_commit: BeforeCommit,
) {
    while let Some(first) = connection::next_of(&connection, lane) {
        batch(&connection, first, lane, counts, before_commit);
    }
    // Best effort: what is not written back now is read from the log at the next start.
    let checkpoint = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, bool>(0)
    });
    match checkpoint {
        Ok(false) => {}
        Ok(true) => {
            tracing::debug!("the write-ahead log stays: another process has the database open");
        }
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be written back"),
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the database could not be closed");
    }
}

/// One transaction: `first` and what else is waiting, also what arrives meanwhile. A long write has one of its own: those
/// before it would wait for its commit, and be told after their time that nothing is known of what was done in time.
fn batch(
    connection: &Connection,
    mut first: Box<dyn Write>,
    lane: &Lane<Box<dyn Write>>,
    counts: &Counts,
    before_commit: BeforeCommit,
) {
    if first.is_abandoned() {
        return;
    }
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        // Who waits behind it would wait as long again, for the same answer.
        let waiting = std::iter::once(first).chain(std::iter::from_fn(|| lane.try_next()));
        return answer_all(waiting, &Err(NotCommitted::because(error)), counts);
    }
    let alone = first.is_long();
    let mut kept = match perform(connection, first.as_mut()) {
        Ok(Some(changed)) => changed,
        outcome => {
            roll_back(connection);
            let undone = outcome.map(drop).map_err(NotCommitted::because);
            return answer_all([first], &undone, counts);
        }
    };
    let mut performed = vec![first];
    while !alone
        && performed.len() < LARGEST_BATCH
        && let Some(mut write) = lane.try_next_if(|write| !write.is_long())
    {
        if write.is_abandoned() {
            continue;
        }
        let result = in_savepoint(connection, write.as_mut());
        performed.push(write);
        match result {
            Ok(changed) => kept |= changed,
            Err(error) => {
                roll_back(connection);
                return answer_all(performed, &Err(NotCommitted::because(error)), counts);
            }
        }
    }
    let finished = if kept {
        before_commit(connection)
    } else {
        Ok(())
    };
    let committed = finished
        .and_then(|()| execute(connection, "COMMIT"))
        .map_err(NotCommitted::because);
    match committed {
        Ok(()) if kept => {
            counts.commits.fetch_add(1, Ordering::Relaxed);
        }
        Ok(()) => {}
        Err(_) => roll_back(connection),
    }
    answer_all(performed, &committed, counts);
}

/// Performs one write behind others, undone alone if it fails; answers whether it has changed something that stays.
fn in_savepoint(connection: &Connection, write: &mut dyn Write) -> rusqlite::Result<bool> {
    execute(connection, "SAVEPOINT one")?;
    let changed = perform(connection, write)?;
    if changed.is_none() {
        execute(connection, "ROLLBACK TO one")?;
    }
    execute(connection, "RELEASE one")?;
    Ok(changed == Some(true))
}

/// Performs one write; answers whether it has changed something, or `None` if that is to be undone. An error means that the whole
/// transaction is lost, which SQLite decides for example when the disk is full.
fn perform(connection: &Connection, write: &mut dyn Write) -> rusqlite::Result<Option<bool>> {
    let before = connection.total_changes();
    let keep = write.perform(connection);
    if connection.is_autocommit() {
        // SQLite rolled back everything on its own, the writes before it included.
        return Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK),
            None,
        ));
    }
    Ok(keep.then(|| connection.total_changes() != before))
}

/// Ends a transaction that cannot be committed, unless SQLite has ended it already.
fn roll_back(connection: &Connection) {
    if connection.is_autocommit() {
        return;
    }
    if let Err(error) = execute(connection, "ROLLBACK") {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn answer_all(
    writes: impl IntoIterator<Item = Box<dyn Write>>,
    committed: &Result<(), NotCommitted>,
    counts: &Counts,
) {
    for write in writes {
        if !write.answer(committed.clone()) && committed.is_ok() {
            counts.unheard.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn execute(connection: &Connection, sql: &'static str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
