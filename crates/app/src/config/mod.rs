//! The configuration: defaults, then the file, then the environment, then flags; the later one wins.
//!
//! Nothing unknown is accepted, so that a misspelt option is an error and not a default. All problems are reported at
//! once. Reading the configuration changes nothing on the disk.

mod database_url;
mod kind;
mod print;
mod settings;
mod sources;

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use tenantry_domain::SecretText;
use tenantry_http_server::Network;

pub(crate) use self::{
    database_url::DatabaseUrl,
    print::{Effective, defaults},
    sources::MASTER_KEY_VARIABLE,
};
use self::{
    kind::{Kind, Surroundings},
    settings::{Description, Setting},
    sources::{Layer, Origin, Raw},
};

/// Where everything is unless somebody says otherwise.
const DATA_DIR: &str = "./tenantry-data";
/// The file that is read, if it is there, when no other is named.
const FILE_NAME: &str = "tenantry.toml";

/// How the program shall behave. Printing it shows no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: DatabaseUrl,
    pub(crate) listen: SocketAddr,
    pub(crate) log: String,
    pub(crate) http: Http,
    pub(crate) limits: Limits,
    pub(crate) password_hashing: PasswordHashing,
    pub(crate) postgres: Postgres,
    pub(crate) sqlite: Sqlite,
    pub(crate) cache: Cache,
    pub(crate) audit: Audit,
    pub(crate) legacy_login: LegacyLogin,
    /// From the environment; otherwise it is in a file of the data directory.
    pub(crate) master_key: Option<SecretText>,
}

/// How HTTP is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Http {
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) metrics: bool,
}

/// What clients may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) connections: usize,
    pub(crate) shutdown: Duration,
    pub(crate) failed_attempts: u32,
    pub(crate) failed_attempts_window: Duration,
}

/// How many passwords are hashed at once, and how many wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PasswordHashing {
    pub(crate) parallelism: usize,
    pub(crate) queue: usize,
}

/// How PostgreSQL is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Postgres {
    pub(crate) max_connections: u32,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) prepared_statements: bool,
}

/// How SQLite is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sqlite {
    pub(crate) readers: usize,
}

/// What is remembered of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cache {
    /// 0: none.
    pub(crate) callers: usize,
}

/// How long the audit log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audit {
    /// 0: for ever.
    pub(crate) retention_days: u32,
}

/// Where passwords are that could not be brought along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegacyLogin {
    /// `None`: nowhere.
    pub(crate) server: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) refusal: Duration,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data_dir: Option<String>,
    pub(crate) database_url: Option<String>,
    pub(crate) listen: Option<String>,
    pub(crate) log: Option<String>,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong: {}", .0.join("\n  and: "))]
pub(crate) struct ConfigError(pub(crate) Vec<String>);

/// Reads the configuration; also answers each option's value and where it came from.
pub(crate) fn load(
    flags: &Flags,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(Config, Effective), ConfigError> {
    let known = settings::all(&Surroundings::here(Path::new(DATA_DIR)));
    let mut problems = Vec::new();
    let environment = sources::environment(variables, &known, &mut problems);
    let named = flags.config.as_ref().or(environment.file.as_ref());
    let outside_file = [flag_layer(flags), environment.layer];

    let file = match named {
        Some(path) => named_file(path, &known, &mut problems),
        None => file_in_data_dir(&outside_file, &known, &mut problems),
    };

    let [flag_layer, environment_layer] = outside_file;
    let layers = [flag_layer, environment_layer, file];
    let mut reader = Reader {
        layers: &layers,
        problems,
        effective: Effective::default(),
    };
    let config = reader.config(environment.master_key);
    if reader.problems.is_empty() {
        Ok((config, reader.effective))
    } else {
        Err(ConfigError(reader.problems))
    }
}

/// The file that was asked for, which has to be there.
fn named_file(path: &Path, known: &[Description], problems: &mut Vec<String>) -> Layer {
    sources::file(path, known, problems).unwrap_or_else(|| {
        problems.push(format!(
            "there is no file {}: create it, or do not name it",
            path.display()
        ));
        Layer::new()
    })
}

/// The file in the data directory that flags and environment name, if it is there.
fn file_in_data_dir(
    outside_file: &[Layer],
    known: &[Description],
    problems: &mut Vec<String>,
) -> Layer {
    // A wrong data directory is found to be wrong again later, with everything else.
    let mut reader = Reader {
        layers: outside_file,
        problems: Vec::new(),
        effective: Effective::default(),
    };
    let data_dir = reader.read(
        &settings::DATA_DIR,
        &Surroundings::here(Path::new(DATA_DIR)),
    );
    let path = data_dir.join(FILE_NAME);
    let layer = sources::file(&path, known, problems).unwrap_or_default();
    if layer.contains_key(settings::DATA_DIR.key) {
        problems.push(format!(
            "the file {} was found in the data directory, so it cannot say where that is: give data_dir by --data-dir or \
             TENANTRY_DATA_DIR, or name the file with --config",
            path.display()
        ));
    }
    layer
}

fn flag_layer(flags: &Flags) -> Layer {
    let given = [
        (
            settings::DATA_DIR.key,
            settings::DATA_DIR.flag,
            &flags.data_dir,
        ),
        (
            settings::DATABASE_URL.key,
            settings::DATABASE_URL.flag,
            &flags.database_url,
        ),
        (settings::LISTEN.key, settings::LISTEN.flag, &flags.listen),
        (settings::LOG.key, settings::LOG.flag, &flags.log),
    ];
    let entry = |(key, flag, value): (&str, Option<&'static str>, &Option<String>)| {
        Some((
            key.to_owned(),
            (Raw::Text(value.clone()?), Origin::Flag(flag?)),
        ))
    };
    given.into_iter().filter_map(entry).collect()
}

/// Reads options from layers, the first of which wins. A problem is noted and the default taken, so that all problems
/// are found; the caller throws the result away then.
struct Reader<'a> {
    layers: &'a [Layer],
    problems: Vec<String>,
    effective: Effective,
}

