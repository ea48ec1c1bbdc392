//! Precedence, refusals with their exact words, and the committed reference.

use std::fs;

use super::*;

struct Case {
    directory: tempfile::TempDir,
    flags: Flags,
    variables: Vec<(String, String)>,
}

impl Case {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let flags = Flags {
            data_dir: Some(directory.path().display().to_string()),
            ..Flags::default()
        };
        Self {
            directory,
            flags,
            variables: Vec::new(),
        }
    }

    fn file(self, text: &str) -> Self {
        fs::write(self.path(), text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("tenantry.toml")
    }

    fn load(&self) -> Result<(Config, Effective), ConfigError> {
        load(
            &self.flags,
            self.variables
                .iter()
                .map(|(name, value)| (name.into(), value.into())),
        )
    }

    /// Each problem, with the path of the file as `FILE`.
    fn problems(&self) -> Vec<String> {
        let path = self.path().display().to_string();
        self.load()
            .unwrap_err()
            .0
            .into_iter()
            .map(|problem| problem.replace(&path, "FILE"))
            .collect()
    }
}

#[test]
fn defaults_are_those_of_the_reference() {
    let case = Case::new();
    let (config, _) = case.load().unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    let expected = Config {
        data_dir: case.directory.path().to_owned(),
        database_url: DatabaseUrl::Sqlite(case.directory.path().join("tenantry.db")),
        listen: "127.0.0.1:8080".parse().unwrap(),
        log: "info".to_owned(),
        http: Http {
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics: true,
        },
        limits: Limits {
            body_bytes: 1_048_576,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 16_384,
            shutdown: Duration::from_secs(30),
            failed_attempts: 20,
            failed_attempts_window: Duration::from_mins(5),
        },
        password_hashing: PasswordHashing {
            parallelism: cores,
            queue: 1024,
        },
        postgres: Postgres {
            max_connections: 10,
            statement_timeout: Some(Duration::from_secs(4)),
            prepared_statements: true,
        },
        sqlite: Sqlite { readers: 2 },
        cache: Cache { callers: 10_000 },
        audit: Audit { retention_days: 0 },
        legacy_login: LegacyLogin {
            server: None,
            timeout: Duration::from_millis(1500),
            refusal: Duration::from_secs(2),
        },
        master_key: None,
    };
    assert_eq!(config, expected);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let mut case = Case::new()
        .file("listen = '127.0.0.1:1'\nlog = 'warn'\n[limits]\nbody_bytes = 2048\n[sqlite]\nreaders = 3\n")
        .variable("TENANTRY_LISTEN", "127.0.0.1:2")
        .variable("TENANTRY_LIMITS_BODY_BYTES", "4096")
        .variable("TENANTRY_HTTP_ALLOWED_ORIGINS", "https://a.example, http://b.example:81")
        .variable("TENANTRY_HTTP_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::1")
        .variable("TENANTRY_TEST_ANYTHING", "x")
        .variable("HOME", "/x");
    case.flags.listen = Some("127.0.0.1:3".to_owned());
    let (config, effective) = case.load().unwrap();
    assert_eq!(config.listen, "127.0.0.1:3".parse().unwrap());
    assert_eq!(
        (
            config.limits.body_bytes,
            config.sqlite.readers,
            config.log.as_str()
        ),
        (4096, 3, "warn")
    );
    assert_eq!(
        config.http.allowed_origins,
        ["https://a.example", "http://b.example:81"]
    );
    let json = effective.to_json();
    assert_eq!(
        json["http.trusted_proxies"]["value"],
        serde_json::json!(["10.0.0.0/8", "2001:db8::1/128"])
    );
    assert_eq!(
        json["listen"],
        serde_json::json!({"value": "127.0.0.1:3", "source": "--listen"})
    );
    assert_eq!(
        json["limits.body_bytes"],
        serde_json::json!({"value": 4096, "source": "environment TENANTRY_LIMITS_BODY_BYTES"})
    );
    assert_eq!(
        json["sqlite.readers"],
        serde_json::json!({"value": 3, "source": format!("file {}", case.path().display())})
    );
}

