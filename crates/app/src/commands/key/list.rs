//! `tenantry key list`: which keys there are, and how much each still seals.

use anyhow::Context as _;
use serde_json::json;
use tenantry_domain::KeyId;

use crate::{
    bootstrap::{self, Initialized},
    config::Config,
    failure::Failure,
    output::{Output, counted},
    progress::Progress,
    wire_up,
};

/// So many things are looked at, and then no more: the answer is there in seconds.
const MOST_EXAMINED: u64 = 1_000_000;

/// A key that is at hand, or that the store names.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    id: KeyId,
    /// A key at hand that is not the current one may be a former one, or one that is to be current: nothing in a store tells
    /// them apart once nothing names them.
    state: &'static str,
    things: u64,
}

/// Prints the keys, the current one first.
pub(super) async fn run(config: &Config, output: Output) -> Result<(), Failure> {
    let opened = bootstrap::open_initialized(config).await?;
    let found = look(&opened, output).await;
    opened.store.close().await;
    let (rows, complete) = found?;
    let keys: Vec<_> = rows
        .iter()
        .map(|row| json!({"keyId": row.id.to_string(), "state": row.state, "seals": row.things}))
        .collect();
    Ok(
        output.result(&json!({"keys": keys, "complete": complete}), || {
            text(&rows, complete)
        })?,
    )
}

async fn look(opened: &Initialized, output: Output) -> Result<(Vec<Row>, bool), Failure> {
    let keyring = opened.keys.place.read().map_err(Failure::usage)?;
    let rotation = wire_up::key_rotation(&opened.repositories, &opened.keys.vault);
    let progress = Progress::new("looked at", None, output);
    let found = rotation
        .in_use(MOST_EXAMINED, &|found| progress.show(found.examined))
        .await
        .context("the store cannot be asked what is sealed in it")?;
    let at_hand = std::iter::once((keyring.current(), "current"))
        .chain(keyring.former().iter().map(|key| (key, "other")));
    let mut rows: Vec<Row> = at_hand
        .map(|(key, state)| Row {
            id: key.id(),
            state,
            things: found.of(key.id()),
        })
        .collect();
    for (id, things) in &found.counts {
        if !rows.iter().any(|row| row.id == *id) {
            rows.push(Row {
                id: *id,
                state: "missing",
                things: *things,
            });
        }
    }
    Ok((rows, found.complete))
}

fn text(rows: &[Row], complete: bool) -> String {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let least = if complete { "" } else { "at least " };
            let things = counted(row.things, "thing");
            format!("{}  {:7}  seals {least}{things}", row.id, row.state)
        })
        .collect();
    if rows.iter().any(|row| row.state == "missing") {
        lines.push(
            "What a missing key sealed cannot be read: put it behind the other keys, if there is a copy of it."
                .to_owned(),
        );
    }
    if !complete {
        lines.push(format!(
            "Only the first {MOST_EXAMINED} things were looked at; `tenantry key forget` looks at everything."
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use tenantry_crypto::MasterKey;

    use super::*;

    #[test]
    fn what_was_not_counted_to_the_end_is_said_to_be_so() {
        let id = MasterKey::generate().id();
        let row = |state, things| Row { id, state, things };
        assert_eq!(
            text(&[row("current", 1), row("other", 0)], true),
            format!("{id}  current  seals 1 thing\n{id}  other    seals 0 things")
        );
        assert_eq!(
            text(&[row("missing", 2)], false),
            format!(
                "{id}  missing  seals at least 2 things\n\
                 What a missing key sealed cannot be read: put it behind the other keys, if there is a copy of it.\n\
                 Only the first 1000000 things were looked at; `tenantry key forget` looks at everything."
            )
        );
    }
}
