//! Every option there is: its name, what it may be, what it is by default, and what it is for.
//!
//! The reference in `docs/configuration.md`, the commented file of `config print --defaults`, the names of the environment
//! variables and the errors are all made from this table.

use std::{net::Ipv4Addr, net::SocketAddr, path::PathBuf};

use tenantry_api_client::{ConfigError, RemoteLogin};
use tenantry_http_server::Network;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use super::{
    DatabaseUrl,
    kind::{Kind, List, Number, Surroundings, Switch, Text},
};

/// One option. Its environment variable is `TENANTRY_` and the name in capitals, with `_` for the dot.
#[derive(Debug)]
pub(crate) struct Setting<K> {
    /// As the file has it: `section.name`, or `name` at the top.
    pub(crate) key: &'static str,
    /// The flag, for those that have one.
    pub(crate) flag: Option<&'static str>,
    /// What it is for: a sentence or two.
    pub(crate) about: &'static str,
    pub(crate) kind: K,
}

/// What an option is, without its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    pub(crate) key: &'static str,
    pub(crate) flag: Option<&'static str>,
    pub(crate) about: &'static str,
    pub(crate) allowed: String,
    pub(crate) fallback: toml::Value,
}

impl<K: Kind> Setting<K> {
    fn describe(&self, surroundings: &Surroundings) -> Description {
        Description {
            key: self.key,
            flag: self.flag,
            about: self.about,
            allowed: self.kind.allowed(),
            fallback: self.kind.shown(&self.kind.fallback(surroundings)),
        }
    }
}

