//! A bounded pool for work that takes a core and much memory: so many at once, so many waiting, the rest turned away. Heavy
//! work has a lane of its own, so that the rest goes on beside it. It must not know what the work is.

use std::{
    fmt, mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tenantry_domain::ports::HashError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{background, memory::Memory};

/// How much work a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// About as much as most.
    Usual,
    /// Several times as much.
    Heavy,
}

pub(super) struct Pool {
    parallelism: usize,
    queue: usize,
    slots: Arc<Semaphore>,
    line: Arc<Line>,
    heavy: Lane,
}

/// What heavy jobs go through before they wait with all others. Its line never keeps memory.
struct Lane {
    slots: Arc<Semaphore>,
    queue: usize,
    line: Line,
}

impl Pool {
    /// A pool that runs `parallelism` jobs at once (at least one) and lets `queue` more wait. Of them half at most are heavy
    /// (at least one may be), and few heavy ones wait.
    pub(super) fn new(parallelism: usize, queue: usize) -> Self {
        let parallelism = parallelism.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            parallelism,
            queue,
            slots: Arc::new(Semaphore::new(parallelism)),
            line: Arc::new(Line::default()),
            heavy: Lane {
                slots: Arc::new(Semaphore::new((parallelism / 2).max(1))),
                queue: queue.min(HEAVY_QUEUE),
                line: Line::default(),
            },
        }
    }

    /// How many wait at this moment.
    pub(super) fn queue_length(&self) -> usize {
        self.line.waiting.load(Ordering::SeqCst) + self.heavy.line.waiting.load(Ordering::SeqCst)
    }

    /// Runs `job` on a thread of its own when its turn comes; first come, first served, but that heavy jobs wait for each
    /// other first.
    ///
    /// Dropping the future leaves the line. A job that has begun runs to its end and keeps its slot until then: otherwise
    /// clients that hang up could make more jobs run than there are slots.
    pub(super) async fn run<T, F>(&self, weight: Weight, job: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Memory) -> T + Send + 'static,
    {
        let among_heavy = match weight {
            Weight::Usual => None,
            Weight::Heavy => Some(self.heavy.enter().await?),
        };
        let (slot, mut memory) = self.enter().await?;
        let line = Arc::clone(&self.line);
        let (answer, answered) = oneshot::channel();
        let work = move || {
            // In this order, so that after a panic too the slot is free before anybody hears of it.
            let answer = answer;
            let slot = (slot, among_heavy);
            let result = job(&mut memory);
            // Before the slot is free, so that the next one finds the memory.
            line.give_back(memory);
            drop(slot);
            // Whoever asked may have gone.
            let _ = answer.send(result);
        };
        background::start(work).map_err(|error| {
            HashError::Failed(format!("no thread for a password hash: {error}"))
        })?;
        // Without the text of the panic, which may quote what was worked on.
        answered
            .await
            .map_err(|_| HashError::Failed("the thread of a password hash panicked".to_owned()))
    }

    async fn enter(&self) -> Result<(OwnedSemaphorePermit, Memory), HashError> {
        // Its place in the line is held still: the last to leave it clears the memory that nobody waits for.
        let (slot, _place) = acquire(&self.slots, &self.line, self.queue).await?;
        Ok((slot, self.line.memory()))
    }
}

impl Lane {
    async fn enter(&self) -> Result<OwnedSemaphorePermit, HashError> {
        let (slot, _place) = acquire(&self.slots, &self.line, self.queue).await?;
        Ok(slot)
    }
}

/// A slot, and the place in the line that was waited at, if it had to be waited.
async fn acquire<'a>(
    slots: &Arc<Semaphore>,
    line: &'a Line,
    queue: usize,
) -> Result<(OwnedSemaphorePermit, Option<Place<'a>>), HashError> {
    if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
        return Ok((slot, None));
    }
    let place = line.join(queue)?;
    let Ok(slot) = Arc::clone(slots).acquire_owned().await else {
        unreachable!("the semaphore is never closed");
    };
    Ok((slot, Some(place)))
}

