//! The configuration as people read it: what is in force and why, and a commented file of all defaults.

use std::{fmt::Write as _, path::Path};

use serde_json::{Map, json};
use toml::Value;

use super::{
    DATA_DIR,
    kind::Surroundings,
    settings::{self, variable},
    sources::Origin,
};

/// Every option's value and where it came from. Without secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Effective(Vec<(&'static str, Value, Origin)>);

impl Effective {
    pub(super) fn note(&mut self, key: &'static str, shown: Value, origin: Origin) {
        self.0.push((key, shown, origin));
    }

    /// The names of the options, in the order in which they were read.
    #[cfg(test)]
    pub(super) fn keys(&self) -> Vec<&'static str> {
        self.0.iter().map(|(key, _, _)| *key).collect()
    }

    /// As TOML, each line with its origin.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for (key, value, origin) in &self.0 {
            let name = enter_section(&mut text, &mut section, key);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} = {value} # {origin}");
        }
        text
    }

    /// As one JSON object: `{"listen": {"value": …, "source": "default"}, …}`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let entry = |(key, value, origin): &(&'static str, Value, Origin)| {
            (
                (*key).to_owned(),
                json!({"value": value, "source": origin.to_string()}),
            )
        };
        serde_json::Value::Object(self.0.iter().map(entry).collect::<Map<_, _>>())
    }
}

/// A file with every option at its default, commented out and explained.
pub(crate) fn defaults() -> String {
    let mut text = String::from(
        "# Configuration of Tenantry. Every option is shown with its default; remove the `#` before those to change.\n\
         # An environment variable wins over this file, a flag over both.\n",
    );
    let mut section = "";
    for option in settings::all(&Surroundings::here(Path::new(DATA_DIR))) {
        text.push('\n');
        let name = enter_section(&mut text, &mut section, option.key);
        for line in wrapped(option.about, 110) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(
            text,
            "# Allowed: {}. Environment: {}",
            option.allowed,
            variable(option.key)
        );
        let _ = writeln!(text, "#{name} = {}", option.fallback);
    }
    text
}

/// The table of `docs/configuration.md`.
#[cfg(test)]
pub(super) fn reference() -> String {
    let surroundings = Surroundings {
        data_dir: DATA_DIR.into(),
        cores: 4,
    };
    let mut text = String::new();
    for settings::Description {
        key,
        flag,
        about,
        allowed,
        fallback,
    } in settings::all(&surroundings)
    {
        let _ = write!(text, "### `{key}`\n\n{about}\n\n");
        let fallback = match key {
            "password_hashing.parallelism" => "the number of cores".to_owned(),
            "database_url" => "`\"sqlite://<data_dir>/tenantry.db\"`".to_owned(),
            _ => format!("`{fallback}`"),
        };
        let _ = writeln!(text, "- Allowed: {allowed}\n- Default: {fallback}");
        let _ = write!(text, "- Environment: `{}`", variable(key));
        let _ = match flag {
            Some(flag) => write!(text, "; flag: `{flag}`\n\n"),
            None => write!(text, "\n\n"),
        };
    }
    text.truncate(text.trim_end().len());
    text
}

/// Writes the header of a section that begins with `key`; answers the name inside of the section.
fn enter_section<'a>(text: &mut String, current: &mut &'a str, key: &'a str) -> &'a str {
    let (section, name) = key.split_once('.').unwrap_or(("", key));
    if section != *current {
        let gap = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else {
            "\n"
        };
        let _ = writeln!(text, "{gap}[{section}]");
        *current = section;
    }
    name
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
