//! Asking, with patience: once, and many times at once.

use std::{sync::Arc, time::Duration};

use tenantry_domain::{OrganizationId, ports::SourceError};
use tenantry_wire::{
    JsonObject,
    read::{self, Known},
};
use tokio::task::JoinSet;
use tracing::warn;

use super::{
    Patience,
    failure::{ended, is_passing},
};
use crate::{
    error::{found, unreadable},
    list::total,
    remote::Remote,
    transport::{Call, Failure, Reply},
};

/// Asks one server about one organization. Cheap to clone.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) remote: Arc<Remote>,
    pub(super) organization: OrganizationId,
    pub(super) patience: Patience,
}

impl Asker {
    /// What is known of the items of a list.
    pub(super) const fn known(&self) -> Known {
        Known::of_list(self.organization, None)
    }

    /// Calls until there is a reply that `read` understands, or it makes no sense any longer. Answers how often it called as
    /// well.
    pub(super) async fn ask<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&Reply) -> Result<T, Failure>,
    ) -> Result<T, (u32, Failure)> {
        let Remote { transport, own, .. } = &*self.remote;
        let mut attempt = 1;
        loop {
            let answer = transport.send(call, own).await;
            let failure = match answer.and_then(|reply| read(&reply)) {
                Ok(read) => return Ok(read),
                Err(failure) => failure,
            };
            if attempt >= self.patience.attempts || !is_passing(&failure) {
                return Err((attempt, failure));
            }
            let wait = self.patience.wait(attempt);
            let cause = std::error::Error::source(&failure).map(ToString::to_string);
            warn!(
                server = transport.base(),
                attempt,
                wait_seconds = wait.as_secs(),
                cause,
                "the remote server does not answer; waiting"
            );
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// The object that is answered; `None` if it is not there.
    pub(super) async fn object(
        &self,
        what: &'static str,
        call: &Call<'_>,
    ) -> Result<Option<JsonObject>, SourceError> {
        let one = |reply: &Reply| {
            read::one(&reply.body).map_err(|error| unreadable(&error, reply.request_id()))
        };
        split(what, self.ask(call, one).await)
    }

    /// All objects of a list without pages; `None` if what they belong to is not there.
    pub(super) async fn objects(
        &self,
        what: &'static str,
        call: &Call<'_>,
    ) -> Result<Option<Vec<JsonObject>>, SourceError> {
        split(what, self.ask(call, many).await)
    }

    /// The same for many calls, at once as far as the transport lets them; in their order.
    pub(super) async fn objects_of_all(
        &self,
        what: &'static str,
        calls: Vec<Call<'static>>,
    ) -> Result<Vec<Option<Vec<JsonObject>>>, SourceError> {
        self.at_once(calls, move |asker, call| async move {
            asker.objects(what, &call).await
        })
        .await
    }

    /// How long each of these lists is; `None` where the server does not say. Nobody waits for a number.
    pub(super) async fn counts(
        &self,
        calls: Vec<Call<'static>>,
    ) -> Result<Vec<Option<u64>>, SourceError> {
        self.at_once(calls, |asker, call| async move {
            let call = call
                .with("includeInactive", &true)
                .with("includeTotal", &true)
                .with("pageSize", &1);
            let Remote { transport, own, .. } = &*asker.remote;
            Ok(match found(transport.send(&call, own).await) {
                Ok(Some(reply)) => total(&reply),
                Ok(None) => Some(0),
                Err(_) => None,
            })
        })
        .await
    }

    async fn at_once<T, F>(
        &self,
        calls: Vec<Call<'static>>,
        make: impl Fn(Self, Call<'static>) -> F,
    ) -> Result<Vec<T>, SourceError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, SourceError>> + Send + 'static,
    {
        let mut running = JoinSet::new();
        for (place, call) in calls.into_iter().enumerate() {
            let answer = make(self.clone(), call);
            running.spawn(async move { (place, answer.await) });
        }
        let mut answers = Vec::with_capacity(running.len());
        // Whoever fails ends the others, by the end of the set.
        while let Some(joined) = running.join_next().await {
            let (place, answer) = joined.map_err(|error| SourceError::Unavailable {
                source: error.into(),
            })?;
            answers.push((place, answer?));
        }
        answers.sort_by_key(|(place, _)| *place);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }
}

/// The objects of a reply.
pub(super) fn many(reply: &Reply) -> Result<Vec<JsonObject>, Failure> {
    read::many(&reply.body).map_err(|error| unreadable(&error, reply.request_id()))
}

/// What is not there apart from what failed.
fn split<T>(
    what: &'static str,
    answer: Result<T, (u32, Failure)>,
) -> Result<Option<T>, SourceError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err((_, Failure::Missing(_))) => Ok(None),
        Err((attempts, failure)) => Err(ended(what, attempts, failure)),
    }
}

impl Patience {
    /// How long to wait after so many attempts.
    fn wait(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let wait = self.first_wait.saturating_mul(doubled);
        wait.min(self.longest_wait)
    }
}
