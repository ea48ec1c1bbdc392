//! The report of single records: a file that grows by one line for each, and is on the disk before the next ones are written.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tenantry_domain::{
    Snapshot,
    services::{Fate, Lost, Reported},
};

use crate::{failure::Failure, new_file::private};

/// Where single records are reported, if somebody wants to know.
#[derive(Debug)]
pub(super) struct Journal(Option<File>);

impl Journal {
    /// Appends to the file, which is created if it is missing.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let file = append_to(path)
            .with_context(|| format!("--report: {} cannot be written to", path.display()));
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

/// Opens the file behind its last line. A program that was killed may have left half of one, which the next one must not
/// become a part of.
fn append_to(path: &Path) -> io::Result<File> {
    let mut file = private().append(true).create(true).open(path)?;
    let there = file.metadata()?;
    if there.is_file() && there.len() > 0 {
        let mut last = [0];
        let mut written = File::open(path)?;
        written.seek(SeekFrom::End(-1))?;
        written.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
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
    use std::fs;

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
    fn half_a_line_stays_one_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report");
        let reported = Reported {
            kind: Entity::User,
            there: 7,
            here: None,
            fate: Fate::New,
            lost: Vec::new(),
        };
        for begun in ["", "{\"kind\":\"us"] {
            fs::write(&path, begun).unwrap();
            for _ in 0..2 {
                let Ok(mut journal) = Journal::open(Some(&path)) else {
                    panic!("{begun}");
                };
                journal.take(std::slice::from_ref(&reported)).unwrap();
            }
            let written = fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = written.lines().filter(|line| *line != begun).collect();
            let one = r#"{"kind":"user","there":7,"outcome":"new"}"#;
            assert_eq!(lines, [one, one], "{begun}");
        }
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