/// How many heavy jobs may wait. Each takes some half a second: who comes behind so many would not wait for the answer.
const HEAVY_QUEUE: usize = 16;

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("parallelism", &self.parallelism)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// Those who wait, and the memory kept for them.
///
/// Fresh memory costs a quarter of a hash or more (the system clears it page by page), so during a storm it goes from job to
/// job; when nobody waits it goes back to the system, so that an idle server is small.
#[derive(Default)]
struct Line {
    waiting: AtomicUsize,
    spare: Mutex<Vec<Memory>>,
}

impl Line {
    fn join(&self, queue: usize) -> Result<Place<'_>, HashError> {
        let one_more = |waiting: usize| (waiting < queue).then(|| waiting + 1);
        match self
            .waiting
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
        {
            Ok(_) => Ok(Place(self)),
            Err(_) => Err(HashError::Busy),
        }
    }

    fn memory(&self) -> Memory {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    fn give_back(&self, memory: Memory) {
        if memory.is_usual() {
            self.spare
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(memory);
        }
        self.clear_if_nobody_waits();
    }

    fn clear_if_nobody_waits(&self) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if self.waiting.load(Ordering::SeqCst) == 0 {
            let unwanted = mem::take(&mut *spare);
            // Giving it to the system takes long, and those who hold the lock may run on threads that others go before.
            drop(spare);
            drop(unwanted);
        }
    }
}