#[test]
fn the_file_may_be_named_and_must_exist_then() {
    let mut case = Case::new().file("");
    let other = case.directory.path().join("other.toml");
    fs::write(
        &other,
        format!(
            "data_dir = '{}'\nlog = 'debug'\n",
            case.directory.path().join("data").display()
        ),
    )
    .unwrap();
    case.flags = Flags {
        config: Some(other),
        ..Flags::default()
    };
    let (config, _) = case.load().unwrap();
    assert_eq!(
        (config.data_dir, config.log),
        (case.directory.path().join("data"), "debug".to_owned())
    );

    let missing = case.directory.path().join("missing.toml");
    case.flags.config = None;
    let case = case.variable("TENANTRY_CONFIG", &missing.display().to_string());
    assert_eq!(
        case.problems(),
        [format!(
            "there is no file {}: create it, or do not name it",
            missing.display()
        )]
    );
}

#[test]
fn the_file_in_the_data_directory_cannot_say_where_that_is() {
    assert_eq!(
        Case::new().file("data_dir = '/x'").problems(),
        [
            "the file FILE was found in the data directory, so it cannot say where that is: give data_dir by --data-dir or \
          TENANTRY_DATA_DIR, or name the file with --config"
        ]
    );
}

#[test]
fn unknown_options_are_refused() {
    let case = Case::new()
        .file("lisen = 'x'\n[limits]\nbody_byte = 1\n[limit]\nbody_bytes = 1\n")
        .variable("TENANTRY_LISEN", "x");
    assert_eq!(
        case.problems(),
        [
            "unknown environment variable TENANTRY_LISEN; known are TENANTRY_DATA_DIR, TENANTRY_DATABASE_URL, \
             TENANTRY_LISTEN, TENANTRY_LOG, TENANTRY_HTTP_ALLOWED_ORIGINS, TENANTRY_HTTP_TRUSTED_PROXIES, \
             TENANTRY_HTTP_METRICS, TENANTRY_LIMITS_BODY_BYTES, \
             TENANTRY_LIMITS_HEADER_TIMEOUT_SECONDS, TENANTRY_LIMITS_BODY_TIMEOUT_SECONDS, \
             TENANTRY_LIMITS_WRITE_TIMEOUT_SECONDS, TENANTRY_LIMITS_CONNECTIONS, TENANTRY_LIMITS_SHUTDOWN_SECONDS, \
             TENANTRY_LIMITS_FAILED_ATTEMPTS, TENANTRY_LIMITS_FAILED_ATTEMPTS_SECONDS, \
             TENANTRY_PASSWORD_HASHING_PARALLELISM, TENANTRY_PASSWORD_HASHING_QUEUE, \
             TENANTRY_POSTGRES_MAX_CONNECTIONS, TENANTRY_POSTGRES_STATEMENT_TIMEOUT_MS, \
             TENANTRY_POSTGRES_PREPARED_STATEMENTS, TENANTRY_SQLITE_READERS, TENANTRY_CACHE_CALLERS, TENANTRY_AUDIT_RETENTION_DAYS, \
             TENANTRY_LEGACY_LOGIN_SERVER, TENANTRY_LEGACY_LOGIN_TIMEOUT_MS, TENANTRY_LEGACY_LOGIN_REFUSAL_MS, TENANTRY_CONFIG, TENANTRY_MASTER_KEY",
            "unknown option 'limit' in the file FILE; known are data_dir, database_url, listen, log, and the sections \
             [http], [limits], [password_hashing], [postgres], [sqlite], [cache], [audit], [legacy_login]",
            "unknown option 'limits.body_byte' in the file FILE; the section [limits] knows body_bytes, \
             header_timeout_seconds, body_timeout_seconds, write_timeout_seconds, connections, shutdown_seconds, \
             failed_attempts, failed_attempts_seconds",
            "unknown option 'lisen' in the file FILE; known are data_dir, database_url, listen, log, and the sections \
             [http], [limits], [password_hashing], [postgres], [sqlite], [cache], [audit], [legacy_login]",
        ]
    );
}

