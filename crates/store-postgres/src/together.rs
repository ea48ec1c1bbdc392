//! What is wanted of PostgreSQL at the same moment shares one statement. Must not know any table.
//!
//! Nobody is made to wait for company: as long as few statements are under way, each is made at once and alone. What comes
//! meanwhile is done together as soon as one of these is over, and so each reads what was committed when it began, and a write is
//! answered when it is committed.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    hash::Hash,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
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
/// Where none of them comes to an end for so long, because a connection is dead or a row of the others' is held, the next one does
/// not wait for them: it goes on with one more, up to [`MOST`].
const STUCK_AFTER: Duration = Duration::from_millis(100);
const MOST: usize = 6;
/// At most so many share one statement.
const TOGETHER: usize = 128;

/// What several may have done by one statement.
pub(crate) trait Shared: Sized + Send + Sync + 'static {
    /// What is answered to each.
    type Answer: Send + 'static;

    /// Does it for all of them, and answers in their order.
    fn several(
        database: &Database,
        several: &[&Self],
    ) -> impl Future<Output = Result<Vec<Outcome<Self>>, RepositoryError>> + Send;

    /// Does it for this one.
    fn alone(&self, database: &Database) -> impl Future<Output = Outcome<Self>> + Send {
        async {
            let mut outcomes = Self::several(database, &[self]).await?;
            let nobody_answered = || Err(Failure::Sql(sqlx::Error::RowNotFound).into());
            outcomes.pop().unwrap_or_else(nobody_answered)
        }
    }
}

type Outcome<S> = Result<<S as Shared>::Answer, RepositoryError>;

/// A look-up of at most one row.
pub(crate) trait LookUp: Sized + Send + Sync + 'static {
    /// What is looked up.
    type Found: Send + 'static;

    /// The statement for this one.
    fn alone(&self) -> Statement;

    /// The statement for all of them: each row has the place of its look-up in the column `place`, from 1 on.
    fn together(several: &[&Self]) -> Statement;

    /// What the row says.
    fn found(row: &PgRow) -> Result<Self::Found, RepositoryError>;
}

impl<L: LookUp> Shared for L {
    type Answer = Option<L::Found>;

    async fn several(
        database: &Database,
        several: &[&Self],
    ) -> Result<Vec<Outcome<L>>, RepositoryError> {
        let rows = database.read(L::together(several)).await?;
        let mut found: Vec<_> = several.iter().map(|_| Ok(None)).collect();
        for row in &rows {
            // A row that is corrupt is the misfortune of whoever looks it up.
            if let Some(one) = found.get_mut(place(row)?) {
                *one = L::found(row).map(Some);
            }
        }
        Ok(found)
    }

    async fn alone(&self, database: &Database) -> Outcome<L> {
        let rows = database.read(LookUp::alone(self)).await?;
        rows.first().map(L::found).transpose()
    }
}

/// Whom a row is about: the column `place`, which counts from 1 on.
pub(crate) fn place(row: &PgRow) -> Result<usize, RepositoryError> {
    let place: i64 = row.try_get("place").map_err(Failure::from)?;
    Ok(usize::try_from(place - 1).unwrap_or(usize::MAX))
}

/// Those of one kind.
pub(crate) struct Together<S: Shared> {
    database: Arc<Database>,
    waiting: Mutex<Waiting<S>>,
}

struct Waiting<S: Shared> {
    /// How many statements are under way.
    under_way: usize,
    /// When the last of them began.
    began: Instant,
    /// In the order in which they came.
    queue: VecDeque<Waiter<S>>,
}

/// Those of one kind that have something in common, say an account: each has a queue of its own, so that a row which is held
/// for long stops nobody who does not want it.
pub(crate) struct TogetherBy<K, S: Shared> {
    database: Arc<Database>,
    queues: Mutex<HashMap<K, Weak<Together<S>>>>,
}

/// So many queues are kept, though nobody may be in them any more, before they are looked through.
const FEW_QUEUES: usize = 64;

impl<K: Eq + Hash, S: Shared> TogetherBy<K, S> {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self {
            database,
            queues: Mutex::default(),
        }
    }

    /// The answer to this one, which has `key` in common with others.
    pub(crate) async fn ask(&self, key: K, wanted: S) -> Outcome<S> {
        self.queue(key).ask(wanted).await
    }

    /// The queue of `key`. It is there for as long as somebody is in it.
    fn queue(&self, key: K) -> Arc<Together<S>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&key).and_then(Weak::upgrade) {
            return queue;
        }
        // Seldom, so that each of many accounts pays for its own.
        if queues.len() >= FEW_QUEUES && queues.len() == queues.capacity() {
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        let queue = Together::new(Arc::clone(&self.database));
        queues.insert(key, Arc::downgrade(&queue));
        queue
    }
}