/// The environment variable of the option `key`.
pub(crate) fn variable(key: &str) -> String {
    format!("TENANTRY_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Every option, in the order of the reference. Options at the top come before the sections, as TOML wants it.
pub(crate) fn all(surroundings: &Surroundings) -> Vec<Description> {
    vec![
        DATA_DIR.describe(surroundings),
        DATABASE_URL.describe(surroundings),
        LISTEN.describe(surroundings),
        LOG.describe(surroundings),
        ALLOWED_ORIGINS.describe(surroundings),
        TRUSTED_PROXIES.describe(surroundings),
        METRICS.describe(surroundings),
        BODY_BYTES.describe(surroundings),
        HEADER_TIMEOUT.describe(surroundings),
        BODY_TIMEOUT.describe(surroundings),
        WRITE_TIMEOUT.describe(surroundings),
        CONNECTIONS.describe(surroundings),
        SHUTDOWN.describe(surroundings),
        FAILED_ATTEMPTS.describe(surroundings),
        FAILED_ATTEMPTS_WINDOW.describe(surroundings),
        PARALLELISM.describe(surroundings),
        QUEUE.describe(surroundings),
        MAX_CONNECTIONS.describe(surroundings),
        STATEMENT_TIMEOUT.describe(surroundings),
        PREPARED_STATEMENTS.describe(surroundings),
        READERS.describe(surroundings),
        CALLERS.describe(surroundings),
        RETENTION_DAYS.describe(surroundings),
        LEGACY_SERVER.describe(surroundings),
        LEGACY_TIMEOUT.describe(surroundings),
        LEGACY_REFUSAL.describe(surroundings),
    ]
}

pub(crate) static DATA_DIR: Setting<Text<PathBuf>> = Setting {
    key: "data_dir",
    flag: Some("--data-dir"),
    about: "Directory of the SQLite database and of the file with the master key. It is created, for the server's user alone, if it is missing.",
    kind: Text {
        allowed: "a path",
        parse: |text| Ok(PathBuf::from(text)),
        fallback: |surroundings| surroundings.data_dir.clone(),
    },
};

pub(crate) static DATABASE_URL: Setting<Text<DatabaseUrl>> = Setting {
    key: "database_url",
    flag: Some("--database-url"),
    about: "Where the data is. By default a SQLite file in the data directory.",
    kind: Text {
        allowed: DatabaseUrl::FORM,
        parse: DatabaseUrl::parse,
        fallback: |surroundings| DatabaseUrl::in_directory(&surroundings.data_dir),
    },
};

pub(crate) static LISTEN: Setting<Text<SocketAddr>> = Setting {
    key: "listen",
    flag: Some("--listen"),
    about: "Address and port that `serve` answers on. Port 0 takes a free one; the line `listening on` says which.",
    kind: Text {
        allowed: "an IP address and a port, for example 127.0.0.1:8080 or [::]:8080",
        parse: |text| {
            text.parse()
                .map_err(|_| format!("must be {}, not '{text}'", LISTEN.kind.allowed))
        },
        fallback: |_| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
    },
};

pub(crate) static LOG: Setting<Text<String>> = Setting {
    key: "log",
    flag: Some("--log"),
    about: "What is logged: a level, or levels by part of the program separated by commas. Logs go to standard error, as text on a terminal and as JSON otherwise. Of other people's libraries nothing finer than `debug` is logged, because that could show what goes over the wire.",
    kind: Text {
        allowed: "error, warn, info, debug, trace, off, or directives such as info,tenantry_http_server=debug",
        parse: |text| {
            if names_only_levels(text) && EnvFilter::builder().parse(text).is_ok() {
                Ok(text.to_owned())
            } else {
                Err(format!("must be {}, not '{text}'", LOG.kind.allowed))
            }
        },
        fallback: |_| "info".to_owned(),
    },
};

/// Whether every directive that is a single word is a level. The filter takes any other word for a part of the program,
/// which would turn off everything else: `inof` instead of `info` must not end the log.
fn names_only_levels(directives: &str) -> bool {
    directives.split(',').all(|directive| {
        directive.contains(['=', '[', ']', '{', '}']) || directive.parse::<LevelFilter>().is_ok()
    })
}

pub(crate) static ALLOWED_ORIGINS: Setting<List<String>> = Setting {
    key: "http.allowed_origins",
    flag: None,
    about: "Origins whose scripts may call from a browser with credentials. In the environment they are separated by commas.",
    kind: List {
        allowed: "origins such as https://console.example.org, without a path",
        parse: |text| {
            let host = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"));
            let is_origin = host.is_some_and(|host| {
                !host.is_empty()
                    && host
                        .chars()
                        .all(|c| c.is_ascii_graphic() && !"/?#@*,'\"".contains(c))
            });
            if is_origin {
                Ok(text.to_owned())
            } else {
                Err(format!(
                    "must be {}, not '{text}'",
                    ALLOWED_ORIGINS.kind.allowed
                ))
            }
        },
    },
};

pub(crate) static TRUSTED_PROXIES: Setting<List<Network>> = Setting {
    key: "http.trusted_proxies",
    flag: None,
    about: "Proxies before the server whose header X-Forwarded-For says where a request comes from. It is believed from nobody else. In the environment they are separated by commas.",
    kind: List {
        allowed: "addresses and networks such as 10.0.0.0/8 or 2001:db8::1",
        parse: |text| {
            text.parse()
                .map_err(|_| format!("must be {}, not '{text}'", TRUSTED_PROXIES.kind.allowed))
        },
    },
};

pub(crate) static METRICS: Setting<Switch> = Setting {
    key: "http.metrics",
    flag: None,
    about: "Whether `/metrics` answers, without credentials, what Prometheus reads: numbers by method, route and status, and nothing of any organization. A server that the Internet reaches should hide the path behind its proxy, or turn it off.",
    kind: Switch { fallback: true },
};

pub(crate) static BODY_BYTES: Setting<Number> = Setting {
    key: "limits.body_bytes",
    flag: None,
    about: "Largest body of a request; longer ones are answered with 413.",
    kind: Number {
        least: 1024,
        most: 1024 * 1024 * 1024,
        fallback: |_| 1024 * 1024,
    },
};

pub(crate) static HEADER_TIMEOUT: Setting<Number> = Setting {
    key: "limits.header_timeout_seconds",
    flag: None,
    about: "How long a client may take to send the header of a request. A connection that is idle for so long is closed, too.",
    kind: Number {
        least: 1,
        most: 3600,
        fallback: |_| 10,
    },
};

pub(crate) static BODY_TIMEOUT: Setting<Number> = Setting {
    key: "limits.body_timeout_seconds",
    flag: None,
    about: "How long a client may take to send the body of a request.",
    kind: Number {
        least: 1,
        most: 3600,
        fallback: |_| 30,
    },
};

pub(crate) static WRITE_TIMEOUT: Setting<Number> = Setting {
    key: "limits.write_timeout_seconds",
    flag: None,
    about: "How long a client may read nothing of a reply that waits for it; then its connection is closed.",
    kind: Number {
        least: 1,
        most: 3600,
        fallback: |_| 30,
    },
};

pub(crate) static CONNECTIONS: Setting<Number> = Setting {
    key: "limits.connections",
    flag: None,
    about: "How many connections may be open. Further ones are not refused: they wait in the queue of the operating system until one ends. The server takes as many open files as the operating system grants it, and where these are fewer it says so and has fewer connections.",
    kind: Number {
        least: 1,
        most: 1_000_000,
        fallback: |_| 16_384,
    },
};

pub(crate) static SHUTDOWN: Setting<Number> = Setting {
    key: "limits.shutdown_seconds",
    flag: None,
    about: "How long requests that run have to finish after SIGTERM or Ctrl-C.",
    kind: Number {
        least: 1,
        most: 3600,
        fallback: |_| 30,
    },
};

pub(crate) static FAILED_ATTEMPTS: Setting<Number> = Setting {
    key: "limits.failed_attempts",
    flag: None,
    about: "How many wrong passwords may come from one address within `limits.failed_attempts_seconds`; further attempts are answered with 429 until that time is over. An address is one of IPv4, or a /64 of IPv6.",
    kind: Number {
        least: 1,
        most: 1_000_000,
        fallback: |_| 20,
    },
};

pub(crate) static FAILED_ATTEMPTS_WINDOW: Setting<Number> = Setting {
    key: "limits.failed_attempts_seconds",
    flag: None,
    about: "How long wrong passwords count, from the first one on.",
    kind: Number {
        least: 1,
        most: 86_400,
        fallback: |_| 300,
    },
};

pub(crate) static PARALLELISM: Setting<Number> = Setting {
    key: "password_hashing.parallelism",
    flag: None,
    about: "How many passwords are hashed at the same time; each takes a core and 19 MiB. By default as many as there are cores.",
    kind: Number {
        least: 1,
        most: 1024,
        fallback: |surroundings| surroundings.cores.clamp(1, 1024),
    },
};

pub(crate) static QUEUE: Setting<Number> = Setting {
    key: "password_hashing.queue",
    flag: None,
    about: "How many passwords may wait to be hashed; further ones are answered with 503.",
    kind: Number {
        least: 1,
        most: 1_000_000,
        fallback: |_| 1024,
    },
};

pub(crate) static MAX_CONNECTIONS: Setting<Number> = Setting {
    key: "postgres.max_connections",
    flag: None,
    about: "Most connections to PostgreSQL that are open at once. Lists and counts of one organization take half of them at the most.",
    kind: Number {
        least: 1,
        most: 10_000,
        fallback: |_| 10,
    },
};

pub(crate) static STATEMENT_TIMEOUT: Setting<Number> = Setting {
    key: "postgres.statement_timeout_ms",
    flag: None,
    about: "After how many milliseconds PostgreSQL gives a statement up. Below 4500, after which the server itself gives up and cannot say any more that it was the statement. 0 sends no such option, for PgBouncer, which refuses it.",
    kind: Number {
        least: 0,
        most: 3_600_000,
        fallback: |_| 4000,
    },
};

pub(crate) static PREPARED_STATEMENTS: Setting<Switch> = Setting {
    key: "postgres.prepared_statements",
    flag: None,
    about: "Whether statements are prepared once per connection. false behind a proxy that pools transactions, such as PgBouncer with pool_mode = transaction.",
    kind: Switch { fallback: true },
};

pub(crate) static READERS: Setting<Number> = Setting {
    key: "sqlite.readers",
    flag: None,
    about: "How many threads run lists and counts of one organization at the same moment; one more is there for the others. As many connections beside theirs serve look-ups by key.",
    kind: Number {
        least: 1,
        most: 64,
        fallback: |_| 2,
    },
};

pub(crate) static CALLERS: Setting<Number> = Setting {
    key: "cache.callers",
    flag: None,
    about: "How many callers are remembered, at about 400 bytes each, so that the store is not asked for each of their calls who makes it. What is changed of them counts at once here, and within a second on other nodes. 0 remembers nobody. With PostgreSQL it takes a connection more.",
    kind: Number {
        least: 0,
        most: 10_000_000,
        fallback: |_| 10_000,
    },
};

pub(crate) static RETENTION_DAYS: Setting<Number> = Setting {
    key: "audit.retention_days",
    flag: None,
    about: "How many days records of the audit log are kept. 0 keeps them for ever.",
    kind: Number {
        least: 0,
        most: 36_500,
        fallback: |_| 0,
    },
};

pub(crate) static LEGACY_SERVER: Setting<Text<Option<String>>> = Setting {
    key: "legacy_login.server",
    flag: None,
    about: "The platform that users were imported from without their passwords. Where it is set, the first password that is right there is kept here, and passwords of e-mails that nobody has here are sent there as well. Off by default.",
    kind: Text {
        allowed: "a URL such as https://console.cloud-elements.com, with or without /elements/api-v2; http:// for this machine alone; in the file also an empty text, which is none",
        parse: |text| {
            if text.is_empty() {
                return Ok(None);
            }
            // The URL may hold a password, so it is not repeated.
            match RemoteLogin::check_url(text) {
                Ok(()) => Ok(Some(text.to_owned())),
                Err(ConfigError::Unprotected) => Err(
                    "must begin with https://, because passwords are sent there; http:// is for this machine alone"
                        .to_owned(),
                ),
                Err(_) => Err(format!("must be {}", LEGACY_SERVER.kind.allowed)),
            }
        },
        fallback: |_| None,
    },
};

pub(crate) static LEGACY_TIMEOUT: Setting<Number> = Setting {
    key: "legacy_login.timeout_ms",
    flag: None,
    about: "How many milliseconds that platform may take for its answer; then the login is answered with 503. Shorter than `legacy_login.refusal_ms`, or refusals take longer where it was asked.",
    kind: Number {
        least: 1,
        most: 60_000,
        fallback: |_| 1500,
    },
};

pub(crate) static LEGACY_REFUSAL: Setting<Number> = Setting {
    key: "legacy_login.refusal_ms",
    flag: None,
    about: "How many milliseconds a refused login takes at least while `legacy_login.server` is set, so that nobody can tell by the time whose password is here, whose is there, and who is nobody.",
    kind: Number {
        least: 0,
        most: 60_000,
        fallback: |_| 2000,
    },
};
