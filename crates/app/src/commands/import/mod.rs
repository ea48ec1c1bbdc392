//! `tenantry import`: an organization moves in, from a remote server or a file, while the server runs or not.

mod file;
mod journal;
mod problems;
mod remote;
mod summary;
mod user_secrets;

use std::fs::File;

use anyhow::{Context as _, anyhow};
use tenantry_api_client::RemoteSource;
use tenantry_archive::{Archive, Format};
use tenantry_domain::{
    OrganizationId, RequestId,
    ports::{SourceError, TransferSource},
    services::{Destination, ImportError, ImportOptions, Reported, Summary},
    transfer::Ids,
};
use tracing::info;

use self::{
    journal::Journal,
    problems::Problems,
    summary::{Origin, Said},
};
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
    let mut journal = Journal::open(import.report.as_deref())?;
    // Before a store is opened: what cannot be read leaves no new one behind.
    let mut from = From::find(&import).await?;
    let opened = bootstrap::open(config, request_id).await?;
    let run = Run {
        opened: &opened,
        import: &import,
        request_id,
        output,
    };
    let outcome = run.carry_out(&mut from, &mut journal).await;
    opened.store.close().await;
    let (source, dry_run, summary, problems) = outcome?;
    let said = Said {
        source,
        origin: from.origin(),
        dry_run,
        report: import.report,
        summary,
        problems,
        secrets_of_nobody: from.secrets_of_nobody(),
    };
    output.result(&said.to_json(), || said.to_text())?;
    verdict(&said)
}

/// What moves.
enum From {
    Server(Box<RemoteSource>),
    Archive(Box<Archive<File>>),
    Users(File, Format),
}

impl From {
    async fn find(import: &Import) -> Result<Self, Failure> {
        match &import.file {
            Some(path) => file::open(path, import),
            None => Ok(Self::Server(Box::new(remote::source(import).await?))),
        }
    }

    /// Whose secrets were given, and who did not come by.
    fn secrets_of_nobody(&self) -> Vec<String> {
        match self {
            Self::Server(source) => source.secrets_of_nobody(),
            Self::Archive(_) | Self::Users(..) => Vec::new(),
        }
    }

    fn origin(&self) -> Origin {
        match self {
            Self::Server(_) => Origin::Server,
            Self::Archive(_) => Origin::Archive,
            Self::Users(..) => Origin::Users,
        }
    }
}

type Outcome = (String, bool, Summary, Problems);

struct Run<'a> {
    opened: &'a Opened,
    import: &'a Import,
    request_id: RequestId,
    output: Output,
}

