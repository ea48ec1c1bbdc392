//! The chain of the audit log: links that show whether a record was removed or altered, and the signed head.

use std::fmt;

use time::OffsetDateTime;

use crate::{AccountId, AuditId, AuditRecord, Author, KeyId, Snapshot};

/// Where a record stands in the chain of its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// Its place, from 1, without gaps.
    pub position: i64,
    /// The hash of the record and of the link before it.
    pub hash: [u8; 32],
}

/// Where the chain of an organization begins and ends. Only who holds a master key can make one, so nobody else can shorten
/// a chain or make a new one unnoticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// The last link that was erased because its time was over; [`ChainLink::ORIGIN`] if none was.
    pub start: ChainLink,
    /// The last link.
    pub end: ChainLink,
    /// Over [`signed_bytes`](Self::signed_bytes).
    pub signature: ChainSignature,
}

/// A signature by a master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainSignature {
    /// Which key signed.
    pub key_id: KeyId,
    /// A message authentication code.
    pub code: [u8; 32],
}

/// What is wrong with the chain of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// There is no head, although records are linked.
    NoHead,
    /// The head is not signed by a key of this deployment.
    Signature,
    /// The record at this position is not there.
    Missing(i64),
    /// The record at this position is not as it was, or stands where another one stood.
    Altered {
        /// Where.
        position: i64,
        /// The record that stands there now.
        record: AuditId,
    },
    /// A record stands beyond the end of the chain, at this position.
    Beyond(i64),
}

impl ChainLink {
    /// Before the first link.
    pub const ORIGIN: Self = Self {
        position: 0,
        hash: [0; 32],
    };
}

impl ChainHead {
    /// What a head from `start` to `end` is signed over.
    pub fn signed_bytes(start: &ChainLink, end: &ChainLink) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(80);
        for link in [start, end] {
            bytes.extend(link.position.to_be_bytes());
            bytes.extend(link.hash);
        }
        bytes
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHead => f.write_str("the head of the chain is missing"),
            Self::Signature => {
                f.write_str("the head of the chain is not signed by a key of this deployment")
            }
            Self::Missing(position) => write!(f, "the record at position {position} is missing"),
            Self::Altered { position, record } => write!(
                f,
                "the record {record}, at position {position}, is not the one that was linked there"
            ),
            Self::Beyond(position) => write!(
                f,
                "a record stands beyond the end of the chain, at position {position}"
            ),
        }
    }
}

impl AuditRecord {
    /// The record as bytes that no other record has: what its link is a hash of. Numbers take eight bytes, the highest
    /// first (instants sixteen); texts come after their length; absent numbers are told from present ones by a byte before
    /// them. Stored links depend on it: it never changes.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Canonical(Vec::with_capacity(256));
        let (author, author_id) = match self.change.author {
            Author::User(id) => ("user", Some(id.get())),
            Author::Operator => ("operator", None),
            Author::Platform => ("platform", None),
        };
        bytes.number(self.id.get());
        bytes.number(self.organization_id.get());
        bytes.optional(self.account_id.map(AccountId::get));
        bytes.instant(self.change.at);
        bytes.text(author);
        bytes.optional(author_id);
        bytes.text(&self.change.request_id.to_string());
        bytes.text(self.action.as_str());
        bytes.text(self.target.as_str());
        bytes.number(self.target_id);
        bytes.snapshot(&self.old);
        bytes.snapshot(&self.new);
        bytes.0
    }
}

struct Canonical(Vec<u8>);

impl Canonical {
    fn number(&mut self, number: i64) {
        self.0.extend(number.to_be_bytes());
    }

    fn length(&mut self, length: usize) {
        self.0.extend((length as u64).to_be_bytes());
    }

    fn optional(&mut self, number: Option<i64>) {
        self.0.push(u8::from(number.is_some()));
        self.number(number.unwrap_or(0));
    }

    /// In whole microseconds, which every store keeps.
    fn instant(&mut self, at: OffsetDateTime) {
        self.0
            .extend((at.unix_timestamp_nanos() / 1_000).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.length(snapshot.0.len());
        for (name, value) in &snapshot.0 {
            self.text(name);
            self.text(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{AuditAction, Change, Entity, OrganizationId, RequestId, UserId};

    fn record() -> AuditRecord {
        AuditRecord {
            id: AuditId::new(7),
            organization_id: OrganizationId::new(2),
            account_id: Some(AccountId::new(3)),
            change: Change {
                author: Author::User(UserId::new(4)),
                request_id: RequestId::new([1; 12]),
                at: datetime!(2026-03-04 05:06:07.000008 UTC),
            },
            action: AuditAction::Updated,
            target: Entity::User,
            target_id: 9,
            old: Snapshot::new().field("city", "Bree"),
            new: Snapshot::new().field("city", "Hobbiton"),
        }
    }

    #[test]
    fn records_that_differ_differ_in_bytes() {
        let base = record();
        let but = |change: &dyn Fn(&mut AuditRecord)| {
            let mut other = base.clone();
            change(&mut other);
            other
        };
        let records = [
            base.clone(),
            but(&|record| record.id = AuditId::new(8)),
            but(&|record| record.account_id = None),
            but(&|record| record.account_id = Some(AccountId::new(0))),
            but(&|record| record.target_id = 10),
            but(&|record| record.action = AuditAction::Created),
            but(&|record| std::mem::swap(&mut record.old, &mut record.new)),
            but(&|record| record.old = Snapshot::new().field("cityBree", "")),
            but(&|record| record.old = Snapshot::new().field("cit", "yBree")),
            but(&|record| record.change.author = Author::Operator),
            but(&|record| record.change.request_id = RequestId::new([2; 12])),
            but(&|record| record.change.at = datetime!(2026-03-04 05:06:07.000009 UTC)),
        ];
        let mut bytes: Vec<_> = records.iter().map(AuditRecord::canonical).collect();
        bytes.sort();
        bytes.dedup();
        assert_eq!(bytes.len(), records.len());
    }

    #[test]
    fn the_bytes_of_a_record_never_change() {
        let bytes = record().canonical();
        let expected = "00000000000000070000000000000002010000000000000003";
        let digits: Vec<_> = bytes[..25]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let start = digits.concat();
        assert_eq!(start, expected);
        assert_eq!(bytes.len(), 197);
        assert!(bytes.ends_with(b"\0\0\0\0\0\0\0\x08Hobbiton"));
    }
}
