//! Moving an organization in, from a remote server or a file. For the operator alone: there is no actor.
//!
//! Everything is remembered by the store, nothing here: killed at any point, the next run finds what was written, and goes
//! on. Nothing is collected but the numbers of what came by.

mod begin;
mod error;
mod foreseen;
mod opening;
mod report;
mod seal;
mod stretch;
mod walk;

use std::{fmt, sync::Arc};

pub use self::{
    error::ImportError,
    report::{Fate, Lost, Reported, Start, Summary, Tally},
};
use self::{report::Report, walk::Walk};
use crate::{
    Author, Change, OrganizationId, RequestId,
    ports::{BoxError, Clock, SecretVault, TransferRepository, TransferSource},
    transfer::Ids,
};

/// Where it moves to, and what becomes of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// Where it moves to.
    pub into: Destination,
    /// What becomes of numbers. `None`: they are kept, unless it moves into an organization that has something already.
    pub ids: Option<Ids>,
}

/// Where an organization moves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// It becomes an organization of its own.
    New,
    /// What it has becomes part of an organization that is here.
    Existing(OrganizationId),
    /// Users alone move, into an organization that is here, and are recognized by their e-mail. The source is not asked for
    /// the organization, and no transfer is remembered.
    UsersOf(OrganizationId),
}

/// Is told what became of records, some hundreds at a time, when they are written. Its failure ends the run; the next one goes
/// on.
pub type Listener<'a> = dyn FnMut(&[Reported]) -> Result<(), BoxError> + Send + 'a;

/// Moves organizations in.
pub struct ImportService {
    transfers: Arc<dyn TransferRepository>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
    at_once: usize,
}

impl ImportService {
    /// How many records are written at once.
    pub const AT_ONCE: usize = 500;

    /// Over these ports.
    pub fn new(
        transfers: Arc<dyn TransferRepository>,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            transfers,
            vault,
            clock,
            at_once: Self::AT_ONCE,
        }
    }

    /// The same, which writes so many records at once, at least one.
    #[must_use]
    pub fn at_once(self, records: usize) -> Self {
        Self {
            at_once: records.max(1),
            ..self
        }
    }

    /// What [`run`](Self::run) would do. Writes nothing. What the source is asked for new records alone, such as the roles of
    /// users, is not asked for.
    ///
    /// # Errors
    /// If it cannot move as the options say, the source cannot be read, or the store fails.
    pub async fn plan(
        &self,
        source: &mut dyn TransferSource,
        options: ImportOptions,
        listener: &mut Listener<'_>,
    ) -> Result<Summary, ImportError> {
        let mut report = Report::new(listener);
        let begun = self.foresee(source, options, &mut report).await?;
        let walk = Walk::planning(self, begun.transfer);
        walk.go(source, &begun, &mut report).await?;
        Ok(report.summary(begun.start))
    }

    /// Moves everything that is not here yet, and says of the rest whether it differs. What is here is never changed.
    ///
    /// # Errors
    /// If it cannot move as the options say, the source cannot be read, or the store fails: the next run goes on.
    pub async fn run(
        &self,
        source: &mut dyn TransferSource,
        options: ImportOptions,
        request_id: RequestId,
        listener: &mut Listener<'_>,
    ) -> Result<Summary, ImportError> {
        let mut report = Report::new(listener);
        let begun = self.begin(source, options, request_id, &mut report).await?;
        let walk = Walk::writing(self, begun.transfer, request_id);
        walk.go(source, &begun, &mut report).await?;
        if begun.transfer.number().is_some() {
            self.transfers.finish(&begun.transfer).await?;
        }
        Ok(report.summary(begun.start))
    }

    fn change(&self, request_id: RequestId) -> Change {
        Change {
            author: Author::Operator,
            request_id,
            at: self.clock.now(),
        }
    }
}

impl fmt::Debug for ImportService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportService").finish_non_exhaustive()
    }
}
