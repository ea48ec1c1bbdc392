//! The file that an organization, or its users, come from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use tenantry_archive::{
    Accounts, Archive, FileError, FileKind, Format, PasswordsTaken, UsersFile, UsersOptions, detect,
};
use tenantry_crypto::PassphraseSeal;
use tenantry_domain::{
    Account, AccountId, OrganizationId,
    ports::{Clock as _, TransferRepository},
    transfer::{Part, SealedRecord},
};

use super::From;
use crate::{
    bootstrap::Opened,
    cli::{Import, PasswordsThere},
    clock::SystemClock,
    failure::Failure,
    passphrase::{self, Purpose},
    wire_up,
};

/// Opens the file. Of an archive everything is checked that can be without a store.
pub(super) fn open(path: &Path, import: &Import) -> Result<From, Failure> {
    let unreadable = || format!("--file: {} cannot be read", path.display());
    let mut file = File::open(path)
        .with_context(unreadable)
        .map_err(Failure::usage)?;
    match detect(&mut file).map_err(|error| explain(path, error))? {
        FileKind::Users(format) => {
            if import.organization.is_none() {
                return Err(Failure::usage(anyhow!(
                    "{} is a file of users: say into which organization they move (--organization ID)",
                    path.display()
                )));
            }
            if import.new_ids || import.keep_ids {
                return Err(Failure::usage(anyhow!(
                    "a file of users has no numbers: leave --new-ids and --keep-ids out"
                )));
            }
            if import.passwords != PasswordsThere::MustChange {
                return Err(Failure::usage(anyhow!(
                    "a file of users has hashes of passwords, or none: leave --passwords out"
                )));
            }
            Ok(From::Users(file, format))
        }
        FileKind::Archive => {
            if import.account.is_some() || import.ignore_unknown || import.strict {
                return Err(Failure::usage(anyhow!(
                    "{} is an archive: --account, --ignore-unknown and --strict are for files of users",
                    path.display()
                )));
            }
            let mut archive = Archive::open(file).map_err(|error| explain(path, error))?;
            if let Some(parameters) = archive.parameters() {
                let passphrase = passphrase::get(import.passphrase_file.as_deref(), Purpose::Open)?;
                let seal =
                    PassphraseSeal::reopen(&passphrase, parameters).map_err(Failure::usage)?;
                let passwords = PasswordsTaken {
                    hasher: wire_up::hasher(),
                    elsewhere: import.passwords == PasswordsThere::LegacyLogin,
                };
                archive
                    .unseal(Arc::new(seal), passwords)
                    .map_err(|error| explain(path, error))?;
            }
            Ok(From::Archive(Box::new(archive)))
        }
    }
}

/// The users in the file, from its beginning.
pub(super) async fn users(
    file: &File,
    format: Format,
    import: &Import,
    opened: &Opened,
) -> Result<UsersFile<File>, Failure> {
    let organization = OrganizationId::new(import.organization.unwrap_or_default());
    let transfers = &*opened.repositories.transfers;
    let accounts = accounts(transfers, organization, import.account.as_deref()).await?;
    let options = UsersOptions {
        organization,
        accounts,
        ignore_unknown: import.ignore_unknown,
        at: SystemClock.now(),
        hasher: wire_up::hasher(),
        vault: Arc::clone(&opened.keys.vault) as _,
    };
    let file = file.try_clone().context("--file cannot be read")?;
    UsersFile::open(file, format, options)
        .map_err(|error| Failure::usage(anyhow::Error::new(error).context("nothing was written")))
}

/// The accounts of the organization, and the one that users move into whose line names none.
async fn accounts(
    transfers: &dyn TransferRepository,
    organization: OrganizationId,
    wanted: Option<&str>,
) -> Result<Accounts, Failure> {
    let found = transfers.organization(organization).await?;
    let found = found.ok_or_else(|| {
        Failure::usage(anyhow!(
            "there is no organization {organization} here: put --organization right"
        ))
    })?;
    let mut choice = Choice::new(wanted);
    let (mut ids, mut by_external_id) = (BTreeSet::new(), BTreeMap::new());
    let mut take = |account: &Account| {
        choice.look_at(account);
        ids.insert(account.id);
        if let (Some(external_id), true) = (&account.external_id, account.active) {
            by_external_id.insert(external_id.as_str().to_owned(), account.id);
        }
    };
    let default = found.default_account.account;
    take(&default);
    let mut after = 0;
    loop {
        let page = transfers
            .read(organization, Part::Accounts, after, 500)
            .await?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id();
        for record in &page {
            if let SealedRecord::Account(record) = record {
                take(&record.account);
            }
        }
    }
    Ok(Accounts {
        otherwise: choice.made(default.id)?,
        ids,
        by_external_id,
    })
}

/// Which account `--account` means: by its id, or by its name.
struct Choice<'a> {
    wanted: Option<&'a str>,
    by_id: Option<AccountId>,
    by_name: Vec<AccountId>,
}

impl<'a> Choice<'a> {
    fn new(wanted: Option<&'a str>) -> Self {
        Self {
            wanted,
            by_id: None,
            by_name: Vec::new(),
        }
    }

    fn look_at(&mut self, account: &Account) {
        if self.wanted.and_then(|text| text.parse().ok()) == Some(account.id.get()) {
            self.by_id = Some(account.id);
        }
        if self.wanted == Some(account.name.as_str()) {
            self.by_name.push(account.id);
        }
    }

    fn made(self, default: AccountId) -> Result<AccountId, Failure> {
        let Some(wanted) = self.wanted else {
            return Ok(default);
        };
        match (self.by_id, &self.by_name[..]) {
            (Some(id), _) => Ok(id),
            (None, [id]) => Ok(*id),
            (None, []) => Err(Failure::usage(anyhow!(
                "--account: the organization has no account with the id or name '{wanted}'"
            ))),
            (None, several) => Err(Failure::usage(anyhow!(
                "--account: {} accounts have the name '{wanted}': say the id",
                several.len()
            ))),
        }
    }
}

fn explain(path: &Path, error: FileError) -> Failure {
    Failure::usage(anyhow::Error::new(error).context(format!(
        "{} was not moved, and nothing was written",
        path.display()
    )))
}
