//! Operations on connections of the pool: bounded waiting, and repeating what failed without effect. Must not know any table.

use std::time::Duration;

use sqlx::{
    Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgRow},
};
use tenantry_domain::{OrganizationId, ports::RepositoryError};
use tokio::time::timeout;

use crate::{
    config::PostgresConfig,
    error::{self, Failure},
    pool::Pool,
    session::{Session, Work},
    share::{Share, Shares},
    sql::Statement,
};

/// How often a transaction that others stood in the way of is tried.
const TRIES: u32 = 3;
/// Before it is tried again, those who wait for its locks get so much time to take them: PostgreSQL gives a lock that is
/// free to whoever comes first, and the one who was woken up for it comes late.
const PAUSE: Duration = Duration::from_millis(20);

/// The database, over its pool of connections.
pub(crate) struct Database {
    pool: Pool,
    operation_timeout: Duration,
    prepared: bool,
    shares: Shares,
}

/// How an operation uses its connection, and so when it can be repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Changes nothing: can be repeated after whatever.
    Read,
    /// One statement that is a transaction by itself: unless PostgreSQL refuses it, nobody knows whether it had effect.
    Statement,
    /// Several statements in a transaction: until the commit is sent, it had no effect.
    Transaction,
}

/// A try that failed.
struct Failed {
    failure: Failure,
    /// Whether it certainly had no effect.
    without_effect: bool,
    /// Whether its transaction may be open still.
    is_open: bool,
}

impl Database {
    /// Opens its connections when they are needed.
    pub(crate) fn new(options: PgConnectOptions, config: &PostgresConfig) -> Self {
        Self {
            pool: Pool::new(options, config.max_connections, config.acquire_timeout),
            operation_timeout: config.operation_timeout,
            prepared: config.prepared_statements,
            // Half of them: authentication and single records of others always find one.
            shares: Shares::new(usize::try_from(config.max_connections / 2).unwrap_or(usize::MAX)),
        }
    }

    /// Waits until all connections are closed, but not for longer than an operation may take.
    pub(crate) async fn close(&self) {
        // What is still in use then ends with the program.
        let _ = timeout(self.operation_timeout, self.pool.close()).await;
    }

    /// How long a call may take altogether.
    pub(crate) fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// The rows of a statement that changes nothing.
    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<PgRow>, RepositoryError> {
        self.perform(
            &Single {
                statement,
                once: false,
            },
            Mode::Read,
        )
        .await
    }

    /// As [`read`](Self::read), of a statement whose text is seldom the same.
    pub(crate) async fn read_once(
        &self,
        statement: Statement,
    ) -> Result<Vec<PgRow>, RepositoryError> {
        self.perform(
            &Single {
                statement,
                once: true,
            },
            Mode::Read,
        )
        .await
    }

    /// Waits until another list of `organization` may run. What the lists of one organization take, however long, is kept
    /// from nobody else.
    pub(crate) async fn share_of(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Share>, RepositoryError> {
        timeout(self.operation_timeout, self.shares.enter(organization))
            .await
            .map_err(|_| error::timed_out())
    }

    /// The rows of a single statement that changes something.
    pub(crate) async fn write(&self, statement: Statement) -> Result<Vec<PgRow>, RepositoryError> {
        self.perform(
            &Single {
                statement,
                once: false,
            },
            Mode::Statement,
        )
        .await
    }

    /// Several statements in one transaction, at the isolation level READ COMMITTED.
    pub(crate) async fn transact<W: Work>(&self, work: &W) -> Result<W::Output, RepositoryError> {
        self.perform(work, Mode::Transaction).await
    }

    /// The same for work that grows with the data and may take as long as `limit`.
    pub(crate) async fn transact_within<W: Work>(
        &self,
        limit: Duration,
        work: &W,
    ) -> Result<W::Output, RepositoryError> {
        self.perform_within(limit, work, Mode::Transaction).await
    }

    async fn perform<W: Work>(&self, work: &W, mode: Mode) -> Result<W::Output, RepositoryError> {
        self.perform_within(self.operation_timeout, work, mode)
            .await
    }

    async fn perform_within<W: Work>(
        &self,
        limit: Duration,
        work: &W,
        mode: Mode,
    ) -> Result<W::Output, RepositoryError> {
        // Behind a proxy that pools transactions, even one statement takes two messages that must reach the same server.
        let mode_on_wire = if self.prepared {
            mode
        } else {
            Mode::Transaction
        };
        let repeated = async {
            let mut reconnected = false;
            let mut tries = 1;
            loop {
                let failed = match self.attempt(work, mode_on_wire).await? {
                    Ok(output) => return Ok(output),
                    Err(failed) => failed,
                };
                let without_effect = failed.without_effect || mode == Mode::Read;
                if failed.failure.is_contention() && tries < TRIES {
                    tokio::time::sleep(PAUSE * tries).await;
                    tries += 1;
                } else if failed.failure.breaks_connection() && without_effect && !reconnected {
                    reconnected = true;
                } else {
                    return Err(failed.failure.into());
                }
            }
        };
        timeout(limit, repeated)
            .await
            .unwrap_or_else(|_| Err(error::timed_out()))
    }

    async fn attempt<W: Work>(
        &self,
        work: &W,
        mode: Mode,
    ) -> Result<Result<W::Output, Failed>, RepositoryError> {
        let mut lease = self.pool.lease().await?;
        let outcome = self.on_connection(&mut lease, work, mode).await;
        match &outcome {
            Err(failed) if failed.failure.breaks_connection() => self.pool.suspect_all(),
            // Closed, and so rolled back.
            Err(failed) if failed.is_open => {}
            _ => lease.give_back(),
        }
        Ok(outcome)
    }

    async fn on_connection<W: Work>(
        &self,
        connection: &mut PgConnection,
        work: &W,
        mode: Mode,
    ) -> Result<W::Output, Failed> {
        let refused = |failure: Failure| Failed {
            without_effect: failure.is_refused_by_shutdown(),
            failure,
            is_open: false,
        };
        if mode != Mode::Transaction {
            return work
                .run(&mut Session::new(connection, self.prepared))
                .await
                .map_err(refused);
        }
        let before_commit = |failure: Failure, is_open: bool| Failed {
            without_effect: true,
            failure,
            is_open,
        };
        let mut transaction = connection
            .begin()
            .await
            .map_err(|error| before_commit(error.into(), true))?;
        let output = match work
            .run(&mut Session::new(&mut transaction, self.prepared))
            .await
        {
            Ok(output) => output,
            Err(failure) => {
                // Said at once: sqlx would send it with the next statement, and locks would be held until then.
                let is_open = failure.breaks_connection() || transaction.rollback().await.is_err();
                return Err(before_commit(failure, is_open));
            }
        };
        // sqlx has a ROLLBACK for the next statement then, though nothing may be open any more.
        let not_committed = |error: sqlx::Error| Failed {
            is_open: true,
            ..refused(error.into())
        };
        transaction.commit().await.map_err(not_committed)?;
        Ok(output)
    }
}

/// One statement.
struct Single {
    statement: Statement,
    once: bool,
}

impl Work for Single {
    type Output = Vec<PgRow>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Vec<PgRow>, Failure> {
        let statement = self.statement.clone();
        let rows = if self.once {
            session.rows_once(statement).await
        } else {
            session.rows(statement).await
        };
        Ok(rows?)
    }
}
