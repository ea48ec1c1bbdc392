//! What became of what, one by one and in numbers.

use std::collections::BTreeMap;

use super::{ImportError, Listener};
use crate::{
    Entity, OrganizationId, SecretText, Snapshot,
    transfer::{Ids, Refusal},
};

/// What became of one thing, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Of what kind it is.
    pub kind: Entity,
    /// Its number where it comes from; 0 if that cannot be read.
    pub there: i64,
    /// Its number here, if it has one.
    pub here: Option<i64>,
    /// What became of it.
    pub fate: Fate,
    /// What of it could not come along.
    pub lost: Vec<Lost>,
}

/// What became of one thing, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It would be created.
    New,
    /// It was created.
    Created,
    /// It was here, and the same.
    Unchanged,
    /// It was here, and differs. It stays as it is.
    Differs {
        /// The fields that differ, as they are here.
        here: Snapshot,
        /// The same fields, as they are there.
        there: Snapshot,
    },
    /// It cannot be created.
    Refused(Refusal),
    /// It cannot be read; what is wrong with it.
    Unreadable(String),
}

/// What could not come along, because the source does not reveal it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// The secret of an organization or a user, or the token of an instance: it has a new one.
    Secret,
    /// The password of a user, who needs a new one before it can log in.
    Password,
    /// The value of the configuration entry of this key: it is empty.
    Configuration(String),
}

/// How it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The organization here; `None` if it would get a new number.
    pub organization: Option<OrganizationId>,
    /// What becomes of numbers; `None` where records are recognized by e-mail.
    pub ids: Option<Ids>,
    /// Whether an earlier run had begun.
    pub resumed: bool,
    /// Whether an earlier run had come to its end.
    pub finished: bool,
    /// The new secret of an organization whose secret the source does not reveal. Nobody is told again.
    pub issued: Option<SecretText>,
}

/// How many of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of Fate")]
pub struct Tally {
    /// Created, or would be.
    pub new: u64,
    pub unchanged: u64,
    pub differs: u64,
    pub refused: u64,
    pub unreadable: u64,
}

/// Everything in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How it began.
    pub start: Start,
    /// What became of how many, by kind.
    pub tallies: BTreeMap<Entity, Tally>,
    /// What could not come along, of everything that came or would come in this run: how many secrets, by kind.
    pub lost_secrets: BTreeMap<Entity, u64>,
    /// How many users have a password there, and none here.
    pub lost_passwords: u64,
    /// How many configuration values.
    pub lost_configuration: u64,
}

impl Summary {
    /// How many things came by.
    pub fn total(&self) -> u64 {
        self.tallies.values().map(Tally::total).sum()
    }

    /// How many were not moved though they should be.
    pub fn failed(&self) -> u64 {
        let failed = |tally: &Tally| tally.refused + tally.unreadable;
        self.tallies.values().map(failed).sum()
    }
}

impl Tally {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.new + self.unchanged + self.differs + self.refused + self.unreadable
    }

    const fn count(&mut self, fate: &Fate) {
        let counted = match fate {
            Fate::New | Fate::Created => &mut self.new,
            Fate::Unchanged => &mut self.unchanged,
            Fate::Differs { .. } => &mut self.differs,
            Fate::Refused(_) => &mut self.refused,
            Fate::Unreadable(_) => &mut self.unreadable,
        };
        *counted += 1;
    }
}

/// Counts, and hands on.
pub(super) struct Report<'a, 'l> {
    listener: &'a mut Listener<'l>,
    tallies: BTreeMap<Entity, Tally>,
    lost_secrets: BTreeMap<Entity, u64>,
    lost_passwords: u64,
    lost_configuration: u64,
}

impl<'a, 'l> Report<'a, 'l> {
    pub(super) fn new(listener: &'a mut Listener<'l>) -> Self {
        Self {
            listener,
            tallies: BTreeMap::new(),
            lost_secrets: BTreeMap::new(),
            lost_passwords: 0,
            lost_configuration: 0,
        }
    }

    pub(super) fn take(&mut self, reported: &[Reported]) -> Result<(), ImportError> {
        for one in reported {
            let kind = one.kind;
            self.tallies.entry(kind).or_default().count(&one.fate);
            for lost in &one.lost {
                match lost {
                    Lost::Secret => *self.lost_secrets.entry(kind).or_default() += 1,
                    Lost::Password => self.lost_passwords += 1,
                    Lost::Configuration(_) => self.lost_configuration += 1,
                }
            }
        }
        if reported.is_empty() {
            return Ok(());
        }
        (self.listener)(reported).map_err(ImportError::Report)
    }

    pub(super) fn summary(self, start: Start) -> Summary {
        Summary {
            start,
            tallies: self.tallies,
            lost_secrets: self.lost_secrets,
            lost_passwords: self.lost_passwords,
            lost_configuration: self.lost_configuration,
        }
    }
}
