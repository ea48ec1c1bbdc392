//! Where options come from: flags, the environment, and the file. Finds them; what they mean is read elsewhere.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use tenantry_domain::SecretText;
use toml::Value;

use super::settings::{Description, variable};

/// Names the file.
pub(crate) const FILE_VARIABLE: &str = "TENANTRY_CONFIG";
/// Holds the master key. It is no option: nothing prints it, and it has no place in the file.
pub(crate) const MASTER_KEY_VARIABLE: &str = "TENANTRY_MASTER_KEY";
/// Variables of the tests, which the program ignores.
const TEST_VARIABLES: &str = "TENANTRY_TEST_";
/// Variables of commands, which read them themselves. They configure no server.
const CLIENT_VARIABLES: &[&str] = &[
    "TENANTRY_SERVER",
    "TENANTRY_PROFILE",
    "TENANTRY_USER_SECRET",
    "TENANTRY_ORGANIZATION_SECRET",
    "TENANTRY_AGAINST_USER_SECRET",
    "TENANTRY_AGAINST_ORGANIZATION_SECRET",
    crate::passphrase::VARIABLE,
];
const PREFIX: &str = "TENANTRY_";

/// What an option was given, unread.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    Text(String),
    Toml(Value),
}

/// Where an option was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Environment(String),
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What one source says, by the names of the options.
pub(crate) type Layer = BTreeMap<String, (Raw, Origin)>;

/// What the environment says.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) layer: Layer,
    pub(crate) file: Option<PathBuf>,
    pub(crate) master_key: Option<SecretText>,
}

/// Sorts the variables whose names begin with `TENANTRY_`; every other one is somebody else's.
pub(crate) fn environment(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    known: &[Description],
    problems: &mut Vec<String>,
) -> Environment {
    let mut environment = Environment::default();
    let ours = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let ours = ours.filter(|(name, _)| {
        name.starts_with(PREFIX)
            && !name.starts_with(TEST_VARIABLES)
            && !CLIENT_VARIABLES.contains(&name.as_str())
    });
    for (name, value) in ours {
        let key = known
            .iter()
            .map(|option| option.key)
            .find(|key| variable(key) == name);
        if key.is_none() && name != FILE_VARIABLE && name != MASTER_KEY_VARIABLE {
            problems.push(format!(
                "unknown environment variable {name}; known are {}",
                variables_known(known)
            ));
            continue;
        }
        let Ok(value) = value.into_string() else {
            problems.push(format!("the environment variable {name} is not UTF-8"));
            continue;
        };
        if value.is_empty() {
            problems.push(format!(
                "the environment variable {name} is empty: unset it, or give it a value"
            ));
            continue;
        }
        match key {
            Some(key) => {
                environment.layer.insert(
                    key.to_owned(),
                    (Raw::Text(value), Origin::Environment(name)),
                );
            }
            None if name == FILE_VARIABLE => environment.file = Some(PathBuf::from(value)),
            None => environment.master_key = Some(SecretText::new(value)),
        }
    }
    environment
}

fn variables_known(known: &[Description]) -> String {
    let options = known.iter().map(|option| variable(option.key));
    let others = [FILE_VARIABLE, MASTER_KEY_VARIABLE].map(str::to_owned);
    options.chain(others).collect::<Vec<_>>().join(", ")
}

/// Reads the file at `path`; `None` if there is none.
pub(crate) fn file(
    path: &Path,
    known: &[Description],
    problems: &mut Vec<String>,
) -> Option<Layer> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            problems.push(format!(
                "the file {} cannot be read: {error}",
                path.display()
            ));
            return Some(Layer::new());
        }
    };
    let table = match toml::from_str::<toml::Table>(&text) {
        Ok(table) => table,
        Err(error) => {
            // Not the error's own rendering, which quotes the line: it may hold a password.
            let line = error.span().map_or(1, |span| {
                text.get(..span.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
                    + 1
            });
            problems.push(format!(
                "the file {}, line {line}, is not TOML: {}",
                path.display(),
                error.message()
            ));
            return Some(Layer::new());
        }
    };
    let mut layer = Layer::new();
    for (name, value) in table {
        let section_prefix = format!("{name}.");
        let is_section = known
            .iter()
            .any(|option| option.key.starts_with(&section_prefix));
        match value {
            Value::Table(section) if is_section => {
                for (inner, value) in section {
                    insert(
                        &mut layer,
                        format!("{name}.{inner}"),
                        value,
                        path,
                        known,
                        problems,
                    );
                }
            }
            value => insert(&mut layer, name, value, path, known, problems),
        }
    }
    Some(layer)
}

fn insert(
    layer: &mut Layer,
    key: String,
    value: Value,
    path: &Path,
    known: &[Description],
    problems: &mut Vec<String>,
) {
    if known.iter().any(|option| option.key == key) {
        layer.insert(key, (Raw::Toml(value), Origin::File(path.to_owned())));
        return;
    }
    let path = path.display();
    let section = key.split_once('.').map(|(section, _)| section);
    problems.push(match section {
        Some(section) => format!(
            "unknown option '{key}' in the file {path}; the section [{section}] knows {}",
            names_of(known, Some(section))
        ),
        None => format!(
            "unknown option '{key}' in the file {path}; known are {}, and the sections {}",
            names_of(known, None),
            sections_of(known)
        ),
    });
}

fn names_of(known: &[Description], section: Option<&str>) -> String {
    let name = |option: &Description| match (option.key.split_once('.'), section) {
        (Some((its, name)), Some(section)) if its == section => Some(name.to_owned()),
        (None, None) => Some(option.key.to_owned()),
        _ => None,
    };
    known.iter().filter_map(name).collect::<Vec<_>>().join(", ")
}

fn sections_of(known: &[Description]) -> String {
    let mut sections: Vec<String> = known
        .iter()
        .filter_map(|option| option.key.split_once('.'))
        .map(|(section, _)| format!("[{section}]"))
        .collect();
    sections.dedup();
    sections.join(", ")
}
