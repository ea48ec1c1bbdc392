//! `tenantry key forget`: takes the keys behind the current one out of the key file once nothing in the store names them.

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tenantry_crypto::{Keyring, MasterKey};
use tenantry_domain::KeyId;
use tracing::info;

use crate::{
    bootstrap::{self, Initialized},
    cli::ForgetKeys,
    config::{Config, MASTER_KEY_VARIABLE},
    failure::Failure,
    master_key::Place,
    output::{Output, counted},
    progress::Progress,
    wire_up,
};

/// What no look at the store can tell.
const TO_CHECK: &str = "\
Check first:
  - that each of them is a former key, and none a new one that was put behind the current one for a rotation to come: nothing
    in the store tells the two apart
  - that every server of this deployment has logged \"the master keys were read again\" with the current key, or was started
    again: one that has not still seals with a former key
  - that a copy of the former keys stays with every backup of the store that is older than the rotation: what is in there
    opens with nothing else
Then run the command again with --yes.";

/// For who had put a key there that was never current.
const FORGOTTEN: &str = "\
Nothing named them. If one was a new key for a rotation to come, it is gone from here as well: leave it out everywhere else,
or put it behind the current key again.";

/// What was found, and perhaps done.
struct Outcome {
    /// The keys behind the current one.
    others: Vec<KeyId>,
    forgotten: bool,
}

/// Forgets the keys behind the current one, or says what that would be.
pub(super) async fn run(
    config: &Config,
    forget: ForgetKeys,
    output: Output,
) -> Result<(), Failure> {
    let opened = bootstrap::open_initialized(config).await?;
    let outcome = act(&opened, forget.yes, output).await;
    opened.store.close().await;
    let Outcome { others, forgotten } = outcome?;
    let ids: Vec<String> = others.iter().map(ToString::to_string).collect();
    let report = if forgotten {
        json!({"forgotten": ids})
    } else {
        json!({"forgotten": [], "unused": ids})
    };
    Ok(
        output.result(&report, || match (forgotten, ids.is_empty()) {
            (_, true) => "There are no keys but the current one.".to_owned(),
            (true, _) => format!("Forgotten: {}\n\n{FORGOTTEN}", ids.join(", ")),
            (false, _) => format!(
                "Nothing in the store names these keys: {}\n\n{TO_CHECK}",
                ids.join(", ")
            ),
        })?,
    )
}

async fn act(opened: &Initialized, sure: bool, output: Output) -> Result<Outcome, Failure> {
    let keyring = opened.keys.place.read().map_err(Failure::usage)?;
    let others: Vec<KeyId> = keyring.former().iter().map(MasterKey::id).collect();
    if others.is_empty() {
        return Ok(Outcome {
            others,
            forgotten: false,
        });
    }
    let rotation = wire_up::key_rotation(&opened.repositories, &opened.keys.vault);
    let unanswered = "the store cannot be asked what is sealed in it";
    let total = rotation.count().await.context(unanswered)?;
    let progress = Progress::new("looked at", Some(total), output);
    let found = rotation
        .in_use(u64::MAX, &|found| progress.show(found.examined))
        .await
        .context(unanswered)?;
    drop(progress);
    if let Some(used) = others.iter().find(|id| found.of(**id) > 0) {
        return Err(Failure::Failed(anyhow!(
            "the former key {used} still seals {}: run `tenantry key rotate`, which seals everything anew, and try again",
            counted(found.of(*used), "thing")
        )));
    }
    if !sure {
        return Ok(Outcome {
            others,
            forgotten: false,
        });
    }
    match &opened.keys.place {
        Place::File(path) => {
            let others = Keyring::forget_former(path, &others).map_err(Failure::usage)?;
            let ids: Vec<String> = others.iter().map(ToString::to_string).collect();
            info!(
                key_ids = ids.join(", "),
                "master keys that nothing names were forgotten"
            );
            Ok(Outcome {
                others,
                forgotten: true,
            })
        }
        Place::Environment(_) => Err(Failure::usage(anyhow!(
            "the keys are in the environment variable {MASTER_KEY_VARIABLE}, which no program can change for you: nothing names \
             the keys behind the first one, so leave only the first in it, unless you have put a new key there for a rotation to \
             come, and start the servers again"
        ))),
    }
}
