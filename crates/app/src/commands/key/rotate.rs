//! `tenantry key rotate`: a new current key, and everything sealed anew with it while the servers go on. Interrupted, it is
//! run again and goes on.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use tenantry_crypto::Keyring;
use tenantry_domain::{
    KeyId, SealedPlace, SecretDigest,
    ports::{SecretVault as _, VaultError},
    services::{KeyRotationService, RotationProgress},
};
use tracing::{debug, info, warn};

use crate::{
    bootstrap::{self, Initialized},
    config::{Config, MASTER_KEY_VARIABLE},
    failure::Failure,
    master_key::{Keys, Place},
    output::{Output, counted},
    progress::Progress,
    upkeep, wire_up,
};

/// How many passes are made until one finds nothing: servers that have not read the keys again leave some work behind.
const MOST_PASSES: u32 = 10;
/// How many things that cannot be opened are named.
const MOST_NAMED: usize = 20;

/// What was done.
struct Report {
    key: KeyId,
    resumed: bool,
    /// By all passes.
    resealed: u64,
    /// Of them, heads of audit chains.
    signed: u64,
    /// Of the last pass, which looked at everything.
    last: RotationProgress,
}

/// Rotates the keys.
pub(super) async fn run(config: &Config, output: Output) -> Result<(), Failure> {
    let opened = bootstrap::open_initialized(config).await?;
    let outcome = rotate(&opened, output).await;
    opened.store.close().await;
    let report = outcome?;
    output.result(&report.to_json(), || report.to_text())?;
    report.verdict()
}

async fn rotate(opened: &Initialized, output: Output) -> Result<Report, Failure> {
    let keys = &opened.keys;
    let rotation = wire_up::key_rotation(&opened.repositories, &keys.vault);
    let unfinished = "the store cannot be sealed anew; run the command again, and it goes on";
    let resumed = rotation.is_unfinished().await.context(unfinished)?;
    if !resumed {
        make_current_key(keys)?;
    }
    let key = keys.vault.current_key();
    info!(key_id = %key, resumed, "sealing everything anew with this master key");
    // Until every server has read the keys again, and seals with this one as well.
    tokio::time::sleep(upkeep::KEYS_EVERY + Duration::from_secs(1)).await;
    let total = rotation.count().await.context(unfinished)?;
    let mut report = Report {
        key,
        resumed,
        resealed: 0,
        signed: 0,
        last: RotationProgress::default(),
    };
    for _ in 0..MOST_PASSES {
        report.last = pass(&rotation, total, output).await.context(unfinished)?;
        report.resealed += report.last.resealed;
        report.signed += report.last.signed;
        let is_over = report.last.resealed == 0 && report.last.is_stuck();
        if report.last.finished || is_over {
            break;
        }
    }
    report.log();
    Ok(report)
}

async fn pass(
    rotation: &KeyRotationService,
    total: u64,
    output: Output,
) -> Result<RotationProgress, anyhow::Error> {
    let progress = Progress::new("looked at", Some(total), output);
    let report = |done: &RotationProgress| {
        debug!(
            examined = done.examined,
            resealed = done.resealed,
            "a stretch was sealed anew"
        );
        progress.show(done.examined);
    };
    Ok(rotation.pass(&report).await?)
}

fn make_current_key(keys: &Keys) -> Result<(), Failure> {
    let Place::File(path) = &keys.place else {
        return Err(Failure::usage(anyhow!(
            "the keys are in the environment variable {MASTER_KEY_VARIABLE}, which no program can change for you. By hand: (1) \
             `tenantry key generate` prints a new key; (2) put it behind the present one, after a comma, in the variable of \
             every server, and start them again; (3) put it in front everywhere, and start them again; (4) run `tenantry key \
             rotate` with that variable: it seals everything anew"
        )));
    };
    Keyring::rotate_file(path).map_err(Failure::usage)?;
    keys.vault
        .reload()
        .context("the new key was written, but cannot be read")?;
    Ok(())
}

