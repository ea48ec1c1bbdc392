//! Users from elsewhere, with the hashes of their passwords: a line for each, as NDJSON or CSV. A line that is wrong keeps no
//! other from coming. It must not know what a store says to them.

mod cell;
mod column;
mod csv_file;
mod ndjson;
mod row;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::{BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Entity, OrganizationId, SecretText,
    ports::{PasswordHasher, SecretVault, SourceError, TransferSource},
    transfer::{Batch, OrganizationRecord, Record, SourceName, UnreadableRecord},
};
use time::OffsetDateTime;

use self::{cell::Row, csv_file::CsvRows, ndjson::NdjsonRows};
use crate::FileError;

/// How users stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An object on each line.
    Ndjson,
    /// The first line names the columns.
    Csv {
        /// What stands between two fields: a comma, a semicolon or a tab.
        delimiter: u8,
    },
}

/// The accounts of the organization, by what a line may name them by.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Of users whose line names none.
    pub otherwise: AccountId,
    /// All of them.
    pub ids: BTreeSet<AccountId>,
    /// The active ones that have one.
    pub by_external_id: BTreeMap<String, AccountId>,
}

/// What lines do not say.
#[derive(Clone)]
pub struct UsersOptions {
    /// Into which organization they move.
    pub organization: OrganizationId,
    /// Its accounts.
    pub accounts: Accounts,
    /// Pass over columns that are unknown, instead of refusing them.
    pub ignore_unknown: bool,
    /// When users were created of whom nobody says it, and since when they have their passwords.
    pub at: OffsetDateTime,
    /// Knows which hashes will be understood.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Knows which secrets cannot exist.
    pub vault: Arc<dyn SecretVault>,
}

/// A file of users. The number of each is that of its line.
pub struct UsersFile<R> {
    rows: Rows<R>,
    options: UsersOptions,
    total: u64,
}

enum Rows<R> {
    Ndjson(NdjsonRows<BufReader<R>>),
    Csv(Box<CsvRows<R>>),
}

impl<R: Read + Seek + Send> UsersFile<R> {
    /// Reads the file once, to count its lines, and goes back to the beginning.
    ///
    /// # Errors
    /// If it cannot be read, or the first line of a CSV names a column that is unknown or missing.
    pub fn open(mut input: R, format: Format, options: UsersOptions) -> Result<Self, FileError> {
        input.seek(SeekFrom::Start(0))?;
        let lines = count_lines(&mut input)?;
        input.seek(SeekFrom::Start(0))?;
        let (rows, total) = match format {
            Format::Ndjson => {
                let rows = NdjsonRows::new(BufReader::new(input), options.ignore_unknown);
                (Rows::Ndjson(rows), lines)
            }
            Format::Csv { delimiter } => {
                let rows = CsvRows::new(input, delimiter, options.ignore_unknown)?;
                (Rows::Csv(Box::new(rows)), lines.saturating_sub(1))
            }
        };
        Ok(Self {
            rows,
            options,
            total,
        })
    }

    fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        match &mut self.rows {
            Rows::Ndjson(rows) => rows.next(),
            Rows::Csv(rows) => rows.next(),
        }
    }

    fn read(&mut self) -> Result<Option<Batch>, FileError> {
        let mut batch = Batch::default();
        while batch.records.len() + batch.unreadable.len() < BATCH {
            let row = match self.next_row() {
                Ok(None) => break,
                Ok(Some(row)) => row,
                Err(FileError::Line { line, what }) => {
                    batch.unreadable.push(unreadable(line, &what));
                    continue;
                }
                Err(other) => return Err(other),
            };
            let line = row.line;
            match row::record(row, &self.options) {
                Ok(record) => batch.records.push(Record::User(Box::new(record))),
                Err(problems) => batch
                    .unreadable
                    .push(unreadable(line, &problems.join("; "))),
            }
        }
        let is_empty = batch.records.is_empty() && batch.unreadable.is_empty();
        Ok((!is_empty).then_some(batch))
    }
}

#[async_trait]
impl<R: Read + Seek + Send> TransferSource for UsersFile<R> {
    fn name(&self) -> SourceName {
        SourceName::new("users from a file")
    }

    async fn organization(
        &mut self,
    ) -> Result<OrganizationRecord<Option<SecretText>>, SourceError> {
        Err(SourceError::Invalid {
            what: "a file of users has no organization of its own: say into which they move (--organization)"
                .to_owned(),
        })
    }

    async fn total(&mut self) -> Result<Option<u64>, SourceError> {
        Ok(Some(self.total))
    }

    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        Ok(self.read()?)
    }

    fn is_proven(&self) -> bool {
        false
    }

    fn is_whole(&self) -> bool {
        true
    }
}

impl<R> fmt::Debug for UsersFile<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersFile")
            .field("organization", &self.options.organization)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UsersOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersOptions")
            .field("organization", &self.organization)
            .field("accounts", &self.accounts.ids.len())
            .finish_non_exhaustive()
    }
}

fn unreadable(line: u64, what: &str) -> UnreadableRecord {
    UnreadableRecord {
        entity: Entity::User,
        id: i64::try_from(line).unwrap_or(i64::MAX),
        what: format!("line {line}: {what}"),
    }
}

/// About as many as there are records.
fn count_lines(input: &mut impl Read) -> Result<u64, FileError> {
    let mut buffer = vec![0; 64 * 1024];
    let (mut lines, mut last) = (0, b'\n');
    loop {
        let read = match input.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let Some(end) = buffer[..read].last() else {
            return Ok(lines + u64::from(last != b'\n'));
        };
        last = *end;
        lines += buffer[..read].split(|byte| *byte == b'\n').count() as u64 - 1;
    }
}

/// The longest line, in bytes.
const LONGEST_LINE: u64 = 1024 * 1024;
/// How many users are handed out at once.
const BATCH: usize = 500;
