//! What was found: counted, and written down one difference at a time. Nothing is collected but the counts and the first few.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use tenantry_api_client::{ApiCall, ApiError};

use super::{
    diff::{Difference, Ignored, differences},
    sides::Side,
};
use crate::progress::Progress;

/// How many differences people are shown; the report has them all.
const SHOWN: usize = 50;

/// Takes what was found, from several tasks at once.
pub(super) struct Sink {
    ignored: Ignored,
    progress: Progress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    compared: BTreeMap<&'static str, u64>,
    total: u64,
    differing: u64,
    differences: u64,
    first: Vec<Value>,
    file: Option<Box<dyn Write + Send>>,
    broken: Option<std::io::Error>,
}

/// What came out in the end.
pub(super) struct Outcome {
    /// How many things of each kind were compared.
    pub(super) compared: BTreeMap<&'static str, u64>,
    /// How many of them differ, or are on one side alone.
    pub(super) differing: u64,
    /// How many fields differ.
    pub(super) differences: u64,
    /// The first differences, as the report has them.
    pub(super) first: Vec<Value>,
}

impl Sink {
    /// Writes every difference to `file` besides, if there is one.
    pub(super) fn new(
        ignored: Ignored,
        progress: Progress,
        file: Option<Box<dyn Write + Send>>,
    ) -> Self {
        let state = State {
            file,
            ..State::default()
        };
        Self {
            ignored,
            progress,
            state: Mutex::new(state),
        }
    }

    /// Compares one thing, which either side may lack.
    pub(super) fn compare(
        &self,
        kind: &'static str,
        id: &str,
        left: Option<&Value>,
        right: Option<&Value>,
    ) {
        let found = match (left, right) {
            (Some(left), Some(right)) => differences(left, right, &self.ignored),
            // As a whole: whoever looks for it knows where.
            (left, right) => {
                let there = |value: Option<&Value>| value.map(|_| json!("(there)"));
                vec![Difference::whole(
                    there(left).as_ref(),
                    there(right).as_ref(),
                )]
            }
        };
        self.note(kind, id, &found);
    }

    /// A list that one side refuses, in what words.
    pub(super) fn refused(&self, call: &ApiCall, error: &ApiError, side: Side) {
        let said = json!(error.to_string());
        let difference = match side {
            Side::Left => Difference::whole(Some(&said), None),
            Side::Right => Difference::whole(None, Some(&said)),
        };
        self.note("list", &call.path, &[difference]);
    }

    fn note(&self, kind: &'static str, id: &str, found: &[Difference]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state.compared.entry(kind).or_default() += 1;
        state.total += 1;
        self.progress.show(state.total);
        if found.is_empty() {
            return;
        }
        state.differing += 1;
        for one in found {
            state.differences += 1;
            let line = json!({
                "kind": kind,
                "id": id,
                "field": one.field,
                "server": one.left,
                "against": one.right,
            });
            state.write(&line);
            if state.first.len() < SHOWN {
                state.first.push(line);
            }
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// If the report could not be written to its end.
    pub(super) fn finish(self) -> std::io::Result<Outcome> {
        let mut state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = state.broken {
            return Err(error);
        }
        if let Some(file) = &mut state.file {
            file.flush()?;
        }
        Ok(Outcome {
            compared: state.compared,
            differing: state.differing,
            differences: state.differences,
            first: state.first,
        })
    }
}

impl State {
    fn write(&mut self, line: &Value) {
        if let (Some(file), None) = (&mut self.file, &self.broken)
            && let Err(error) = writeln!(file, "{line}")
        {
            self.broken = Some(error);
        }
    }
}
