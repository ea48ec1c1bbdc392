//! A bounded queue from async callers to threads. Callers wait for a place without blocking, threads block for work.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right to have one job in the lane; it goes with the job and ends when the job does.
pub(super) type Place = OwnedSemaphorePermit;

pub(super) struct Lane<J> {
    places: Arc<Semaphore>,
    state: Mutex<State<J>>,
    ready: Condvar,
}

/// What comes out of a lane before a limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<J> {
    Job(J),
    /// Nothing has come in time.
    Quiet,
    /// It is closed and empty.
    End,
}

struct State<J> {
    waiting: VecDeque<J>,
    closed: bool,
}

impl<J> Lane<J> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(capacity.clamp(1, Semaphore::MAX_PERMITS))),
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                closed: false,
            }),
            ready: Condvar::new(),
        }
    }

    /// Waits for a place; `None` once the lane is closed.
    pub(super) async fn enter(&self) -> Option<Place> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Puts a job at the end; gives it back if the lane is closed.
    pub(super) fn push(&self, job: J) -> Result<(), J> {
        let mut state = self.state();
        if state.closed {
            return Err(job);
        }
        state.waiting.push_back(job);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Blocks until there is a job; `None` once the lane is closed and empty.
    pub(super) fn next(&self) -> Option<J> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The same, but no longer than `limit`.
    pub(super) fn next_within(&self, limit: Duration) -> Next<J> {
        let nothing = |state: &mut State<J>| state.waiting.is_empty() && !state.closed;
        let waited = self.ready.wait_timeout_while(self.state(), limit, nothing);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.waiting.pop_front() {
            Some(job) => Next::Job(job),
            None if state.closed => Next::End,
            None => Next::Quiet,
        }
    }

    /// The next job if one is waiting.
    pub(super) fn try_next(&self) -> Option<J> {
        self.state().waiting.pop_front()
    }

    /// The same, but leaves it where it is unless it is `wanted`.
    pub(super) fn try_next_if(&self, wanted: impl FnOnce(&J) -> bool) -> Option<J> {
        let mut state = self.state();
        if state.waiting.front().is_some_and(wanted) {
            return state.waiting.pop_front();
        }
        None
    }

    /// Lets nobody in any more. What waits is still handed out.
    pub(super) fn close(&self) {
        self.places.close();
        self.state().closed = true;
        self.ready.notify_all();
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_come_out_in_order_and_what_waits_at_the_close_too() {
        let lane = Lane::new(8);
        assert_eq!(lane.try_next(), None);
        assert_eq!(
            (lane.push(1), lane.push(2), lane.push(3)),
            (Ok(()), Ok(()), Ok(()))
        );
        assert_eq!(lane.try_next_if(|job| *job > 1), None);
        assert_eq!(lane.try_next_if(|job| *job == 1), Some(1));
        lane.close();
        assert_eq!(lane.push(4), Err(4));
        assert_eq!(
            (lane.try_next(), lane.next(), lane.next()),
            (Some(2), Some(3), None)
        );
    }

    #[test]
    fn who_waits_within_a_limit_is_told_what_came_of_it() {
        let lane = Lane::new(1);
        assert_eq!(lane.next_within(Duration::ZERO), Next::Quiet);
        assert_eq!(lane.push(1), Ok(()));
        assert_eq!(lane.next_within(Duration::MAX), Next::Job(1));
        lane.close();
        assert_eq!(lane.next_within(Duration::MAX), Next::End);
    }

    #[tokio::test]
    async fn a_full_lane_lets_the_next_one_wait_until_a_job_ends() {
        let lane = Lane::new(1);
        assert!(lane.push(lane.enter().await).is_ok());
        assert!(
            tokio::time::timeout(std::time::Duration::ZERO, lane.enter())
                .await
                .is_err()
        );
        drop(lane.next());
        assert!(lane.enter().await.is_some());
        lane.close();
        assert!(lane.enter().await.is_none());
    }
}