impl Reader<'_> {
    fn config(&mut self, master_key: Option<SecretText>) -> Config {
        let data_dir = self.read(
            &settings::DATA_DIR,
            &Surroundings::here(Path::new(DATA_DIR)),
        );
        let here = Surroundings::here(&data_dir);
        Config {
            data_dir,
            database_url: self.read(&settings::DATABASE_URL, &here),
            listen: self.read(&settings::LISTEN, &here),
            log: self.read(&settings::LOG, &here),
            http: Http {
                allowed_origins: self.read(&settings::ALLOWED_ORIGINS, &here),
                trusted_proxies: self.read(&settings::TRUSTED_PROXIES, &here),
                metrics: self.read(&settings::METRICS, &here),
            },
            limits: Limits {
                body_bytes: size(self.read(&settings::BODY_BYTES, &here)),
                header_timeout: seconds(self.read(&settings::HEADER_TIMEOUT, &here)),
                body_timeout: seconds(self.read(&settings::BODY_TIMEOUT, &here)),
                write_timeout: seconds(self.read(&settings::WRITE_TIMEOUT, &here)),
                connections: size(self.read(&settings::CONNECTIONS, &here)),
                shutdown: seconds(self.read(&settings::SHUTDOWN, &here)),
                failed_attempts: self.read(&settings::FAILED_ATTEMPTS, &here),
                failed_attempts_window: seconds(
                    self.read(&settings::FAILED_ATTEMPTS_WINDOW, &here),
                ),
            },
            password_hashing: PasswordHashing {
                parallelism: size(self.read(&settings::PARALLELISM, &here)),
                queue: size(self.read(&settings::QUEUE, &here)),
            },
            postgres: Postgres {
                max_connections: self.read(&settings::MAX_CONNECTIONS, &here),
                statement_timeout: Some(self.read(&settings::STATEMENT_TIMEOUT, &here))
                    .filter(|limit| *limit > 0)
                    .map(milliseconds),
                prepared_statements: self.read(&settings::PREPARED_STATEMENTS, &here),
            },
            sqlite: Sqlite {
                readers: size(self.read(&settings::READERS, &here)),
            },
            cache: Cache {
                callers: size(self.read(&settings::CALLERS, &here)),
            },
            audit: Audit {
                retention_days: self.read(&settings::RETENTION_DAYS, &here),
            },
            legacy_login: LegacyLogin {
                server: self.read(&settings::LEGACY_SERVER, &here),
                timeout: milliseconds(self.read(&settings::LEGACY_TIMEOUT, &here)),
                refusal: milliseconds(self.read(&settings::LEGACY_REFUSAL, &here)),
            },
            master_key,
        }
    }

    fn read<K: Kind>(&mut self, setting: &Setting<K>, surroundings: &Surroundings) -> K::Value {
        let given = self.layers.iter().find_map(|layer| layer.get(setting.key));
        let (read, origin) = match given {
            None => (Ok(setting.kind.fallback(surroundings)), Origin::Default),
            Some((Raw::Text(text), origin)) if text.is_empty() => {
                (Err("must not be empty".to_owned()), origin.clone())
            }
            Some((Raw::Text(text), origin)) => (setting.kind.of_text(text), origin.clone()),
            Some((Raw::Toml(value), origin)) => (setting.kind.of_toml(value), origin.clone()),
        };
        let value = read.unwrap_or_else(|problem| {
            self.problems
                .push(format!("{} {problem} ({origin})", setting.key));
            setting.kind.fallback(surroundings)
        });
        self.effective
            .note(setting.key, setting.kind.shown(&value), origin);
        value
    }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(u64::from(number))
}

fn milliseconds(number: u32) -> Duration {
    Duration::from_millis(u64::from(number))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
