//! Reads an archive, in two ways through it: the first finds out whether it is whole, the second hands out what stands in it.

use std::{
    fmt,
    io::{BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use async_trait::async_trait;
use tenantry_domain::{
    OrganizationId, SecretText,
    ports::{ArchiveSeal, SealParameters, SourceError, TransferSource},
    transfer::{Batch, OrganizationRecord, Record, SourceName},
};

use super::{
    LONGEST_LINE,
    check::{Checked, ORGANIZATION_LINE, check, parse},
    instance::InstanceSecrets,
    line::{Counts, Line},
    organization::OrganizationSecrets,
    passwords::PasswordsTaken,
    sealing::Sealing,
    user::UserSecrets,
};
use crate::{FileError, instant, lines::Lines};

/// An archive that is whole, as far as that can be known without its passphrase.
pub struct Archive<R> {
    lines: Lines<BufReader<R>>,
    checked: Checked,
    sealing: Option<Sealing>,
    passwords: Option<PasswordsTaken>,
    organization: OrganizationRecord<Option<SecretText>>,
}

impl<R: Read + Seek + Send> Archive<R> {
    /// Reads everything once, and goes back to the beginning. Nothing may write to the file meanwhile.
    ///
    /// # Errors
    /// If it is no archive, torn off or altered, with the number of the line.
    pub fn open(mut input: R) -> Result<Self, FileError> {
        input.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(input);
        let checked = check(&mut reader)?;
        let mut input = reader.into_inner();
        input.seek(SeekFrom::Start(checked.records_at))?;
        Ok(Self {
            lines: Lines::new(BufReader::new(input), LONGEST_LINE, ORGANIZATION_LINE),
            organization: checked.organization.clone(),
            checked,
            sealing: None,
            passwords: None,
        })
    }

    /// How to make the key from the passphrase; `None` if no secrets are inside. Then everything gets new ones.
    pub fn parameters(&self) -> Option<&SealParameters> {
        self.checked.parameters.as_ref()
    }

    /// Opens what is sealed from now on; of passwords comes along what `passwords` says. Comes before anything else is asked for.
    ///
    /// # Errors
    /// If the archive was altered by somebody who knows how archives are made, but not the passphrase.
    pub fn unseal(
        &mut self,
        seal: Arc<dyn ArchiveSeal>,
        passwords: PasswordsTaken,
    ) -> Result<(), FileError> {
        let sealing = Sealing::new(seal, &self.checked.header);
        let end = &self.checked.end;
        let at_end = |what: String| FileError::at(self.checked.end_line, what);
        let sealed = sealing
            .open_bytes("end", 0, end.sealed.as_deref())
            .map_err(at_end)?;
        if sealed != end.sha256.as_bytes() {
            return Err(at_end(
                "the archive was altered: what is sealed in its last line is another digest"
                    .to_owned(),
            ));
        }
        let id = self.organization.organization.id.get();
        let secrets: OrganizationSecrets = sealing
            .open(
                "organization",
                id,
                self.checked.sealed_organization.as_deref(),
            )
            .map_err(|what| FileError::at(ORGANIZATION_LINE, what))?;
        self.organization.secret = secrets.into_secret();
        self.sealing = Some(sealing);
        self.passwords = Some(passwords);
        Ok(())
    }

    /// Whose archive it is.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization.organization.id
    }

    /// How many records it has.
    pub fn counts(&self) -> Counts {
        self.checked.end.counts()
    }

    fn read(&mut self) -> Result<Option<Vec<Record>>, FileError> {
        self.opened()?;
        let mut records = Vec::new();
        while records.len() < BATCH {
            let Some(line) = self.lines.next()? else {
                break;
            };
            let number = line.number;
            let line = parse(line)?;
            if matches!(line, Line::End(_)) {
                break;
            }
            let record = self
                .record(line)
                .map_err(|what| FileError::at(number, what))?;
            records.push(record);
        }
        Ok((!records.is_empty()).then_some(records))
    }

    /// Nothing sealed may be passed over.
    fn opened(&self) -> Result<(), FileError> {
        if self.checked.parameters.is_some() && self.sealing.is_none() {
            return Err(FileError::Sealed);
        }
        Ok(())
    }

    fn record(&self, line: Line) -> Result<Record, String> {
        let organization = self.organization_id();
        let sealing = self.sealing.as_ref();
        Ok(match line {
            Line::Account(body) => Record::Account(body.into_record(organization, false)?),
            Line::Element(body) => Record::Element(body.into_element(organization)?),
            Line::User(body) => {
                let sealed = body.sealed.as_deref();
                let mut secrets: Option<UserSecrets> = sealing
                    .map(|sealing| sealing.open("user", body.id, sealed))
                    .transpose()?;
                if let (Some(secrets), Some(passwords)) = (&mut secrets, &self.passwords) {
                    secrets.keep(passwords);
                }
                Record::User(Box::new(body.into_record(organization, secrets)?))
            }
            Line::Instance(body) => {
                let sealed = body.sealed.as_deref();
                let secrets: Option<InstanceSecrets> = sealing
                    .map(|sealing| sealing.open("instance", body.id, sealed))
                    .transpose()?;
                Record::Instance(Box::new(body.into_record(organization, secrets)?))
            }
            Line::Header(_) | Line::Organization(_) | Line::End(_) => {
                return Err("the file was altered while it was read".to_owned());
            }
        })
    }
}

#[async_trait]
impl<R: Read + Seek + Send> TransferSource for Archive<R> {
    /// Later archives of the same organization have the same name: what has come since moves in behind the rest.
    fn name(&self) -> SourceName {
        let organization = &self.organization.organization;
        SourceName::new(format!(
            "archive of organization {}, created {}",
            organization.id,
            instant::text(organization.created_at)
        ))
    }

    async fn organization(
        &mut self,
    ) -> Result<OrganizationRecord<Option<SecretText>>, SourceError> {
        self.opened()?;
        Ok(self.organization.clone())
    }

    async fn total(&mut self) -> Result<Option<u64>, SourceError> {
        Ok(Some(self.counts().total()))
    }

    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        Ok(self.read()?.map(Batch::of))
    }

    fn is_proven(&self) -> bool {
        false
    }

    fn is_whole(&self) -> bool {
        true
    }
}

impl<R> fmt::Debug for Archive<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("organization", &self.organization.organization.id)
            .field("counts", &self.checked.end.counts())
            .finish_non_exhaustive()
    }
}

/// How many records are handed out at once.
const BATCH: usize = 500;
