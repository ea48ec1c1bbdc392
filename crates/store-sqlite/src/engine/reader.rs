//! Reading connections, and the threads that run long reads on them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tenantry_domain::ports::RepositoryError;
use tokio::sync::oneshot;

use super::{
    connection,
    deadline::Deadline,
    lane::{Lane, Place},
    share::Share,
};
use crate::{config::SqliteConfig, error::Failure, open_error::OpenError};

/// A connection that cannot write, with a limit on the time of each read.
pub(super) struct Reader {
    connection: Connection,
    deadline: Deadline,
}

/// A read that waits for a thread.
pub(super) struct Read {
    place: Place,
    share: Option<Share>,
    work: Box<dyn FnOnce(&Reader) + Send>,
}

impl Reader {
    pub(super) fn open(config: &SqliteConfig) -> Result<Self, OpenError> {
        let connection = connection::open_reader(config)?;
        let deadline = Deadline::install(&connection, config.read_limit)
            .map_err(|error| OpenError::of_engine(&config.path, error))?;
        Ok(Self {
            connection,
            deadline,
        })
    }

    pub(super) fn run<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _running = self.deadline.start();
        work(&self.connection)
    }

    /// The body of a thread: runs what comes through the lane until it is closed.
    pub(super) fn serve(self, lane: &Lane<Read>) {
        while let Some(read) = connection::next_of(&self.connection, lane) {
            (read.work)(&self);
            drop((read.place, read.share));
        }
    }
}

impl Read {
    pub(super) fn new<T, W>(
        place: Place,
        share: Option<Share>,
        reply: oneshot::Sender<Result<T, RepositoryError>>,
        work: W,
    ) -> Self
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let work = move |reader: &Reader| {
            // A read that nobody waits for any more need not begin.
            if reply.is_closed() {
                return;
            }
            // A read leaves nothing behind on the connection, whichever way it ends.
            let answer = catch_unwind(AssertUnwindSafe(|| reader.run(work)))
                .unwrap_or_else(|_panic| Err(Failure::backend("a read panicked")));
            let _nobody_waits = reply.send(answer.map_err(RepositoryError::from));
        };
        Self {
            place,
            share,
            work: Box::new(work),
        }
    }
}
