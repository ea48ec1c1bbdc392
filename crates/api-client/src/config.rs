//! How the remote server is reached. Must not know where the settings come from.

use std::time::Duration;

/// How the remote server is reached.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    /// Where the API is: `https://console.cloud-elements.com`, with or without `/elements/api-v2`.
    pub base_url: String,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long one attempt of a call may take, its reply included.
    pub timeout: Duration,
    /// How many calls run at once; further ones wait.
    pub concurrency: usize,
    /// When calls that can be repeated are.
    pub retries: Retries,
    /// Largest reply, in bytes.
    pub reply_limit: usize,
    /// Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count. For a server on this machine they never do.
    pub proxy_from_environment: bool,
    /// What the client calls itself.
    pub user_agent: String,
}

/// When calls that can be repeated are: after 0.2 seconds, 0.4, 0.8, …, each of them shortened by up to a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often a call is sent at most, the first time included.
    pub attempts: u32,
    /// The wait before the second time; each further one is twice as long.
    pub first_wait: Duration,
    /// The longest wait. Who asks for a longer one, by `Retry-After`, is not waited for.
    pub longest_wait: Duration,
}

impl RemoteConfig {
    /// The defaults, for this server.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            concurrency: 8,
            retries: Retries::default(),
            reply_limit: 16 * 1024 * 1024,
            proxy_from_environment: true,
            user_agent: concat!("tenantry/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl RemoteConfig {
    /// Whether any call could be sent.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.concurrency == 0 {
            return Err(ConfigError::Zero("concurrency"));
        }
        if self.retries.attempts == 0 {
            return Err(ConfigError::Zero("attempts"));
        }
        Ok(())
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// Why a remote store cannot be made of its configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not a URL, or not one of HTTP.
    #[error(
        "the address of a server must be like https://host or https://host/elements/api-v2, not '{0}'"
    )]
    BaseUrl(String),
    /// Passwords would be sent where others can read along.
    #[error(
        "base URL must begin with https://, because passwords are sent there; http:// is for this machine alone"
    )]
    Unprotected,
    /// No call could ever be sent.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// The certificates that the system trusts cannot be read, or there is a bug.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}
