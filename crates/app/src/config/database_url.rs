//! Where the data is: a SQLite file or a PostgreSQL database. Printed without its password, always.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    /// The file.
    Sqlite(PathBuf),
    /// The URL, which may hold a password.
    Postgres(String),
}

impl DatabaseUrl {
    /// What may be given.
    pub(crate) const FORM: &'static str = "sqlite://relative/path, sqlite:///absolute/path, or postgres://user:password@host:port/database";
    const MASK: &'static str = "********";

    /// The file that is used if nothing else is said.
    pub(crate) fn in_directory(data_dir: &Path) -> Self {
        Self::Sqlite(data_dir.join("tenantry.db"))
    }

    /// Reads a URL. Whether PostgreSQL understands the rest of its URL, its own adapter says.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return match path {
                "" => Err("names no file: write sqlite://relative/path or sqlite:///absolute/path".to_owned()),
                ":memory:" => Err("must name a file: there is no store in memory".to_owned()),
                path if path.contains(['?', '#']) => {
                    Err("must not have parameters after the path of a SQLite file; '?' and '#' cannot be part of it".to_owned())
                }
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        // The text itself may hold a password, so it is not repeated.
        Err(format!("must be {}", Self::FORM))
    }
}

/// Without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => f.write_str(&masked(url)),
        }
    }
}

/// As `Display`.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Hides rather too much than too little: what stands before the last `@` may be a password with bare special characters.
fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (user, place) = match rest.rsplit_once('@') {
        None => (String::new(), rest),
        Some((credentials, place)) => match credentials.split_once(':') {
            None => (format!("{credentials}@"), place),
            Some((user, _)) => (format!("{user}:{}@", DatabaseUrl::MASK), place),
        },
    };
    let Some((place, parameters)) = place.split_once('?') else {
        return format!("{scheme}://{user}{place}");
    };
    let parameters: Vec<String> = parameters.split('&').map(masked_parameter).collect();
    format!("{scheme}://{user}{place}?{}", parameters.join("&"))
}

fn masked_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("pass") => {
            format!("{name}={}", DatabaseUrl::MASK)
        }
        _ => parameter.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        for (text, expected) in [
            ("sqlite://a/b.db", DatabaseUrl::Sqlite("a/b.db".into())),
            (
                "sqlite:///var/lib/t.db",
                DatabaseUrl::Sqlite("/var/lib/t.db".into()),
            ),
            (
                "postgres://h/d",
                DatabaseUrl::Postgres("postgres://h/d".to_owned()),
            ),
            (
                "postgresql://h/d",
                DatabaseUrl::Postgres("postgresql://h/d".to_owned()),
            ),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_not_repeated() {
        for (text, expected) in [
            (
                "sqlite://",
                "names no file: write sqlite://relative/path or sqlite:///absolute/path",
            ),
            (
                "sqlite://:memory:",
                "must name a file: there is no store in memory",
            ),
            (
                "sqlite://a.db?mode=ro",
                "must not have parameters after the path of a SQLite file; '?' and '#' cannot be part of it",
            ),
            (
                "mysql://u:pa55@h/d",
                "must be sqlite://relative/path, sqlite:///absolute/path, or postgres://user:password@host:port/database",
            ),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn passwords_are_hidden() {
        for (text, expected) in [
            ("postgres://h/d", "postgres://h/d"),
            ("postgres://u@h/d?host=/run", "postgres://u@h/d?host=/run"),
            (
                "postgres://u:pa55@h:5432/d?sslmode=require",
                "postgres://u:********@h:5432/d?sslmode=require",
            ),
            ("postgres://u:p@/a5?5@h/d", "postgres://u:********@h/d"),
            (
                "postgresql://h/d?user=u&password=pa55&sslpassword=x",
                "postgresql://h/d?user=u&password=********&sslpassword=********",
            ),
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), expected);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({expected})"));
        }
    }
}