/// What is done together, and where each is answered.
struct Batch<S: Shared> {
    wanted: Vec<S>,
    answers: Vec<oneshot::Sender<Outcome<S>>>,
}

struct Waiter<S: Shared> {
    wanted: S,
    answer: oneshot::Sender<Outcome<S>>,
}

/// What becomes of what has just come.
enum Turn<S: Shared> {
    /// It is done at once.
    Now(S, UnderWay<S>),
    /// It is done with others, and answered here.
    Later(oneshot::Receiver<Outcome<S>>),
}

impl<S: Shared> Together<S> {
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

    /// The answer to this one.
    pub(crate) async fn ask(self: &Arc<Self>, wanted: S) -> Outcome<S> {
        match self.turn(wanted) {
            Turn::Now(wanted, _under_way) => wanted.alone(&self.database).await,
            Turn::Later(answer) => {
                timeout(self.database.operation_timeout(), self.answered(answer))
                    .await
                    .unwrap_or_else(|_| Err(error::timed_out()))
            }
        }
    }

    fn turn(self: &Arc<Self>, wanted: S) -> Turn<S> {
        let mut waiting = self.waiting();
        if waiting.under_way < UNDER_WAY || waiting.is_stuck() {
            waiting.under_way += 1;
            waiting.began = Instant::now();
            return Turn::Now(wanted, UnderWay(Arc::clone(self)));
        }
        let (answer, answered) = oneshot::channel();
        waiting.queue.push_back(Waiter { wanted, answer });
        Turn::Later(answered)
    }

    /// The answer, when it comes. Whoever waits for long sees to it that the queue goes on.
    async fn answered(self: &Arc<Self>, mut answer: oneshot::Receiver<Outcome<S>>) -> Outcome<S> {
        loop {
            match timeout(STUCK_AFTER, &mut answer).await {
                Ok(answered) => return answered.unwrap_or_else(|_| Err(error::timed_out())),
                Err(_) => self.go_on_if_stuck(),
            }
        }
    }

    fn go_on_if_stuck(self: &Arc<Self>) {
        let mut waiting = self.waiting();
        if !waiting.queue.is_empty() && waiting.is_stuck() {
            waiting.under_way += 1;
            drop(waiting);
            // Which serves those who wait.
            drop(UnderWay(Arc::clone(self)));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<S>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does these with one statement.
    async fn answer(&self, Batch { wanted, answers }: Batch<S>) {
        let several: Vec<_> = wanted.iter().collect();
        match S::several(&self.database, &several).await {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // Whoever asked may have gone.
                    let _ = answer.send(outcome);
                }
            }
            // What PostgreSQL refuses of one is not the others' fault. The statement had no effect.
            Err(RepositoryError::Conflict { .. } | RepositoryError::Backend { .. })
                if several.len() > 1 =>
            {
                for (answer, one) in answers.into_iter().zip(&wanted) {
                    // Who was told meanwhile that it takes too long is not to find it done later.
                    if !answer.is_closed() {
                        let _ = answer.send(one.alone(&self.database).await);
                    }
                }
            }
            Err(error) => refuse(answers, error),
        }
    }
}

impl<S: Shared> Waiting<S> {
    /// Whether one more may be under way, because those that are do not come to an end.
    fn is_stuck(&self) -> bool {
        self.under_way < MOST && self.began.elapsed() >= STUCK_AFTER
    }

    /// The next ones that are done together. Whoever does not wait any more is left out.
    fn next(&mut self) -> Batch<S> {
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
struct UnderWay<S: Shared>(Arc<Together<S>>);

impl<S: Shared> Drop for UnderWay<S> {
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

impl<S: Shared> UnderWay<S> {
    /// Serves these. Whoever came meanwhile is served by the next one, which dropping this begins.
    async fn serve(self, batch: Batch<S>) {
        self.0.answer(batch).await;
    }
}

/// Tells all of them why.
fn refuse<A>(
    answers: Vec<oneshot::Sender<Result<A, RepositoryError>>>,
    mut error: RepositoryError,
) {
    for answer in answers {
        let copy = error::copied(&error);
        let _ = answer.send(Err(mem::replace(&mut error, copy)));
    }
}
