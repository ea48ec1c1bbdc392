//! `tenantry export`: an organization moves out into an archive, while the server runs or not.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tenantry_archive::{ArchiveWriter, Counts};
use tenantry_crypto::PassphraseSeal;
use tenantry_domain::{
    OrganizationId, Password,
    ports::ArchiveSeal,
    services::{ExportError, ExportService, Secrets},
};
use tracing::info;

use crate::{
    bootstrap,
    cli::Export,
    config::Config,
    failure::Failure,
    new_file::NewFile,
    output::{Output, counted},
    passphrase::{self, Purpose},
    progress::Progress,
    wire_up,
};

/// Writes the archive.
pub(super) async fn run(config: &Config, export: Export, output: Output) -> Result<(), Failure> {
    let id = OrganizationId::new(export.organization);
    let target = export
        .out
        .unwrap_or_else(|| PathBuf::from(format!("organization-{id}.ndjson")));
    let to_file = target != Path::new("-");
    if to_file && !export.force && target.exists() {
        return Err(already_there(&target));
    }
    let passphrase = export
        .include_secrets
        .then(|| passphrase::get(export.passphrase_file.as_deref(), Purpose::Seal))
        .transpose()?;
    let opened = bootstrap::open_initialized(config).await?;
    let service = wire_up::export(&opened.repositories, &opened.keys.vault);
    let moving = Moving {
        service,
        id,
        passphrase,
        output,
    };
    let outcome = if to_file {
        moving.to_file(&target, export.force).await
    } else {
        moving
            .to(BufWriter::new(io::stdout()))
            .await
            .map(|(counts, _)| counts)
    };
    opened.store.close().await;
    let counts = outcome?;
    info!(
        organization_id = id.get(),
        records = counts.total(),
        secrets = export.include_secrets,
        "an organization was moved out"
    );
    // What standard output has is the archive, and nothing else.
    if to_file {
        say(id, &target, counts, export.include_secrets, output)?;
    }
    Ok(())
}

struct Moving {
    service: ExportService,
    id: OrganizationId,
    passphrase: Option<Password>,
    output: Output,
}

impl Moving {
    async fn to_file(&self, target: &Path, force: bool) -> Result<Counts, Failure> {
        // Before a file is begun.
        self.service
            .organization(self.id, Secrets::LeftOut)
            .await
            .map_err(explain)?;
        let unwritable = || format!("{} cannot be written", target.display());
        let file = NewFile::create(target)
            .with_context(unwritable)
            .map_err(Failure::usage)?;
        let (counts, file) = self.to(file).await?;
        match file.finish(force) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(already_there(target))
            }
            finished => {
                finished.with_context(unwritable)?;
                Ok(counts)
            }
        }
    }

    async fn to<W: Write + Send>(&self, out: W) -> Result<(Counts, W), Failure> {
        let secrets = match self.passphrase {
            Some(_) => Secrets::Included,
            None => Secrets::LeftOut,
        };
        let seal = self.seal().await?;
        let total = self.service.total(self.id).await.map_err(explain)?;
        let mut writer = ArchiveWriter::new(out, seal);
        let progress = Progress::new("written", Some(total), self.output);
        let moved = self
            .service
            .run(self.id, secrets, &mut writer, &|moved| progress.show(moved))
            .await;
        drop(progress);
        moved.map_err(explain)?;
        Ok((writer.counts(), writer.into_inner()))
    }

    async fn seal(&self) -> Result<Option<Arc<dyn ArchiveSeal>>, Failure> {
        let Some(passphrase) = &self.passphrase else {
            return Ok(None);
        };
        let found = self.service.organization(self.id, Secrets::LeftOut).await;
        let created_at = found.map_err(explain)?.organization.created_at;
        let seal = PassphraseSeal::new(passphrase, self.id, created_at)?;
        Ok(Some(Arc::new(seal)))
    }
}

fn explain(error: ExportError) -> Failure {
    match error {
        ExportError::NoSuchOrganization(_) | ExportError::System(_) => Failure::usage(error),
        other => Failure::Failed(anyhow::Error::new(other).context("nothing was written")),
    }
}

fn already_there(target: &Path) -> Failure {
    Failure::usage(anyhow!(
        "{} is there already: choose another --out, or replace it with --force",
        target.display()
    ))
}

fn say(
    id: OrganizationId,
    target: &Path,
    counts: Counts,
    secrets: bool,
    output: Output,
) -> io::Result<()> {
    let report = json!({
        "organizationId": id.get(),
        "file": target.display().to_string(),
        "accounts": counts.accounts,
        "elements": counts.elements,
        "users": counts.users,
        "instances": counts.instances,
        "secrets": secrets,
    });
    output.result(&report, || {
        let of_secrets = if secrets {
            "Secrets are inside, sealed. Without the passphrase nobody can take the archive in: keep it elsewhere."
        } else {
            "No secret, token, credential or password is inside: whoever takes it in gets new ones (--include-secrets)."
        };
        format!(
            "organization {id}: the default account and {}, {}, {}, {}\nwritten to {}\n\n{of_secrets}",
            counted(counts.accounts, "account"),
            counted(counts.elements, "element"),
            counted(counts.users, "user"),
            counted(counts.instances, "instance"),
            target.display()
        )
    })
}