#[test]
fn wrong_values_are_refused_with_their_place() {
    let case = Case::new()
        .variable("TENANTRY_HTTP_TRUSTED_PROXIES", "10.0.0.0/33")
        .file(
            "database_url = 'mysql://u:pa55@h/d'\nlisten = 8080\n[http]\nallowed_origins = ['https://a.example/']\n\
             [limits]\nbody_bytes = 0\nheader_timeout_seconds = '10'\n[postgres]\nprepared_statements = 1\n",
        )
        .variable("TENANTRY_LIMITS_BODY_TIMEOUT_SECONDS", "0")
        .variable("TENANTRY_LIMITS_SHUTDOWN_SECONDS", "30s")
        .variable("TENANTRY_PASSWORD_HASHING_PARALLELISM", "0")
        .variable("TENANTRY_POSTGRES_MAX_CONNECTIONS", "-1")
        .variable("TENANTRY_SQLITE_READERS", "65")
        .variable("TENANTRY_LOG", "info=loud");
    assert_eq!(
        case.problems(),
        [
            "database_url must be sqlite://relative/path, sqlite:///absolute/path, or \
             postgres://user:password@host:port/database (file FILE)",
            "listen must be an IP address and a port, for example 127.0.0.1:8080 or [::]:8080, not a whole number (file FILE)",
            "log must be error, warn, info, debug, trace, off, or directives such as info,tenantry_http_server=debug, not \
             'info=loud' (environment TENANTRY_LOG)",
            "http.allowed_origins must be origins such as https://console.example.org, without a path, not \
             'https://a.example/' (file FILE)",
            "http.trusted_proxies must be addresses and networks such as 10.0.0.0/8 or 2001:db8::1, not '10.0.0.0/33' \
             (environment TENANTRY_HTTP_TRUSTED_PROXIES)",
            "limits.body_bytes must be a whole number from 1024 to 1073741824, not 0 (file FILE)",
            "limits.header_timeout_seconds must be a whole number from 1 to 3600, not a text (file FILE)",
            "limits.body_timeout_seconds must be a whole number from 1 to 3600, not '0' (environment \
             TENANTRY_LIMITS_BODY_TIMEOUT_SECONDS)",
            "limits.shutdown_seconds must be a whole number from 1 to 3600, not '30s' (environment \
             TENANTRY_LIMITS_SHUTDOWN_SECONDS)",
            "password_hashing.parallelism must be a whole number from 1 to 1024, not '0' (environment \
             TENANTRY_PASSWORD_HASHING_PARALLELISM)",
            "postgres.max_connections must be a whole number from 1 to 10000, not '-1' (environment \
             TENANTRY_POSTGRES_MAX_CONNECTIONS)",
            "postgres.prepared_statements must be true or false, not a whole number (file FILE)",
            "sqlite.readers must be a whole number from 1 to 64, not '65' (environment TENANTRY_SQLITE_READERS)",
        ]
    );
}

#[test]
fn a_misspelt_level_does_not_end_the_log() {
    for directives in ["inof", "info,debgu", "tenantry_http_server"] {
        let case = Case::new().variable("TENANTRY_LOG", directives);
        assert_eq!(
            case.problems(),
            [format!(
                "log must be error, warn, info, debug, trace, off, or directives such as info,tenantry_http_server=debug, \
                 not '{directives}' (environment TENANTRY_LOG)"
            )]
        );
    }
    for directives in [
        "INFO",
        "off",
        "warn,tenantry_app=debug",
        "info,[request{method=GET}]=trace",
    ] {
        let case = Case::new().variable("TENANTRY_LOG", directives);
        assert_eq!(case.load().unwrap().0.log, directives);
    }
}

#[test]
fn passwords_are_sent_to_no_server_that_everybody_can_listen_to() {
    const KEY: &str = "TENANTRY_LEGACY_LOGIN_SERVER";
    for (url, expected) in [
        (
            "http://old.example",
            "must begin with https://, because passwords are sent there; http:// is for this machine alone",
        ),
        (
            "https://frodo:pa55@old.example",
            "must be a URL such as https://console.cloud-elements.com, with or without /elements/api-v2; http:// for this \
             machine alone; in the file also an empty text, which is none",
        ),
    ] {
        let problem = format!("legacy_login.server {expected} (environment {KEY})");
        assert_eq!(Case::new().variable(KEY, url).problems(), [problem]);
    }
    let case = Case::new()
        .file("[legacy_login]\nserver = ''\ntimeout_ms = 700\nrefusal_ms = 900\n")
        .variable(KEY, "https://old.example");
    let (config, effective) = case.load().unwrap();
    let expected = LegacyLogin {
        server: Some("https://old.example".to_owned()),
        timeout: Duration::from_millis(700),
        refusal: Duration::from_millis(900),
    };
    assert_eq!(config.legacy_login, expected);
    let shown = &effective.to_json()["legacy_login.server"]["value"];
    assert_eq!(shown, "https://old.example");
}

