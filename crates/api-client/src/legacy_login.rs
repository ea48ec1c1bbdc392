//! [`RemoteLogin`]: the port [`LegacyLogin`] over `POST /authentication` of the server that users came from.
//!
//! A password is sent once: that server may count wrong ones. Only a connection that did not come about is tried again. The
//! token that a right password is answered with is not looked at, and ends by itself.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tenantry_domain::{
    Email, Password,
    ports::{LegacyLogin, LegacyLoginError},
};
use tokio::{sync::Semaphore, time::timeout};
use tracing::{debug, info};

use crate::{
    ConfigError, RemoteConfig,
    transport::{Broken, base, builder, failed, is_this_machine, read},
};

/// Asks another server whether passwords are right there.
pub struct RemoteLogin {
    client: Client,
    /// Without a slash at the end.
    base: String,
    slots: Semaphore,
    config: RemoteConfig,
}

/// Why there is no answer. Nothing that the server said is in it: it might say whom it was asked for.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Connection(String),
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("status {0}")]
    Status(u16),
    #[error("a reply of more than {0} bytes")]
    TooLarge(usize),
    #[error("a reply of success that does not name the user who was asked for")]
    Unreadable,
}

impl RemoteLogin {
    /// Asks the server of `config`, whose `timeout` is for an answer as a whole, with all its attempts and the wait for one's
    /// turn.
    ///
    /// # Errors
    /// As [`check_url`](Self::check_url); and if the client cannot be set up, or `concurrency` or `attempts` is 0.
    pub fn new(config: RemoteConfig) -> Result<Self, ConfigError> {
        Self::check_url(&config.base_url)?;
        config.check()?;
        // A connection that is kept may be closed by the server in the moment in which a password is sent, and nobody would
        // know whether it was read.
        let client = builder(&config)?.pool_max_idle_per_host(0).build();
        Ok(Self {
            client: client.map_err(|error| ConfigError::Client(error.into()))?,
            base: base(&config.base_url)?,
            slots: Semaphore::new(config.concurrency),
            config,
        })
    }

    /// Whether a server of this URL may be asked: passwords go there, so it is one of HTTPS, or on this machine.
    ///
    /// # Errors
    /// `BaseUrl` if it is no URL of HTTP, `Unprotected` if everybody on the way could read along.
    pub fn check_url(url: &str) -> Result<(), ConfigError> {
        base(url)?;
        let parsed = Url::parse(url).map_err(|_| ConfigError::BaseUrl("…".to_owned()))?;
        if parsed.scheme() == "https" || is_this_machine(&parsed) {
            Ok(())
        } else {
            Err(ConfigError::Unprotected)
        }
    }

    async fn ask(&self, email: &Email, password: &Password) -> Result<bool, LegacyLoginError> {
        let Ok(_slot) = self.slots.acquire().await else {
            return Err(away(Trouble::Connection("the client is closed".to_owned())));
        };
        let body = json!({"username": email.as_str(), "password": password.expose()}).to_string();
        let response = self.send(body).await?;
        match response.status() {
            StatusCode::OK => self.confirmed(response, email).await,
            StatusCode::UNAUTHORIZED => Ok(false),
            status => {
                let later = matches!(status.as_u16(), 408 | 429) || status.is_server_error();
                let trouble = Trouble::Status(status.as_u16());
                Err(if later {
                    away(trouble)
                } else {
                    nonsense(trouble)
                })
            }
        }
    }

    /// Sends it, again only where nothing was sent.
    async fn send(&self, body: String) -> Result<Response, LegacyLoginError> {
        let retries = &self.config.retries;
        let (mut attempt, mut wait) = (1, retries.first_wait);
        loop {
            let request = self
                .client
                .post(format!("{}/authentication", self.base))
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
            match request.send().await {
                Ok(response) => return Ok(response),
                Err(error) if error.is_connect() && attempt < retries.attempts => {
                    debug!(
                        attempt,
                        "the legacy platform cannot be connected to; trying again"
                    );
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                    wait = wait.saturating_mul(2).min(retries.longest_wait);
                }
                Err(error) => return Err(away(Trouble::Connection(failed(error)))),
            }
        }
    }

    /// Success counts if it is about this user: whatever stands in the way may answer everything with 200.
    async fn confirmed(&self, response: Response, email: &Email) -> Result<bool, LegacyLoginError> {
        let limit = self.config.reply_limit;
        let body = read(response, limit).await.map_err(|broken| match broken {
            Broken::Off(error) => away(Trouble::Connection(failed(error))),
            Broken::TooLarge => nonsense(Trouble::TooLarge(limit)),
        })?;
        let user: Value = serde_json::from_slice(&body).unwrap_or_default();
        let name = user.get("username").and_then(Value::as_str);
        let named = name.and_then(|name| Email::parse(name).ok());
        if named.is_some_and(|named| named.folded() == email.folded()) {
            Ok(true)
        } else {
            Err(nonsense(Trouble::Unreadable))
        }
    }
}

fn away(trouble: Trouble) -> LegacyLoginError {
    LegacyLoginError::Away {
        source: trouble.into(),
    }
}

fn nonsense(trouble: Trouble) -> LegacyLoginError {
    LegacyLoginError::Nonsense {
        source: trouble.into(),
    }
}

#[async_trait]
impl LegacyLogin for RemoteLogin {
    async fn verify(&self, email: &Email, password: &Password) -> Result<bool, LegacyLoginError> {
        let patience = self.config.timeout;
        let answer = timeout(patience, self.ask(email, password)).await;
        let right = answer.map_err(|_| away(Trouble::Late(patience)))??;
        info!(
            right,
            "the legacy platform was asked whether a password is right"
        );
        Ok(right)
    }
}

impl std::fmt::Debug for RemoteLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteLogin")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_sent_by_https_or_stay_on_this_machine() {
        for url in [
            "https://old.example",
            "https://old.example/elements/api-v2",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert!(RemoteLogin::check_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://old.example",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            let refused = RemoteLogin::check_url(url);
            assert!(matches!(refused, Err(ConfigError::Unprotected)), "{url}");
        }
        for url in [
            "",
            "old.example",
            "ftp://localhost",
            "https://u:p@old.example",
        ] {
            let refused = RemoteLogin::check_url(url);
            assert!(matches!(refused, Err(ConfigError::BaseUrl(_))), "{url}");
        }
    }

    #[test]
    fn nothing_can_be_asked_with_nothing() {
        let with = |edit: fn(&mut RemoteConfig)| {
            let mut config = RemoteConfig::new("https://old.example");
            edit(&mut config);
            RemoteLogin::new(config)
        };
        assert!(with(|_| ()).is_ok());
        assert!(with(|config| config.concurrency = 0).is_err());
        assert!(with(|config| config.retries.attempts = 0).is_err());
    }
}
