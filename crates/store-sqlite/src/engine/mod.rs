//! Threads, connections and queues: how closures over a connection get run. It must not know a table.

mod connection;
mod deadline;
mod direct;
mod lane;
mod reader;
mod share;
mod writer;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    thread,
    time::Duration,
};

use rusqlite::Connection;
use tenantry_domain::{OrganizationId, ports::RepositoryError};
use tokio::sync::oneshot;

use self::{
    direct::Direct,
    lane::Lane,
    reader::{Read, Reader},
    share::{Share, Shares},
    writer::{BeforeCommit, Counts, Typed, Write},
};
use crate::{
    config::SqliteConfig,
    error::{Failure, unavailable},
    open_error::OpenError,
};

/// A handle on the threads and connections of one open database file. Cheap to clone; the last one to go stops them.
#[derive(Clone)]
pub(crate) struct Engine(Arc<Inner>);

struct Inner {
    config: SqliteConfig,
    writes: Arc<Lane<Box<dyn Write>>>,
    reads: Arc<Lane<Read>>,
    shares: Shares,
    direct: Direct,
    counts: Arc<Counts>,
    /// Each ends when its thread does; the writer's is the last.
    stopped: Mutex<Vec<Stopped>>,
}

/// Ends when a thread does.
type Stopped = oneshot::Receiver<()>;

/// The connections of a file that passed all checks.
struct Opened {
    writer: Connection,
    readers: Vec<Reader>,
    direct: Vec<Reader>,
}

impl Engine {
    /// Opens the file and starts the threads. `before_commit` ends each transaction that changed something.
    pub(crate) async fn open(
        config: SqliteConfig,
        before_commit: BeforeCommit,
    ) -> Result<Self, OpenError> {
        let (answer, opened) = oneshot::channel();
        let of_thread = |source| OpenError::Thread {
            path: config.path.clone(),
            source,
        };
        let to_open = config.clone();
        // Opening waits for the disk and for other processes, so it has a thread too.
        spawn("sqlite-open", move || drop(answer.send(open_all(&to_open)))).map_err(of_thread)?;
        let opened = opened
            .await
            .map_err(|_| of_thread(std::io::Error::other("the thread panicked")))??;

        let inner = Arc::new(Inner {
            writes: Arc::new(Lane::new(config.queue)),
            reads: Arc::new(Lane::new(config.queue)),
            shares: Shares::new(config.readers),
            direct: Direct::new(opened.direct),
            counts: Arc::default(),
            stopped: Mutex::new(Vec::new()),
            config,
        });
        // If one thread cannot be started, dropping `inner` ends those that were.
        let of_thread = |source| OpenError::Thread {
            path: inner.config.path.clone(),
            source,
        };
        for reader in opened.readers {
            let lane = Arc::clone(&inner.reads);
            let stopped = spawn("sqlite-reader", move || reader.serve(&lane)).map_err(of_thread)?;
            inner.stopped().push(stopped);
        }
        let (lane, counts) = (Arc::clone(&inner.writes), Arc::clone(&inner.counts));
        let stopped = spawn("sqlite-writer", move || {
            writer::serve(opened.writer, &lane, &counts, before_commit);
        })
        .map_err(of_thread)?;
        inner.stopped().push(stopped);
        Ok(Self(inner))
    }

    /// Runs a read that may take long on a thread of its own.
    pub(crate) async fn read<T, W>(&self, work: W) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(self.0.config.patience, self.run_read(None, work)).await
    }

    /// The same for what a user of `organization` has asked for, as long as he likes: one thread is left for the others,
    /// however much this organization reads.
    pub(crate) async fn read_for<T, W>(
        &self,
        organization: OrganizationId,
        work: W,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(self.0.config.patience, async move {
            let share = self.0.shares.enter(organization).await;
            self.run_read(share, work).await
        })
        .await
    }

    async fn run_read<T, W>(&self, share: Option<Share>, work: W) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let reads = &self.0.reads;
        let place = reads.enter().await.ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        let read = Read::new(place, share, reply, work);
        reads.push(read).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Runs a read of a few rows by key: right here if a connection is idle, which saves two hops between threads.
    pub(crate) async fn look_up<T, W>(&self, work: W) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        if let Some(reader) = self.0.direct.take() {
            return Ok(reader.run(work)?);
        }
        self.read(work).await
    }

    /// Runs a write and answers after the commit, which others may share. An error of `work` undoes it alone.
    ///
    /// Once it has begun it goes to its end, whether or not somebody still waits.
    pub(crate) async fn write<T, W>(&self, work: W) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(self.0.config.patience, self.queue(false, work)).await
    }

    /// The same for a write that grows with the data and may take as long as `limit`. It has a transaction of its own.
    ///
    /// Other writes wait meanwhile. Those whose time is up before they have begun are refused and never begin.
    pub(crate) async fn write_within<T, W>(
        &self,
        limit: Duration,
        work: W,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(limit, self.queue(true, work)).await
    }

    async fn queue<T, W>(&self, long: bool, work: W) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let writes = &self.0.writes;
        let place = writes.enter().await.ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        writes
            .push(Box::new(Typed::new(place, long, reply, work)))
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Transactions with a change in them that were committed since the file was opened.
    pub(crate) fn commits(&self) -> u64 {
        self.0.counts.commits.load(Ordering::Relaxed)
    }

    /// Writes that went to their end since the file was opened, although who asked for them had gone.
    pub(crate) fn unheard(&self) -> u64 {
        self.0.counts.unheard.load(Ordering::SeqCst)
    }

    /// Lets what was begun end, writes the log back into the file and stops the threads. Later calls are refused.
    pub(crate) async fn close(&self) {
        self.0.stop();
        let stopped = std::mem::take(&mut *self.0.stopped());
        for thread in stopped {
            // An error says that the sender is gone: the thread has ended.
            let _ended = thread.await;
        }
    }
}

impl Inner {
    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn stopped(&self) -> MutexGuard<'_, Vec<Stopped>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.direct.close();
        self.reads.close();
        self.writes.close();
    }
}

/// Nobody is left to wait for the threads; they end by themselves.
impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, RepositoryError>>,
) -> Result<T, RepositoryError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(unavailable("the database did not answer in time")),
    }
}

fn closed() -> RepositoryError {
    unavailable("the database is closed")
}

fn open_all(config: &SqliteConfig) -> Result<Opened, OpenError> {
    connection::create_file(&config.path)?;
    let writer = connection::open_writer(config)?;
    let share = config.readers.max(1);
    let open = |number| {
        (0..number)
            .map(|_| Reader::open(config))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(Opened {
        writer,
        // One more than any organization may occupy.
        readers: open(share + 1)?,
        direct: open(share)?,
    })
}

/// Starts a thread; what is returned ends with it, however it ends.
fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<Stopped> {
    let (running, stopped) = oneshot::channel();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _running = running;
            body();
        })?;
    Ok(stopped)
}

#[cfg(test)]
mod tests;
