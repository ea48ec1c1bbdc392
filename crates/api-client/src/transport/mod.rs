//! The one place that sends: limits, timeouts, retries, and what a reply means as a whole. What its body means is for others.

mod call;
mod failure;
mod retry;
mod tls;

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, ClientBuilder, Method, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MATCH, RETRY_AFTER},
};
use tenantry_domain::{Revision, ports::RequestIds};
use tenantry_wire::{BASE_PATH, header, precondition};
use tokio::sync::Semaphore;
use tracing::debug;

pub use self::failure::Refusal;
use self::retry::{Again, Outcome};
pub(crate) use self::{
    call::Call,
    failure::{Cause, Failure, Missing, failed},
};
use crate::{ConfigError, RemoteConfig, credentials::Identity};

/// Sends calls to one server.
pub(crate) struct Transport {
    client: Client,
    /// Without a slash at the end.
    base: String,
    slots: Semaphore,
    config: RemoteConfig,
    ids: Arc<dyn RequestIds>,
}

/// A reply of success, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The revision that the `ETag` says.
    pub(crate) fn revision(&self) -> Option<Revision> {
        let tag = self.header(ETAG.as_str())?;
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        let number = tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
        Some(Revision::new(number))
    }

    /// Names the request, for the log of the server.
    pub(crate) fn request_id(&self) -> Option<String> {
        self.header(header::REQUEST_ID).map(str::to_owned)
    }
}

impl Transport {
    pub(crate) fn new(config: RemoteConfig, ids: Arc<dyn RequestIds>) -> Result<Self, ConfigError> {
        config.check()?;
        let client = builder(&config)?
            .build()
            .map_err(|error| ConfigError::Client(error.into()))?;
        Ok(Self {
            base: base(&config.base_url)?,
            client,
            slots: Semaphore::new(config.concurrency),
            config,
            ids,
        })
    }

    /// Below which address the paths of the API are, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Sends a call, again if it makes sense.
    pub(crate) async fn send(
        &self,
        call: &Call<'_>,
        identity: impl Into<Identity<'_>>,
    ) -> Result<Reply, Failure> {
        let identity = identity.into();
        let key = self.ids.next().to_string();
        let mut attempt = 1;
        let mut reply_lost = false;
        loop {
            let outcome = self.attempt(call, identity, &key, reply_lost).await;
            let again = match outcome {
                Outcome::Done(reply) => return Ok(reply),
                Outcome::Failed(failure) => return Err(failure),
                Outcome::Again(again) => again,
            };
            reply_lost |= !again.undone;
            let wait = again.wait(call, &self.config.retries, attempt, &key);
            let Some(wait) = wait else {
                return Err(again.failure);
            };
            debug!(method = %call.method, attempt, ?wait, error = %again.failure, "calling the remote server again");
            // The slot is free meanwhile.
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        identity: Identity<'_>,
        key: &str,
        reply_lost: bool,
    ) -> Outcome {
        let Ok(_slot) = self.slots.acquire().await else {
            return Outcome::Failed(Failure::closed());
        };
        let request = match self.request(call, identity, key) {
            Ok(request) => request,
            Err(failure) => return Outcome::Failed(failure),
        };
        match request.send().await {
            Err(error) => Outcome::Again(Again {
                undone: error.is_connect(),
                after: None,
                failure: Failure::of_client(error, None),
            }),
            Ok(response) => self.received(call, identity, response, reply_lost).await,
        }
    }

    fn request(
        &self,
        call: &Call<'_>,
        identity: Identity<'_>,
        key: &str,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let url = format!("{}{}", self.base, call.path_and_query());
        let mut request = self
            .client
            .request(call.method.clone(), url)
            .header("accept", "application/json");
        if let Some(authorization) = identity.header() {
            let mut authorization = HeaderValue::from_str(&authorization)
                .map_err(|_| Failure::Unauthenticated(None))?;
            authorization.set_sensitive(true);
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(revision) = call.expected {
            request = request.header(IF_MATCH, precondition::etag(revision));
        }
        if call.method == Method::POST {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        Ok(request)
    }

    async fn received(
        &self,
        call: &Call<'_>,
        identity: Identity<'_>,
        response: Response,
        reply_lost: bool,
    ) -> Outcome {
        let status = response.status();
        let headers = response.headers().clone();
        let after = retry_after(&headers);
        let body = match self.body(response).await {
            Ok(body) => body,
            // The server did it, but nobody knows what it said.
            Err(failure) => return Outcome::of_broken_reply(failure),
        };
        if status.is_success() {
            let reply = Reply {
                status: status.as_u16(),
                headers,
                body,
            };
            let found = content_type(&reply.headers);
            if reply.body.is_empty() || found.contains("json") {
                return Outcome::Done(reply);
            }
            let cause = Cause::ContentType(found);
            return Outcome::Failed(Failure::nonsense(cause, reply.request_id()));
        }
        // What was deleted by a call whose reply was lost is gone.
        if reply_lost && call.method == Method::DELETE && status == StatusCode::NOT_FOUND {
            return Outcome::Done(Reply {
                status: StatusCode::OK.as_u16(),
                headers,
                body: Vec::new(),
            });
        }
        let mut refusal = refusal(status.as_u16(), &headers, &body);
        refusal.message = refusal.message.map(|text| identity.hide_in(&text));
        let first_runs = reply_lost
            && status == StatusCode::CONFLICT
            && call.is_about_its_key(refusal.message.as_deref());
        let failure = Failure::of_refusal(refusal);
        match status.as_u16() {
            429 => Outcome::Again(Again {
                undone: true,
                after,
                failure,
            }),
            408 | 500 | 502 | 503 | 504 => Outcome::Again(Again {
                undone: false,
                after,
                failure,
            }),
            _ if first_runs => Outcome::Again(Again {
                undone: false,
                after,
                failure: failure.into_away(),
            }),
            _ => Outcome::Failed(failure),
        }
    }

    /// The body, if it is not too large.
    async fn body(&self, response: Response) -> Result<Vec<u8>, Failure> {
        let id = response.headers().get(header::REQUEST_ID);
        let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let limit = self.config.reply_limit;
        read(response, limit).await.map_err(|broken| match broken {
            Broken::TooLarge => Failure::nonsense(Cause::TooLarge(limit), id),
            Broken::Off(error) => Failure::of_client(error, id),
        })
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It is larger than it may be.
    TooLarge,
    /// The connection failed.
    Off(reqwest::Error),
}

/// The body, if it has no more than `limit` bytes.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, Broken> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Err(Broken::TooLarge),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) => return Err(Broken::Off(error)),
        }
    }
}

/// A client as `config` wants it.
pub(crate) fn builder(config: &RemoteConfig) -> Result<ClientBuilder, ConfigError> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls::client_config()?)
        .user_agent(&config.user_agent)
        .connect_timeout(config.connect_timeout)
        .timeout(config.timeout)
        // The API has no redirects; one would carry the secrets elsewhere.
        .redirect(reqwest::redirect::Policy::none());
    Ok(if may_ask_a_proxy(config) {
        client
    } else {
        client.no_proxy()
    })
}

