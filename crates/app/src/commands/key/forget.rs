//! `tenantry key forget`: takes former keys out of the key file once nothing in the store names them.

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
    output::Output,
    progress::Progress,
    wire_up,
};

/// What no look at the store can tell.
const TO_CHECK: &str = "\
Check first:
  - that every server of this deployment has logged \"the master keys were read again\" with the current key, or was started
    again: one that has not still seals with a former key
  - that a copy of the former keys stays with every backup of the store that is older than the rotation: what is in there
    opens with nothing else
Then run the command again with --yes.";

/// What was found, and perhaps done.
struct Outcome {
    former: Vec<KeyId>,
    forgotten: bool,
}

/// Forgets the former keys, or says what that would be.
pub(super) async fn run(
    config: &Config,
    forget: ForgetKeys,
    output: Output,
) -> Result<(), Failure> {
    let opened = bootstrap::open_initialized(config).await?;
    let outcome = act(&opened, forget.yes, output).await;
    opened.store.close().await;
    let Outcome { former, forgotten } = outcome?;
    let ids: Vec<String> = former.iter().map(ToString::to_string).collect();
    let report = if forgotten {
        json!({"forgotten": ids})
    } else {
        json!({"forgotten": [], "unused": ids})
    };
    Ok(
        output.result(&report, || match (forgotten, ids.is_empty()) {
            (_, true) => "There are no former keys.".to_owned(),
            (true, _) => format!("Forgotten: {}", ids.join(", ")),
            (false, _) => format!(
                "Nothing names these former keys any more: {}\n\n{TO_CHECK}",
                ids.join(", ")
            ),
        })?,
    )
}

async fn act(opened: &Initialized, sure: bool, output: Output) -> Result<Outcome, Failure> {
    let keyring = opened.keys.place.read().map_err(Failure::usage)?;
    let former: Vec<KeyId> = keyring.former().iter().map(MasterKey::id).collect();
    if former.is_empty() {
        return Ok(Outcome {
            former,
            forgotten: false,
        });
    }
    let rotation = wire_up::key_rotation(&opened.repositories, &opened.keys.vault);
    let unanswered = "the store cannot be asked what is sealed in it";
    let total = rotation.count(u64::MAX).await.context(unanswered)?;
    let progress = Progress::new("looked at", Some(total), output);
    let found = rotation
        .in_use(u64::MAX, &|found| progress.show(found.examined))
        .await
        .context(unanswered)?;
    drop(progress);
    if let Some(used) = former.iter().find(|id| found.of(**id) > 0) {
        return Err(Failure::Failed(anyhow!(
            "the former key {used} still seals {} things: run `tenantry key rotate`, which goes on where it stopped, and try \
             again",
            found.of(*used)
        )));
    }
    if !sure {
        return Ok(Outcome {
            former,
            forgotten: false,
        });
    }
    match &opened.keys.place {
        Place::File(path) => {
            let former = Keyring::forget_former(path, &former).map_err(Failure::usage)?;
            info!(keys = former.len(), "former master keys were forgotten");
            Ok(Outcome {
                former,
                forgotten: true,
            })
        }
        Place::Environment(_) => Err(Failure::usage(anyhow!(
            "the keys are in the environment variable {MASTER_KEY_VARIABLE}, which no program can change for you: nothing names \
             the former ones any more, so leave only the first key in it, and start the servers again"
        ))),
    }
}