/// A place in a line, left on drop.
struct Place<'a>(&'a Line);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        self.0.clear_if_nobody_waits();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, mpsc};

    use tokio::task;

    use super::*;

    /// Occupies one slot until told to finish.
    async fn occupy(
        pool: &Arc<Pool>,
    ) -> (task::JoinHandle<Result<(), HashError>>, mpsc::Sender<()>) {
        occupy_with(pool, Weight::Usual).await
    }

    async fn occupy_with(
        pool: &Arc<Pool>,
        weight: Weight,
    ) -> (task::JoinHandle<Result<(), HashError>>, mpsc::Sender<()>) {
        let (started, has_started) = oneshot::channel();
        let (finish, finished) = mpsc::channel();
        let pool = Arc::clone(pool);
        let running = tokio::spawn(async move {
            let job = move |memory: &mut Memory| {
                memory.blocks(8).unwrap();
                started.send(()).unwrap();
                finished.recv().unwrap();
            };
            pool.run(weight, job).await
        });
        has_started.await.unwrap();
        (running, finish)
    }

    /// Polls once: enough to get into the line.
    async fn begin<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = std::future::ready(()) => None,
        }
    }

    #[tokio::test]
    async fn so_many_at_once_and_no_more() {
        let pool = Arc::new(Pool::new(2, 8));
        let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // Each job waits for another one: two at once are proven, not only allowed.
        let pairs = Arc::new(Barrier::new(2));
        let jobs: Vec<_> = (0..8)
            .map(|_| {
                let (pool, running, peak, pairs) = (
                    Arc::clone(&pool),
                    Arc::clone(&running),
                    Arc::clone(&peak),
                    Arc::clone(&pairs),
                );
                tokio::spawn(async move {
                    let job = move |_: &mut Memory| {
                        peak.fetch_max(
                            running.fetch_add(1, Ordering::SeqCst) + 1,
                            Ordering::SeqCst,
                        );
                        pairs.wait();
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    pool.run(Weight::Usual, job).await
                })
            })
            .collect();
        for job in jobs {
            job.await.unwrap().unwrap();
        }
        assert_eq!(peak.load(Ordering::SeqCst), 2);
        assert_eq!(pool.queue_length(), 0);
    }

    #[tokio::test]
    async fn so_many_wait_and_the_next_is_turned_away() {
        let pool = Arc::new(Pool::new(1, 1));
        let (running, finish) = occupy(&pool).await;

        let mut second = Box::pin(pool.run(Weight::Usual, |_| 2));
        assert!(begin(&mut second).await.is_none());
        assert_eq!(pool.queue_length(), 1);
        assert!(matches!(
            pool.run(Weight::Usual, |_| 3).await,
            Err(HashError::Busy)
        ));

        // Who gives up makes room.
        drop(second);
        assert_eq!(pool.queue_length(), 0);
        let mut fourth = Box::pin(pool.run(Weight::Usual, |_| 4));
        assert!(begin(&mut fourth).await.is_none());

        finish.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(fourth.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn heavy_jobs_leave_half_of_the_slots_to_all_others() {
        for (parallelism, heavy) in [(1, 1), (2, 1), (3, 1), (4, 2), (9, 4)] {
            let pool = Pool::new(parallelism, 8);
            assert_eq!(pool.heavy.slots.available_permits(), heavy, "{parallelism}");
        }
        let pool = Arc::new(Pool::new(2, 1024));
        let (running, finish) = occupy_with(&pool, Weight::Heavy).await;
        let mut waiting: Vec<_> = (0..HEAVY_QUEUE)
            .map(|_| Box::pin(pool.run(Weight::Heavy, |_| ())))
            .collect();
        for job in &mut waiting {
            assert!(begin(job).await.is_none());
        }
        assert_eq!(pool.queue_length(), 16);
        let turned_away = pool.run(Weight::Heavy, |_| ()).await;
        assert!(matches!(turned_away, Err(HashError::Busy)));
        // Whoever is not heavy neither waits for them nor is turned away.
        assert_eq!(pool.run(Weight::Usual, |_| 1).await.unwrap(), 1);
        assert_eq!(pool.queue_length(), 16);

        finish.send(()).unwrap();
        running.await.unwrap().unwrap();
        for job in waiting {
            job.await.unwrap();
        }
        assert_eq!(pool.queue_length(), 0);
    }

    #[tokio::test]
    async fn a_heavy_job_that_nobody_waits_for_any_more_leaves_both_lines() {
        let pool = Arc::new(Pool::new(1, 1));
        let (running, finish) = occupy(&pool).await;
        // The lane is free, and it waits with all others.
        let mut heavy = Box::pin(pool.run(Weight::Heavy, |_| ()));
        assert!(begin(&mut heavy).await.is_none());
        assert_eq!(pool.heavy.slots.available_permits(), 0);
        assert_eq!(pool.queue_length(), 1);
        drop(heavy);
        assert_eq!(pool.heavy.slots.available_permits(), 1);
        assert_eq!(pool.queue_length(), 0);
        finish.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(pool.run(Weight::Heavy, |_| 2).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_job_keeps_its_slot_when_nobody_wants_its_result() {
        let pool = Arc::new(Pool::new(1, 0));
        let (running, finish) = occupy(&pool).await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert!(matches!(
            pool.run(Weight::Usual, |_| ()).await,
            Err(HashError::Busy)
        ));
        finish.send(()).unwrap();
        let _slot = pool.slots.acquire().await.unwrap();
    }

    #[tokio::test]
    async fn memory_is_kept_for_those_who_wait_and_for_nobody_else() {
        let pool = Arc::new(Pool::new(1, 2));
        let (running, finish) = occupy(&pool).await;
        let mut second = Box::pin(pool.run(Weight::Usual, |memory| memory.len()));
        assert!(begin(&mut second).await.is_none());
        finish.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(pool.line.spare.lock().unwrap().len(), 1);
        assert_eq!(second.await.unwrap(), 8);
        assert_eq!(pool.line.spare.lock().unwrap().len(), 0);
        assert_eq!(
            pool.run(Weight::Usual, |memory| memory.len())
                .await
                .unwrap(),
            0
        );
    }

    #[tokio::test]
    async fn memory_kept_for_one_who_gave_up_is_freed() {
        let pool = Arc::new(Pool::new(1, 1));
        let (running, finish) = occupy(&pool).await;
        let mut second = Box::pin(pool.run(Weight::Usual, |_| ()));
        assert!(begin(&mut second).await.is_none());
        finish.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(pool.line.spare.lock().unwrap().len(), 1);
        drop(second);
        assert_eq!(pool.line.spare.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn a_panic_costs_no_slot_and_quotes_nothing() {
        let pool = Pool::new(1, 0);
        let error = pool
            .run(Weight::Usual, |_| panic!("p4ss"))
            .await
            .map(|(): ()| ())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "password hashing failed: the thread of a password hash panicked"
        );
        assert_eq!(pool.run(Weight::Usual, |_| 1).await.unwrap(), 1);
    }
}