/// Whoever names this machine means this machine, and what is sent there stays there: passwords may go there without TLS. A
/// proxy would have them in clear, and send them on to a machine of its own.
fn may_ask_a_proxy(config: &RemoteConfig) -> bool {
    let here = Url::parse(&config.base_url).is_ok_and(|url| is_this_machine(&url));
    config.proxy_from_environment && !here
}

/// Whether `url` names the machine that this runs on.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        let address = host.parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// What a reply of no success says.
pub(crate) fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let said = tenantry_wire::read::refusal(body);
    let request_id = said.request_id.or_else(|| {
        let id = headers.get(header::REQUEST_ID)?.to_str().ok()?;
        Some(id.to_owned())
    });
    Refusal {
        status,
        message: said.message,
        request_id,
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    value.unwrap_or_default().to_ascii_lowercase()
}

/// Seconds are read; a date is as good as nothing, and the usual wait counts.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(seconds.trim().parse().ok()?))
}

/// The address below which the paths of the API are.
pub(crate) fn base(url: &str) -> Result<String, ConfigError> {
    let wrong = || ConfigError::BaseUrl(url.to_owned());
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    let plain = matches!(parsed.scheme(), "http" | "https")
        && parsed.query().is_none()
        && parsed.fragment().is_none();
    // A password in the address would end up in messages.
    if !plain || !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(ConfigError::BaseUrl("…".to_owned()));
    }
    let text = parsed.as_str().trim_end_matches('/');
    Ok(if text.ends_with(BASE_PATH) {
        text.to_owned()
    } else {
        format!("{text}{BASE_PATH}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_added_where_it_is_missing() {
        for (url, expected) in [
            (
                "https://a.example",
                Some("https://a.example/elements/api-v2"),
            ),
            (
                "https://a.example/",
                Some("https://a.example/elements/api-v2"),
            ),
            (
                "https://a.example/elements/api-v2/",
                Some("https://a.example/elements/api-v2"),
            ),
            (
                "http://127.0.0.1:8080/behind",
                Some("http://127.0.0.1:8080/behind/elements/api-v2"),
            ),
            ("a.example", None),
            ("ftp://a.example", None),
            ("https://a.example?x=1", None),
            ("https://frodo:s3cret@a.example", None),
        ] {
            assert_eq!(base(url).ok().as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn no_proxy_is_asked_for_this_machine() {
        let may = |url: &str, environment: bool| {
            may_ask_a_proxy(&RemoteConfig {
                proxy_from_environment: environment,
                ..RemoteConfig::new(url)
            })
        };
        for url in [
            "http://localhost:8080",
            "http://LOCALHOST",
            "http://127.0.0.1:8080/elements/api-v2",
            "http://127.9.9.9",
            "http://[::1]:8080",
            "https://localhost",
        ] {
            assert!(!may(url, true), "{url}");
        }
        for url in [
            "https://old.example",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            assert!(may(url, true), "{url}");
            assert!(!may(url, false), "{url}");
        }
    }

    #[test]
    fn waits_are_asked_for_in_seconds() {
        for (value, expected) in [
            ("0", Some(Duration::ZERO)),
            (" 120 ", Some(Duration::from_mins(2))),
            ("-1", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            assert_eq!(retry_after(&headers), expected, "{value}");
        }
    }
}
