//! The first way through an archive, before anything is written: everything that can be known without the passphrase. Takes one
//! line of memory, whatever the size of the file.

use std::io::BufRead;

use sha2::{Digest, Sha256};
use tenantry_domain::{
    AccountId, OrganizationId, SecretText,
    ports::SealParameters,
    transfer::{OrganizationRecord, Part},
};

use super::{
    LONGEST_LINE, json_problem,
    line::{Counts, End, Header, Line, VERSION},
    order::Order,
    writer::hex,
};
use crate::{
    FileError,
    lines::{self, Lines},
};

/// What is known of an archive that is whole.
pub(super) struct Checked {
    /// The first line, as it stands in the file.
    pub(super) header: Vec<u8>,
    pub(super) parameters: Option<SealParameters>,
    /// Its secret is sealed still.
    pub(super) organization: OrganizationRecord<Option<SecretText>>,
    pub(super) sealed_organization: Option<String>,
    /// Where the first record begins.
    pub(super) records_at: u64,
    pub(super) end: End,
    /// The number of its line.
    pub(super) end_line: u64,
}

/// In which lines the header and the organization stand.
pub(super) const HEADER_LINE: u64 = 1;
pub(super) const ORGANIZATION_LINE: u64 = 2;

/// Reads everything once.
pub(super) fn check<R: BufRead>(input: R) -> Result<Checked, FileError> {
    let mut lines = Lines::new(input, LONGEST_LINE, 0);
    let mut digest = Sha256::new();
    let header_line = required(&mut lines, HEADER_LINE)?;
    let header_bytes = header_line.raw.to_vec();
    let Line::Header(header) = parse(header_line)? else {
        return Err(FileError::at(
            HEADER_LINE,
            "it does not say that this is an archive of Tenantry",
        ));
    };
    let parameters = parameters(&header)?;
    digest.update(&header_bytes);

    let line = required(&mut lines, ORGANIZATION_LINE)?;
    digest.update(line.raw);
    let records_at = (header_bytes.len() + line.raw.len()) as u64;
    let (organization, sealed_organization) = organization(parse(line)?, &header)
        .map_err(|what| FileError::at(ORGANIZATION_LINE, what))?;
    let mut records = Records {
        organization: organization.organization.id,
        default_account: organization.default_account.account.id,
        order: Order::default(),
        counts: Counts::default(),
        sealed: parameters.is_some(),
    };
    loop {
        let Some(line) = lines.next()? else {
            return Err(torn_off(lines.number()));
        };
        let number = line.number;
        let parsed = parse(line)?;
        if let Line::End(end) = parsed {
            let expected = End::new(records.counts, hex(&digest.finalize()), end.sealed.clone());
            // As it was written, and in no other way: not a byte of it may differ.
            let text = Line::End(expected.clone()).to_text();
            if end != expected || !text.is_ok_and(|text| text.as_bytes() == line.raw) {
                return Err(FileError::at(
                    number,
                    "the archive was altered: it is not what its last line says",
                ));
            }
            if parameters.is_some() != end.sealed.is_some() {
                return Err(FileError::at(number, SEALED));
            }
            if lines.next()?.is_some() {
                return Err(FileError::at(number + 1, "it stands behind the end"));
            }
            return Ok(Checked {
                header: header_bytes,
                parameters,
                organization,
                sealed_organization,
                records_at,
                end,
                end_line: number,
            });
        }
        digest.update(line.raw);
        records
            .check(parsed)
            .map_err(|what| FileError::at(number, what))?;
    }
}

fn required<R: BufRead>(lines: &mut Lines<R>, number: u64) -> Result<lines::Line<'_>, FileError> {
    match lines.next()? {
        Some(line) => Ok(line),
        None => Err(torn_off(number - 1)),
    }
}

fn torn_off(number: u64) -> FileError {
    FileError::at(
        number,
        "the archive ends here, without its last line: it is not whole",
    )
}

fn organization(
    line: Line,
    header: &Header,
) -> Result<(OrganizationRecord<Option<SecretText>>, Option<String>), String> {
    let Line::Organization(mut body) = line else {
        return Err("it is not the organization".to_owned());
    };
    if body.id != header.organization_id {
        return Err(format!(
            "it is the organization {}, where the first line says {}",
            body.id, header.organization_id
        ));
    }
    let sealed = body.sealed.take();
    if sealed.is_some() != header.seal.is_some() {
        return Err(SEALED.to_owned());
    }
    Ok((body.into_record()?, sealed))
}

fn parameters(header: &Header) -> Result<Option<SealParameters>, FileError> {
    if header.version != VERSION {
        return Err(FileError::at(
            HEADER_LINE,
            format!(
                "the archive has version {}, and this program reads version {VERSION}",
                header.version
            ),
        ));
    }
    header
        .seal
        .as_ref()
        .map(super::line::SealHeader::parameters)
        .transpose()
        .map_err(|what| FileError::at(HEADER_LINE, what))
}

/// What a line is. Its depth is bounded by `serde_json`, its length by [`Lines`].
pub(super) fn parse(line: lines::Line<'_>) -> Result<Line, FileError> {
    serde_json::from_str(line.text)
        .map_err(|error| FileError::at(line.number, json_problem(&error)))
}

const SEALED: &str = "the field sealed is missing, or too much";

struct Records {
    organization: OrganizationId,
    default_account: AccountId,
    order: Order,
    counts: Counts,
    sealed: bool,
}

impl Records {
    fn check(&mut self, line: Line) -> Result<(), String> {
        let kind = line.kind();
        let (part, id, sealed) = match line {
            Line::Account(body) => {
                let id = body.into_record(self.organization, false)?.account.id;
                if id == self.default_account {
                    return Err(format!("the id {id} is that of the default account"));
                }
                (Part::Accounts, id.get(), self.sealed)
            }
            Line::Element(body) => {
                let id = body.into_element(self.organization)?.id;
                (Part::Elements, id.get(), self.sealed)
            }
            Line::User(body) => {
                let sealed = body.sealed.is_some();
                let user = body.into_record(self.organization, None)?.user;
                (Part::Users, user.id.get(), sealed)
            }
            Line::Instance(body) => {
                let sealed = body.sealed.is_some();
                let instance = body.into_record(self.organization, None)?;
                (Part::Instances, instance.id.get(), sealed)
            }
            Line::Header(_) | Line::Organization(_) | Line::End(_) => {
                return Err(format!("a line of the kind {kind} does not belong here"));
            }
        };
        if sealed != self.sealed {
            return Err(SEALED.to_owned());
        }
        self.order.follow(part, id)?;
        self.counts.add(part);
        Ok(())
    }
}
