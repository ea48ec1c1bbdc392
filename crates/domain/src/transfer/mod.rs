//! Organizations on their way from one store to another: moving in from a remote server or a file, and moving out.
//!
//! What travels is a [`Record`], secrets in clear; a store takes and gives a [`SealedRecord`]. Records name each other by
//! the numbers that they have where they come from; a [`Transfer`] says what becomes of those numbers here.

mod arriving;
mod finding;
pub mod plan;
mod record;
mod sealed;
mod snapshot;

pub use self::{
    finding::{Finding, Refusal},
    record::{
        AccountRecord, Batch, ConfigurationRecord, InstanceRecord, OrganizationRecord,
        PolicyRecord, Record, UnreadableRecord, UserRecord,
    },
    sealed::{SealedConfiguration, SealedInstance, SealedRecord},
    snapshot::{
        account_snapshot, configuration_field, instance_snapshot, organization_creation,
        user_snapshot,
    },
};
use crate::OrganizationId;

/// Names what is moved in, so that whoever is interrupted goes on where the same source left off: for example
/// `https://api.example.com/elements/api-v2 organization 4711`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceName(String);

impl SourceName {
    /// The source of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What becomes of the numbers that records have where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ids {
    /// They stay what they are; what has another number here, because it was here before (a default account), keeps that.
    Kept,
    /// Everything gets a new number.
    Assigned,
}

impl Ids {
    /// The word for it, in stores and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Assigned => "assigned",
        }
    }

    /// The one with this word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Kept, Self::Assigned]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// By what a record is recognized that is here already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// By its number where it comes from, in a transfer that the store remembers. The store remembers what became of each
    /// number, of kept ones too: what merely has the same number here is something else, and nothing becomes its.
    ByNumber {
        /// The transfer, as the store numbers it.
        transfer: i64,
        /// What becomes of the numbers.
        ids: Ids,
    },
    /// Users by their e-mail. The source has no numbers, or none that count; users name their account by its number here.
    ByEmail,
}

impl Recognition {
    /// Whether things keep the numbers that they have where they come from.
    pub const fn keeps_ids(self) -> bool {
        matches!(self, Self::ByNumber { ids: Ids::Kept, .. })
    }
}

/// One organization that is moving in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which organization it becomes here.
    pub organization: OrganizationId,
    /// Whether the organization came into being with it, and is not one that was here before.
    pub is_own: bool,
    /// By what records are recognized.
    pub recognition: Recognition,
    /// Whether everything was written once.
    pub finished: bool,
}

impl Transfer {
    /// The number that no transfer has.
    const NOT_BEGUN: i64 = 0;

    /// One that was not begun, to ask what would become of its records. `None`: into an organization that has no number
    /// yet.
    pub const fn not_begun(organization: Option<OrganizationId>, ids: Ids) -> Self {
        Self {
            organization: match organization {
                Some(id) => id,
                None => OrganizationId::new(0),
            },
            is_own: false,
            recognition: Recognition::ByNumber {
                transfer: Self::NOT_BEGUN,
                ids,
            },
            finished: false,
        }
    }

    /// Its number, if the store remembers it.
    pub const fn number(&self) -> Option<i64> {
        match self.recognition {
            Recognition::ByNumber { transfer, .. } => Some(transfer),
            Recognition::ByEmail => None,
        }
    }

    /// Whether things keep the numbers that they have where they come from.
    pub const fn keeps_ids(&self) -> bool {
        self.recognition.keeps_ids()
    }
}

/// The organization that has a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Which one it is.
    pub organization: OrganizationId,
    /// From where it moved in, if it came into being so.
    pub source: Option<SourceName>,
}

/// What is read of an organization that moves out, in the order in which it can move in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Accounts, but for the default one.
    Accounts,
    /// The catalog.
    Elements,
    /// Users.
    Users,
    /// Instances.
    Instances,
}

impl Part {
    /// Every part, in the order in which they move.
    pub const ALL: &'static [Self] =
        &[Self::Accounts, Self::Elements, Self::Users, Self::Instances];
}
