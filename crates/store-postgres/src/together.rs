//! Look-ups of single rows that wait at the same moment share one statement. Must not know any table.
//!
//! Nobody is made to wait for company: as long as few look-ups are under way, each is made at once and alone. Those that come
//! meanwhile are made together as soon as one of these is over, and so each reads what was committed when it began.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{Row as _, postgres::PgRow};
use tenantry_domain::ports::RepositoryError;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    time::{Instant, timeout},
};

use crate::{
    database::Database,
    error::{self, Failure},
    sql::Statement,
};

/// How many statements are under way at once. Two: while PostgreSQL works on one, the answers of the other are handed out.
const UNDER_WAY: usize = 2;
/// Where none of them comes to an end for so long, because a connection is dead or a row of the others' is held, the next look-up does
/// not wait for them: it goes on with one more, up to [`MOST`].
const STUCK_AFTER: Duration = Duration::from_millis(100);
const MOST: usize = 6;
/// At most so many look-ups are made by one statement.
const TOGETHER: usize = 128;

/// A look-up of at most one row.
pub(crate) trait LookUp: Sized + Send + Sync + 'static {
    /// What is looked up.
    type Found: Send + 'static;

    /// The statement for this one.
    fn alone(&self) -> Statement;

    /// The statement for all of them: each row has the place of its look-up in the column `place`, from 1 on.
    fn together(several: &[Self]) -> Statement;

    /// What the row says.
    fn found(row: &PgRow) -> Result<Self::Found, RepositoryError>;
}

type Outcome<L> = Result<Option<<L as LookUp>::Found>, RepositoryError>;

/// The look-ups of one kind.
pub(crate) struct Together<L: LookUp> {
    database: Arc<Database>,
    waiting: Mutex<Waiting<L>>,
}

struct Waiting<L: LookUp> {
    /// How many statements are under way.
    under_way: usize,
    /// When the last of them began.
    began: Instant,
    /// In the order in which they came.
    queue: VecDeque<Waiter<L>>,
}

/// Look-ups that are made together, and where each is answered.
struct Batch<L: LookUp> {
    wanted: Vec<L>,
    answers: Vec<oneshot::Sender<Outcome<L>>>,
}

struct Waiter<L: LookUp> {
    wanted: L,
    answer: oneshot::Sender<Outcome<L>>,
}

/// What becomes of a look-up that has just come.
enum Turn<L: LookUp> {
    /// It is made at once.
    Now(L, UnderWay<L>),
    /// It is made with others, and answered here.
    Later(oneshot::Receiver<Outcome<L>>),
}

impl<L: LookUp> Together<L> {
    pub(crate) fn new(database: Arc<Database>) -> Arc<Self> {
        Arc::new(Self {
            database,
            waiting: Mutex::new(Waiting {
                under_way: 0,
                began: Instant::now(),
                queue: VecDeque::new(),
            }),
        })
    }

    /// What is looked up, if it is there.
    pub(crate) async fn find(self: &Arc<Self>, wanted: L) -> Outcome<L> {
        match self.turn(wanted) {
            Turn::Now(wanted, _under_way) => {
                let rows = self.database.read(wanted.alone()).await?;
                rows.first().map(L::found).transpose()
            }
            Turn::Later(answer) => timeout(self.database.operation_timeout(), answer)
                .await
                .map_err(|_| error::timed_out())?
                .unwrap_or_else(|_| Err(error::timed_out())),
        }
    }

    fn turn(self: &Arc<Self>, wanted: L) -> Turn<L> {
        let mut waiting = self.waiting();
        let free = waiting.under_way < UNDER_WAY;
        let stuck = || waiting.under_way < MOST && waiting.began.elapsed() >= STUCK_AFTER;
        if free || stuck() {
            waiting.under_way += 1;
            waiting.began = Instant::now();
            return Turn::Now(wanted, UnderWay(Arc::clone(self)));
        }
        let (answer, answered) = oneshot::channel();
        waiting.queue.push_back(Waiter { wanted, answer });
        Turn::Later(answered)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<L>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes these with one statement.
    async fn answer(&self, Batch { wanted, answers }: Batch<L>) {
        let rows = match self.database.read(L::together(&wanted)).await {
            Ok(rows) => rows,
            Err(error) => return refuse(answers, error),
        };
        let mut answers: Vec<_> = answers.into_iter().map(Some).collect();
        for row in &rows {
            let place = match row.try_get::<i64, _>("place") {
                Ok(place) => usize::try_from(place - 1).unwrap_or(usize::MAX),
                Err(error) => {
                    return refuse(
                        answers.into_iter().flatten().collect(),
                        Failure::from(error).into(),
                    );
                }
            };
            // A row that is corrupt is the misfortune of whoever looks it up.
            if let Some(answer) = answers.get_mut(place).and_then(Option::take) {
                let _ = answer.send(L::found(row).map(Some));
            }
        }
        for answer in answers.into_iter().flatten() {
            let _ = answer.send(Ok(None));
        }
    }
}

impl<L: LookUp> Waiting<L> {
    /// The next ones that are made together. Whoever does not wait any more is left out.
    fn next(&mut self) -> Batch<L> {
        let (mut wanted, mut answers) = (Vec::new(), Vec::new());
        while wanted.len() < TOGETHER
            && let Some(waiter) = self.queue.pop_front()
        {
            if !waiter.answer.is_closed() {
                wanted.push(waiter.wanted);
                answers.push(waiter.answer);
            }
        }
        self.began = Instant::now();
        Batch { wanted, answers }
    }
}

/// One of the statements that may be under way. When it is over, those who came meanwhile are served.
struct UnderWay<L: LookUp>(Arc<Together<L>>);

impl<L: LookUp> Drop for UnderWay<L> {
    fn drop(&mut self) {
        // Under one lock: whoever came between a look at the queue and the end of this turn would be served by nobody.
        let mut waiting = self.0.waiting();
        // Taken out here and not by the task: a runtime that is ending drops the task at once, and this runs again.
        let batch = waiting.next();
        match Handle::try_current() {
            Ok(runtime) if !batch.wanted.is_empty() => {
                drop(waiting);
                let under_way = Self(Arc::clone(&self.0));
                runtime.spawn(under_way.serve(batch));
            }
            // Outside of a runtime nobody waits for an answer.
            _ => waiting.under_way -= 1,
        }
    }
}

impl<L: LookUp> UnderWay<L> {
    /// Serves these. Whoever came meanwhile is served by the next one, which dropping this begins.
    async fn serve(self, batch: Batch<L>) {
        self.0.answer(batch).await;
    }
}

/// Tells all of them why.
fn refuse<L: Send>(
    answers: Vec<oneshot::Sender<Result<Option<L>, RepositoryError>>>,
    mut error: RepositoryError,
) {
    for answer in answers {
        let copy = error::copied(&error);
        let _ = answer.send(Err(mem::replace(&mut error, copy)));
    }
}