impl Report {
    fn log(&self) {
        let (key_id, resealed) = (self.key, self.resealed);
        if self.last.finished {
            info!(%key_id, resealed, "everything was sealed anew");
        } else {
            warn!(
                %key_id,
                resealed,
                unreadable = self.last.unreadable.len(),
                unsigned = self.last.unsigned,
                "not everything could be sealed anew: the rotation is not finished"
            );
        }
    }

    fn to_json(&self) -> Value {
        let unreadable: Vec<_> = self
            .named()
            .map(|(place, error)| json!({"what": name(place), "why": error.to_string()}))
            .collect();
        json!({
            "keyId": self.key.to_string(),
            "resumed": self.resumed,
            "finished": self.last.finished,
            "examined": self.last.examined,
            "resealed": self.resealed,
            "signed": self.signed,
            "unsigned": self.last.unsigned,
            "unreadable": self.last.unreadable.len(),
            "unreadableFirst": unreadable,
        })
    }

    fn to_text(&self) -> String {
        let resumed = if self.resumed {
            " (of a rotation that was interrupted)"
        } else {
            ""
        };
        let mut lines = vec![
            format!("current key   {}{resumed}", self.key),
            format!(
                "sealed anew   {} of {}",
                self.resealed,
                counted(self.last.examined, "thing")
            ),
            format!(
                "of them       {} of audit chains",
                counted(self.signed, "head")
            ),
        ];
        lines.extend(
            self.named()
                .map(|(place, error)| format!("unreadable    {}: {error}", name(place))),
        );
        if self.last.finished {
            lines.push(String::new());
            lines.push(
                "The former keys still open what a server seals that has not read the new one yet. `tenantry key forget` takes \
                 them out."
                    .to_owned(),
            );
        }
        lines.join("\n")
    }

    /// Things that cannot be opened are no secret from who runs this, but no success either.
    fn verdict(&self) -> Result<(), Failure> {
        let again = "run the command again: it goes on with the same key";
        if self.last.finished {
            return Ok(());
        }
        if !self.last.is_stuck() {
            return Err(Failure::Failed(anyhow!(
                "the rotation is not finished: a server goes on sealing with a former key, because it has not read the keys \
                 again; see its log, and {again}"
            )));
        }
        let mut left = Vec::new();
        let unreadable = self.last.unreadable.len() as u64;
        if unreadable > 0 {
            left.push(format!(
                "{} cannot be opened with any key at hand: put the key that is named behind the others, if there is a copy of \
                 it, or replace or delete what is named over the API",
                counted(unreadable, "thing")
            ));
        }
        if self.last.unsigned > 0 {
            left.push(format!(
                "{} of audit chains {} not signed with any key at hand: `tenantry audit verify` says whose; put the missing key \
                 behind the others, or, if there is none, bring the store back from a backup",
                counted(self.last.unsigned, "head"),
                if self.last.unsigned == 1 { "is" } else { "are" }
            ));
        }
        Err(Failure::Failed(anyhow!(
            "the rotation is not finished. {}. Then {again}",
            left.join(". ")
        )))
    }

    fn named(&self) -> impl Iterator<Item = &(SealedPlace, VaultError)> {
        self.last.unreadable.iter().take(MOST_NAMED)
    }
}

/// Enough to find the row by, and nothing that anybody could use.
fn name(place: &SealedPlace) -> String {
    match place {
        SealedPlace::OrganizationSecret(digest) => {
            format!("the organization secret with digest {}", short(digest))
        }
        SealedPlace::UserSecret(digest) => format!("the user secret with digest {}", short(digest)),
        SealedPlace::InstanceToken(digest) => {
            format!("the instance token with digest {}", short(digest))
        }
        SealedPlace::Configuration { instance, key } => {
            format!(
                "the configuration value {key} of the instance whose token has digest {}",
                short(instance)
            )
        }
        SealedPlace::Reply(reply) => format!("a reply kept for the user {}", reply.user_id),
    }
}

/// The beginning of a digest.
fn short(digest: &SecretDigest) -> String {
    use std::fmt::Write as _;

    let mut hex = String::new();
    for byte in &digest.as_bytes()[..8] {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.push('…');
    hex
}
