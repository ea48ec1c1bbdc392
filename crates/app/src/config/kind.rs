//! The kinds of values that options have: how each is read from text and from TOML, and how it is shown.
//!
//! Must not know which options there are.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tenantry_http_server::Network;
use toml::Value;

use super::DatabaseUrl;

/// What defaults depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// The data directory.
    pub(crate) data_dir: PathBuf,
    /// Cores that the process may use.
    pub(crate) cores: u32,
}

/// A kind of value. A refusal is a fragment that follows the option's name, for example `must be true or false, not 1`.
pub(crate) trait Kind {
    /// What the program works with.
    type Value;

    /// What may be given, for messages and the reference: `a whole number from 1 to 5`.
    fn allowed(&self) -> String;
    /// Reads what an environment variable or a flag says.
    fn of_text(&self, text: &str) -> Result<Self::Value, String>;
    /// Reads what the file says.
    fn of_toml(&self, value: &Value) -> Result<Self::Value, String>;
    /// What holds if nothing is given.
    fn fallback(&self, surroundings: &Surroundings) -> Self::Value;
    /// The value as `config print` shows it: without passwords.
    fn shown(&self, value: &Self::Value) -> Value;
}

/// A whole number within bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) least: u32,
    pub(crate) most: u32,
    pub(crate) fallback: fn(&Surroundings) -> u32,
}

impl Number {
    fn within(&self, number: Option<u32>, given: &dyn std::fmt::Display) -> Result<u32, String> {
        let fits = number.filter(|number| (self.least..=self.most).contains(number));
        fits.ok_or_else(|| format!("must be {}, not {given}", self.allowed()))
    }
}

impl Kind for Number {
    type Value = u32;

    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.least, self.most)
    }

    fn of_text(&self, text: &str) -> Result<u32, String> {
        self.within(text.parse().ok(), &format_args!("'{text}'"))
    }

    fn of_toml(&self, value: &Value) -> Result<u32, String> {
        match value {
            Value::Integer(number) => self.within(u32::try_from(*number).ok(), number),
            other => Err(wrong_type(&self.allowed(), other)),
        }
    }

    fn fallback(&self, surroundings: &Surroundings) -> u32 {
        (self.fallback)(surroundings)
    }

    fn shown(&self, value: &u32) -> Value {
        Value::Integer(i64::from(*value))
    }
}

/// On or off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switch {
    pub(crate) fallback: bool,
}

impl Kind for Switch {
    type Value = bool;

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }

    fn of_text(&self, text: &str) -> Result<bool, String> {
        text.parse()
            .map_err(|_| format!("must be {}, not '{text}'", self.allowed()))
    }

    fn of_toml(&self, value: &Value) -> Result<bool, String> {
        value
            .as_bool()
            .ok_or_else(|| wrong_type(&self.allowed(), value))
    }

    fn fallback(&self, _: &Surroundings) -> bool {
        self.fallback
    }

    fn shown(&self, value: &bool) -> Value {
        Value::Boolean(*value)
    }
}

/// A text with a meaning of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<T> {
    pub(crate) allowed: &'static str,
    /// A refusal never repeats what may be secret.
    pub(crate) parse: fn(&str) -> Result<T, String>,
    pub(crate) fallback: fn(&Surroundings) -> T,
}

impl<T: Shown> Kind for Text<T> {
    type Value = T;

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn of_text(&self, text: &str) -> Result<T, String> {
        (self.parse)(text)
    }

    fn of_toml(&self, value: &Value) -> Result<T, String> {
        match value {
            Value::String(text) => (self.parse)(text),
            other => Err(wrong_type(self.allowed, other)),
        }
    }

    fn fallback(&self, surroundings: &Surroundings) -> T {
        (self.fallback)(surroundings)
    }

    fn shown(&self, value: &T) -> Value {
        Value::String(value.shown())
    }
}

/// Several texts: an array in the file, separated by commas elsewhere. None by default.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<T> {
    pub(crate) allowed: &'static str,
    pub(crate) parse: fn(&str) -> Result<T, String>,
}

impl<T: Shown> Kind for List<T> {
    type Value = Vec<T>;

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }

    fn of_text(&self, text: &str) -> Result<Vec<T>, String> {
        text.split(',')
            .map(|item| (self.parse)(item.trim()))
            .collect()
    }

    fn of_toml(&self, value: &Value) -> Result<Vec<T>, String> {
        let items = value
            .as_array()
            .ok_or_else(|| wrong_type(self.allowed, value))?;
        let item = |item: &Value| match item {
            Value::String(text) => (self.parse)(text),
            other => Err(wrong_type(self.allowed, other)),
        };
        items.iter().map(item).collect()
    }

    fn fallback(&self, _: &Surroundings) -> Vec<T> {
        Vec::new()
    }

    fn shown(&self, value: &Vec<T>) -> Value {
        let shown = value.iter().map(Shown::shown);
        Value::Array(shown.map(Value::String).collect())
    }
}

/// How a value looks where everybody may read it.
pub(crate) trait Shown {
    fn shown(&self) -> String;
}

impl Shown for String {
    fn shown(&self) -> String {
        self.clone()
    }
}

/// Nothing is an empty text, which the file may say as well.
impl Shown for Option<String> {
    fn shown(&self) -> String {
        self.clone().unwrap_or_default()
    }
}

impl Shown for PathBuf {
    fn shown(&self) -> String {
        self.display().to_string()
    }
}

impl Shown for SocketAddr {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for DatabaseUrl {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Network {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Surroundings {
    /// For a data directory on this machine.
    pub(crate) fn here(data_dir: &Path) -> Self {
        let cores = std::thread::available_parallelism()
            .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
        Self {
            data_dir: data_dir.to_owned(),
            cores,
        }
    }
}

/// Says the type only: the value may be a secret in the wrong place.
fn wrong_type(allowed: &str, value: &Value) -> String {
    let found = match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "an array",
        Value::Table(_) => "a table",
    };
    format!("must be {allowed}, not {found}")
}