#[test]
fn what_is_empty_is_not_taken_for_a_default() {
    let mut case = Case::new()
        .variable("TENANTRY_MASTER_KEY", "")
        .variable("TENANTRY_LOG", "");
    case.flags.database_url = Some(String::new());
    assert_eq!(
        case.problems(),
        [
            "the environment variable TENANTRY_MASTER_KEY is empty: unset it, or give it a value",
            "the environment variable TENANTRY_LOG is empty: unset it, or give it a value",
            "database_url must not be empty (--database-url)",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line_and_not_quoted() {
    let case = Case::new().file("log = 'info'\ndatabase_url = 'postgres://u:pa55@h/d\n");
    let problems = case.problems();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("the file FILE, line 2, is not TOML: "),
        "{}",
        problems[0]
    );
    assert!(!problems[0].contains("pa55"), "{}", problems[0]);
}

#[test]
fn secrets_are_not_printed() {
    let case = Case::new()
        .variable("TENANTRY_DATABASE_URL", "postgres://u:pa55@h/d")
        .variable("TENANTRY_MASTER_KEY", "tenantry-master-key:v1:k3y");
    let (config, effective) = case.load().unwrap();
    for text in [
        format!("{config:?}"),
        effective.to_toml(),
        effective.to_json().to_string(),
    ] {
        assert!(!text.contains("pa55") && !text.contains("k3y"), "{text}");
    }
    assert_eq!(
        config.database_url,
        DatabaseUrl::Postgres("postgres://u:pa55@h/d".to_owned())
    );
}

#[test]
fn what_is_printed_can_be_read_again() {
    let case = Case::new();
    let (config, effective) = case.load().unwrap();
    let mut again = Case::new();
    let path = again.directory.path().join("printed.toml");
    fs::write(&path, effective.to_toml()).unwrap();
    again.flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    assert_eq!(again.load().unwrap().0, config);
}

#[test]
fn the_commented_file_can_be_read_with_and_without_its_comments() {
    let text = defaults();
    let case = Case::new();
    let (unwritten, _) = case.load().unwrap();
    let (commented, _) = case.file(&text).load().unwrap();
    assert_eq!(commented, unwritten);

    let bare: String = text
        .lines()
        .filter(|line| !line.starts_with("# "))
        .fold(String::new(), |text, line| {
            text + line.strip_prefix('#').unwrap_or(line) + "\n"
        });
    let mut case = Case::new();
    let path = case.directory.path().join("bare.toml");
    fs::write(&path, bare).unwrap();
    case.flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    let (config, effective) = case.load().unwrap();
    assert_eq!(config.data_dir, PathBuf::from("./tenantry-data"));
    let known: Vec<&str> = settings::all(&Surroundings::here(Path::new(DATA_DIR)))
        .iter()
        .map(|option| option.key)
        .collect();
    assert_eq!(effective.keys(), known);
}

#[test]
fn the_committed_reference_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let committed = fs::read_to_string(&path).unwrap();
    let (begin, end) = (
        "<!-- generated: begin -->\n\n",
        "\n\n<!-- generated: end -->",
    );
    let (head, rest) = committed.split_once(begin).unwrap();
    let (found, tail) = rest.split_once(end).unwrap();
    let expected = print::reference();
    if std::env::var_os("TENANTRY_TEST_UPDATE").is_some() {
        fs::write(&path, format!("{head}{begin}{expected}{end}{tail}")).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "run it again with TENANTRY_TEST_UPDATE=1 to write docs/configuration.md anew"
    );
}
