//! The first few things that could not be moved, in words: enough to see what is wrong. All of them are in the report.

use tenantry_domain::services::{Fate, Reported};

/// So many are shown.
const SHOWN: usize = 20;

/// What could not be moved.
#[derive(Debug)]
pub(super) struct Problems {
    by_line: bool,
    shown: Vec<String>,
}

impl Problems {
    /// Of things with a kind and a number.
    pub(super) fn of_records() -> Self {
        Self {
            by_line: false,
            shown: Vec::new(),
        }
    }

    /// Of users whose number is that of their line.
    pub(super) fn of_lines() -> Self {
        Self {
            by_line: true,
            shown: Vec::new(),
        }
    }

    /// Whether numbers are those of lines.
    pub(super) fn by_line(&self) -> bool {
        self.by_line
    }

    pub(super) fn take(&mut self, reported: &[Reported]) {
        for one in reported {
            let what = match &one.fate {
                Fate::Refused(refusal) => refusal.to_string(),
                Fate::Unreadable(what) => what.clone(),
                Fate::New | Fate::Created | Fate::Unchanged | Fate::Differs { .. } => continue,
            };
            if self.shown.len() == SHOWN {
                return;
            }
            self.shown.push(match (self.by_line, &one.fate) {
                // It names its line itself.
                (true, Fate::Unreadable(_)) => what,
                (true, _) => format!("line {}: {what}", one.there),
                (false, _) => format!("{} {}: {what}", one.kind, one.there),
            });
        }
    }

    /// In the order in which they came.
    pub(super) fn shown(&self) -> &[String] {
        &self.shown
    }
}
