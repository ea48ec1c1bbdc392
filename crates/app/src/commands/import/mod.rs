//! `tenantry import`: an organization moves in, from a remote server, while the server runs or not.

mod journal;
mod remote;
mod summary;
mod user_secrets;

use anyhow::{Context as _, anyhow};
use tenantry_domain::{
    OrganizationId, RequestId,
    ports::TransferSource,
    services::{Destination, ImportError, ImportOptions, Reported, Summary},
    transfer::Ids,
};
use tracing::info;

use self::{journal::Journal, summary::Said};
use crate::{
    bootstrap::{self, Opened},
    cli::Import,
    config::Config,
    failure::Failure,
    output::{Output, counted},
    progress::Progress,
    wire_up,
};

/// Moves the organization in.
pub(super) async fn run(
    config: &Config,
    import: Import,
    request_id: RequestId,
    output: Output,
) -> Result<(), Failure> {
    let journal = Journal::open(import.report.as_deref())?;
    let mut source = remote::source(&import).await?;
    let opened = bootstrap::open(config, request_id).await?;
    let outcome = carry_out(&opened, &mut source, &import, journal, request_id, output).await;
    opened.store.close().await;
    let said = Said {
        source: source.name().as_str().to_owned(),
        dry_run: import.dry_run,
        report: import.report,
        summary: outcome?,
    };
    output.result(&said.to_json(), || said.to_text())?;
    verdict(&said.summary)
}

async fn carry_out(
    opened: &Opened,
    source: &mut dyn TransferSource,
    import: &Import,
    mut journal: Journal,
    request_id: RequestId,
    output: Output,
) -> Result<Summary, Failure> {
    let organization = source.organization().await.map_err(explain_source)?;
    let total = source.total().await.map_err(explain_source)?;
    let (id, name) = (
        organization.organization.id,
        &organization.organization.name,
    );
    let about = total.map_or_else(String::new, |total| {
        format!(", about {}", counted(total, "record"))
    });
    let verb = if import.dry_run {
        "looking at"
    } else {
        "moving"
    };
    output.probe(&format!("{verb} the organization {name} ({id}){about}"))?;
    let progress = Progress::new("records", total, output);
    let mut done = 0;
    let mut listener = |reported: &[Reported]| {
        done += u64::try_from(reported.len()).unwrap_or(u64::MAX);
        progress.show(done);
        journal.take(reported).map_err(Into::into)
    };
    let service = wire_up::import(&opened.repositories, &opened.keys.vault);
    let service = service.at_once(import.at_once);
    let options = options(import);
    let outcome = if import.dry_run {
        service.plan(source, options, &mut listener).await
    } else {
        service
            .run(source, options, request_id, &mut listener)
            .await
    };
    drop(progress);
    let summary = outcome.map_err(|error| explain(error, import.dry_run))?;
    info!(
        records = summary.total(),
        failed = summary.failed(),
        dry_run = import.dry_run,
        "an organization was moved in"
    );
    Ok(summary)
}

fn options(import: &Import) -> ImportOptions {
    let into = import.organization.map(OrganizationId::new);
    let ids = match (import.new_ids, import.keep_ids) {
        (true, _) => Some(Ids::Assigned),
        (false, true) => Some(Ids::Kept),
        (false, false) => None,
    };
    ImportOptions {
        into: into.map_or(Destination::New, Destination::Existing),
        ids,
    }
}

fn explain_source(error: tenantry_domain::ports::SourceError) -> Failure {
    Failure::Failed(anyhow::Error::new(error).context("nothing was moved"))
}

fn explain(error: ImportError, dry_run: bool) -> Failure {
    let (begun, context) = match &error {
        ImportError::Source(_) | ImportError::Repository(_) | ImportError::Report(_) => (
            true,
            "not everything was moved; run the same command again, and it goes on",
        ),
        _ => (false, "nothing was moved"),
    };
    let context = if dry_run && begun {
        "not everything could be looked at"
    } else {
        context
    };
    Failure::Failed(anyhow::Error::new(error).context(context))
}

/// Whether everything was moved.
fn verdict(summary: &Summary) -> Result<(), Failure> {
    match summary.failed() {
        0 => Ok(()),
        failed => Err(Failure::Failed(anyhow!(
            "{} could not be moved: --report FILE says which, and why",
            counted(failed, "record")
        ))),
    }
}

/// The file of an option, read as text.
fn read(option: &str, path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .with_context(|| format!("{option}: {} cannot be read", path.display()))
        .map_err(Failure::usage)
}
