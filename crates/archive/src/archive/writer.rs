//! Writes an archive. What it writes depends on nothing but what it is given: the same organization gives the same bytes.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tenantry_domain::{
    PasswordState, SecretText, names_a_credential,
    ports::{ArchiveSeal, BoxError, TransferTarget},
    transfer::{InstanceRecord, OrganizationRecord, Part, Record, UserRecord},
};

use super::{
    account::AccountBody,
    element::ElementBody,
    instance::{InstanceBody, InstanceSecrets},
    line::{Counts, End, Header, Line, SealHeader, VERSION},
    order::Order,
    organization::{OrganizationBody, OrganizationSecrets},
    sealing::Sealing,
    user::{UserBody, UserSecrets},
};

/// Writes the archive of one organization, a record at a time.
pub struct ArchiveWriter<W> {
    out: Digesting<W>,
    seal: Option<Arc<dyn ArchiveSeal>>,
    sealing: Option<Sealing>,
    order: Order,
    counts: Counts,
}

impl<W: Write + Send> ArchiveWriter<W> {
    /// Writes to `out`, with everything secret sealed with `seal`. Without one it refuses what is secret.
    pub fn new(out: W, seal: Option<Arc<dyn ArchiveSeal>>) -> Self {
        Self {
            out: Digesting {
                out,
                digest: Sha256::new(),
            },
            seal,
            sealing: None,
            order: Order::default(),
            counts: Counts::default(),
        }
    }

    /// How many records were written so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What it wrote to.
    pub fn into_inner(self) -> W {
        self.out.out
    }

    fn write_line(&mut self, line: &Line) -> Result<(), BoxError> {
        Ok(self.out.write(line.to_text()?.as_bytes())?)
    }

    fn line_of(&self, record: &Record) -> Result<(Part, Line), BoxError> {
        let id = record.id();
        Ok(match record {
            Record::Account(record) => (Part::Accounts, Line::Account(AccountBody::of(record))),
            Record::Element(element) => (Part::Elements, Line::Element(ElementBody::of(element))),
            Record::User(record) => {
                let mut body = UserBody::of(record);
                match &self.sealing {
                    Some(sealing) => {
                        body.sealed = Some(sealing.seal("user", id, &UserSecrets::of(record))?);
                    }
                    None => refuse_if(user_has_secrets(record), "user", id)?,
                }
                (Part::Users, Line::User(Box::new(body)))
            }
            Record::Instance(record) => {
                let mut body = InstanceBody::of(record, self.sealing.is_some());
                match &self.sealing {
                    Some(sealing) => {
                        let secrets = InstanceSecrets::of(record);
                        body.sealed = Some(sealing.seal("instance", id, &secrets)?);
                    }
                    None => refuse_if(instance_has_secrets(record), "instance", id)?,
                }
                (Part::Instances, Line::Instance(Box::new(body)))
            }
        })
    }
}

#[async_trait]
impl<W: Write + Send> TransferTarget for ArchiveWriter<W> {
    async fn begin(
        &mut self,
        organization: &OrganizationRecord<Option<SecretText>>,
    ) -> Result<(), BoxError> {
        let id = organization.organization.id.get();
        let header = Line::Header(Header {
            version: VERSION,
            organization_id: id,
            seal: self
                .seal
                .as_ref()
                .map(|seal| SealHeader::of(&seal.parameters())),
        });
        let header = header.to_text()?;
        self.out.write(header.as_bytes())?;
        self.sealing = self
            .seal
            .clone()
            .map(|seal| Sealing::new(seal, header.as_bytes()));
        let mut body = OrganizationBody::of(organization);
        match &self.sealing {
            Some(sealing) => {
                let secrets = OrganizationSecrets::of(organization);
                body.sealed = Some(sealing.seal("organization", id, &secrets)?);
            }
            None => refuse_if(organization.secret.is_some(), "organization", id)?,
        }
        self.write_line(&Line::Organization(Box::new(body)))
    }

    async fn write(&mut self, records: &[Record]) -> Result<(), BoxError> {
        for record in records {
            let (part, line) = self.line_of(record)?;
            self.order
                .follow(part, record.id())
                .map_err(|problem| format!("the store's {}s: {problem}", record.entity()))?;
            self.write_line(&line)?;
            self.counts.add(part);
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), BoxError> {
        let sha256 = self.out.digest();
        let sealed = self
            .sealing
            .as_ref()
            .map(|sealing| sealing.seal_bytes("end", 0, sha256.as_bytes()));
        let end = End::new(self.counts, sha256, sealed);
        self.write_line(&Line::End(end))?;
        Ok(self.out.out.flush()?)
    }
}

impl<W> fmt::Debug for ArchiveWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveWriter")
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

fn refuse_if(secret: bool, entity: &str, id: i64) -> Result<(), BoxError> {
    if secret {
        return Err(
            format!("the {entity} {id} has secrets, which only a sealed archive may hold").into(),
        );
    }
    Ok(())
}

/// When a password was set is worth nothing without it, and is left out together with it.
fn user_has_secrets(record: &UserRecord<Option<SecretText>>) -> bool {
    record.secret.is_some()
        || record.password.is_some()
        || !record.former_passwords.is_empty()
        || record.user.password != PasswordState::Absent
}

fn instance_has_secrets(record: &InstanceRecord) -> bool {
    record.token.is_some()
        || record
            .configuration
            .iter()
            .any(|entry| entry.value.is_some() && names_a_credential(&entry.key))
}

/// What was written, and its digest.
struct Digesting<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.out.write_all(bytes)
    }

    fn digest(&self) -> String {
        hex(&self.digest.clone().finalize())
    }
}

/// In lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
