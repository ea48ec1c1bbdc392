//! Organizations on their way from one store to another: moving in from a remote server or a file, and moving out.
//!
//! What travels is a [`Record`], secrets in clear; a store takes and gives a [`SealedRecord`]. Records name each other by
//! the numbers that they have where they come from; a [`Transfer`] says what becomes of those numbers here.

mod finding;
mod record;
mod sealed;
mod snapshot;

pub use self::{
    finding::{Finding, Refusal},
    record::{
        AccountRecord, ConfigurationRecord, InstanceRecord, OrganizationRecord, PolicyRecord,
        Record, UserRecord,
    },
    sealed::{SealedConfiguration, SealedInstance, SealedRecord},
    snapshot::{account_snapshot, instance_snapshot, user_snapshot},
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
    /// They stay what they are. What has another number here, because it was here before (a default account), is
    /// remembered.
    Kept,
    /// Everything gets a new number, and the store remembers which.
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
    /// By its number where it comes from, in a transfer that the store remembers.
    ByNumber {
        /// The transfer, as the store numbers it.
        transfer: i64,
        /// What becomes of the numbers.
        ids: Ids,
    },
    /// Users by their e-mail. The source has no numbers, or none that count; users name their account by its number here.
    ByEmail,
}

/// One organization that is moving in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which organization it becomes here.
    pub organization: OrganizationId,
    /// By what records are recognized.
    pub recognition: Recognition,
    /// Whether everything was written once.
    pub finished: bool,
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
