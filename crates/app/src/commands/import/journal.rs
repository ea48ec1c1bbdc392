//! The report of single records: a file that grows by one line for each, and is on the disk before the next ones are written.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tenantry_domain::{
    Snapshot,
    services::{Fate, Lost, Reported},
};

use crate::failure::Failure;

/// Where single records are reported, if somebody wants to know.
#[derive(Debug)]
pub(super) struct Journal(Option<File>);

impl Journal {
    /// Appends to the file, which is created if it is missing.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file =
            file.with_context(|| format!("--report: {} cannot be written to", path.display()));
        Ok(Self(Some(file.map_err(Failure::usage)?)))
    }

    /// Appends these, and waits for the disk.
    pub(super) fn take(&mut self, reported: &[Reported]) -> io::Result<()> {
        let Some(file) = &mut self.0 else {
            return Ok(());
        };
        let mut text = String::new();
        for one in reported {
            text.push_str(&line(one).to_string());
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }
}

/// `{"kind":"user","there":7,"here":7,"outcome":"created","lost":["password"]}`
fn line(reported: &Reported) -> Value {
    let outcome = match &reported.fate {
        Fate::New => "new",
        Fate::Created => "created",
        Fate::Unchanged => "unchanged",
        Fate::Differs { .. } => "differs",
        Fate::Refused(_) => "refused",
        Fate::Unreadable(_) => "unreadable",
    };
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("kind", json!(reported.kind.as_str()));
    put("there", json!(reported.there));
    if let Some(here) = reported.here {
        put("here", json!(here));
    }
    put("outcome", json!(outcome));
    if !reported.lost.is_empty() {
        put("lost", reported.lost.iter().map(lost).collect());
    }
    match &reported.fate {
        Fate::Differs { here, there } => put("fields", fields(here, there)),
        Fate::Refused(refusal) => put("message", json!(refusal.to_string())),
        Fate::Unreadable(what) => put("message", json!(what)),
        Fate::New | Fate::Created | Fate::Unchanged => None,
    };
    Value::Object(line)
}

fn lost(lost: &Lost) -> Value {
    match lost {
        Lost::Secret => json!("secret"),
        Lost::Password => json!("password"),
        Lost::Configuration(key) => json!(format!("configuration.{key}")),
    }
}

/// What differs, here and there.
fn fields(here: &Snapshot, there: &Snapshot) -> Value {
    let mut fields = BTreeMap::new();
    for name in here.0.keys().chain(there.0.keys()) {
        let (here, there) = (here.0.get(name), there.0.get(name));
        fields.insert(name, json!({"here": here, "there": there}));
    }
    json!(fields)
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{Entity, transfer::Refusal};

    use super::*;

    fn said(fate: Fate, lost: Vec<Lost>) -> String {
        let reported = Reported {
            kind: Entity::User,
            there: 7,
            here: matches!(fate, Fate::Differs { .. }).then_some(9),
            fate,
            lost,
        };
        line(&reported).to_string()
    }

    #[test]
    fn every_line_says_what_became_of_one() {
        assert_eq!(
            said(
                Fate::New,
                vec![Lost::Secret, Lost::Configuration("password".to_owned())]
            ),
            r#"{"kind":"user","there":7,"outcome":"new","lost":["secret","configuration.password"]}"#
        );
        let here = Snapshot::new().field("city", "Bree");
        let there = Snapshot::new().field("city", "Hobbiton").field("phone", 1);
        assert_eq!(
            said(Fate::Differs { here, there }, Vec::new()),
            r#"{"kind":"user","there":7,"here":9,"outcome":"differs","fields":{"city":{"here":"Bree","there":"Hobbiton"},"phone":{"here":null,"there":"1"}}}"#
        );
        assert_eq!(
            said(Fate::Refused(Refusal::EmailInUse), Vec::new()),
            r#"{"kind":"user","there":7,"outcome":"refused","message":"its e-mail is in use by another user of this deployment"}"#
        );
    }
}
