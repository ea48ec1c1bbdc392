//! Calls that are made at the same moment.

use std::{fmt::Debug, future::Future};

use tenantry_domain::ports::RepositoryError;

use super::given::{Refusal, refusal};

/// What came of all calls, each in a task of its own.
pub(super) async fn together<T: Send + 'static>(
    calls: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// What the calls that went well answered, and how the others were refused.
pub(super) fn split<T: Debug>(outcomes: Vec<Result<T, RepositoryError>>) -> (Vec<T>, Vec<Refusal>) {
    let mut won = Vec::new();
    let mut lost = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(value) => won.push(value),
            error @ Err(_) => lost.push(refusal(error)),
        }
    }
    (won, lost)
}