impl Run<'_> {
    async fn carry_out(&self, from: &mut From, journal: &mut Journal) -> Result<Outcome, Failure> {
        match from {
            From::Server(source) => self.organization(&mut **source, journal).await,
            From::Archive(archive) => self.organization(&mut **archive, journal).await,
            From::Users(file, format) => self.users(file, *format, journal).await,
        }
    }

    async fn organization(
        &self,
        source: &mut dyn TransferSource,
        journal: &mut Journal,
    ) -> Result<Outcome, Failure> {
        let organization = source.organization().await.map_err(explain_source)?;
        let what = format!(
            "the organization {} ({})",
            organization.organization.name, organization.organization.id
        );
        let problems = Problems::of_records();
        self.walk(source, &what, self.import.dry_run, journal, problems)
            .await
    }

    async fn users(
        &self,
        file: &File,
        format: Format,
        journal: &mut Journal,
    ) -> Result<Outcome, Failure> {
        let mut source = file::users(file, format, self.import, self.opened).await?;
        let mut dry_run = self.import.dry_run;
        if self.import.strict && !dry_run {
            let mut nobody = Journal::open(None)?;
            let plan = self.walk(
                &mut source,
                "users",
                true,
                &mut nobody,
                Problems::of_lines(),
            );
            let planned = plan.await?;
            source = file::users(file, format, self.import, self.opened).await?;
            // One pass more, for the report: nothing is written.
            dry_run = planned.2.failed() > 0;
        }
        self.walk(&mut source, "users", dry_run, journal, Problems::of_lines())
            .await
    }

    async fn walk(
        &self,
        source: &mut dyn TransferSource,
        what: &str,
        dry_run: bool,
        journal: &mut Journal,
        mut problems: Problems,
    ) -> Result<Outcome, Failure> {
        let total = source.total().await.map_err(explain_source)?;
        let about = total.map_or_else(String::new, |total| {
            format!(", about {}", counted(total, "record"))
        });
        let verb = if dry_run { "looking at" } else { "moving" };
        self.output.probe(&format!("{verb} {what}{about}"))?;
        let progress = Progress::new("records", total, self.output);
        let options = options(self.import, problems.by_line());
        let mut done = 0;
        let mut listener = |reported: &[Reported]| {
            done += u64::try_from(reported.len()).unwrap_or(u64::MAX);
            progress.show(done);
            problems.take(reported);
            journal.take(reported).map_err(Into::into)
        };
        let service = wire_up::import(&self.opened.repositories, &self.opened.keys.vault);
        let service = service.at_once(self.import.at_once);
        let outcome = if dry_run {
            service.plan(source, options, &mut listener).await
        } else {
            service
                .run(source, options, self.request_id, &mut listener)
                .await
        };
        drop(progress);
        let summary = outcome.map_err(|error| explain(error, dry_run))?;
        if !dry_run {
            info!(
                records = summary.total(),
                failed = summary.failed(),
                "an organization was moved in"
            );
        }
        Ok((
            source.name().as_str().to_owned(),
            dry_run,
            summary,
            problems,
        ))
    }
}

fn options(import: &Import, is_users: bool) -> ImportOptions {
    let into = import.organization.map(OrganizationId::new);
    let ids = match (import.new_ids, import.keep_ids) {
        (true, _) => Some(Ids::Assigned),
        (false, true) => Some(Ids::Kept),
        (false, false) => None,
    };
    let destination = if is_users {
        Destination::UsersOf
    } else {
        Destination::Existing
    };
    ImportOptions {
        into: into.map_or(Destination::New, destination),
        ids,
    }
}

fn explain_source(error: SourceError) -> Failure {
    let is_wrong = !matches!(error, SourceError::Unavailable { .. });
    of_kind(is_wrong, error, "nothing was moved")
}

/// A failure that somebody has to put right first, or another one.
fn of_kind(
    is_wrong: bool,
    error: impl std::error::Error + Send + Sync + 'static,
    context: &'static str,
) -> Failure {
    let error = anyhow::Error::new(error).context(context);
    if is_wrong {
        Failure::Usage(error)
    } else {
        Failure::Failed(error)
    }
}

fn explain(error: ImportError, dry_run: bool) -> Failure {
    let (begun, is_wrong) = match &error {
        ImportError::Source(SourceError::Refused { .. }) => (true, true),
        ImportError::Source(_) | ImportError::Repository(_) | ImportError::Report(_) => {
            (true, false)
        }
        ImportError::BegunMeanwhile => (false, false),
        // What was asked for cannot be.
        _ => (false, true),
    };
    let context = match (begun, dry_run) {
        (true, true) => "not everything could be looked at",
        (true, false) => "not everything was moved; run the same command again, and it goes on",
        (false, _) => "nothing was moved",
    };
    of_kind(is_wrong, error, context)
}

/// Whether everything was moved.
fn verdict(said: &Said) -> Result<(), Failure> {
    let failed = said.summary.failed();
    if failed > 0 {
        return Err(Failure::Failed(anyhow!(
            "{} could not be moved{}",
            counted(failed, "record"),
            said.see()
        )));
    }
    if said.secrets_of_nobody.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed(anyhow!(
        "--user-secrets names somebody who is not there: {}",
        said.nobody()
    )))
}

/// The file of an option, read as text.
fn read(option: &str, path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .with_context(|| format!("{option}: {} cannot be read", path.display()))
        .map_err(Failure::usage)
}
