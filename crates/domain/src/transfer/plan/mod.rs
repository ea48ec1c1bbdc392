//! The rules by which a store decides what becomes of a batch of records: one place for all stores. A store looks up what the
//! batch [asks](Asked) for, all at once, hands it over as [`Here`], and does what the [`Plan`] says.
//!
//! It must not know how a store looks things up.

mod account;
mod asked;
mod element;
mod here;
mod instance;
mod user;

pub use self::{
    asked::{Asked, numbers_asked},
    here::{Here, Last},
};
use super::{AccountRecord, Finding, Recognition, Refusal, SealedRecord, Transfer, UserRecord};
use crate::{
    AccountId, Element, Entity, Instance, OrganizationId, RoleKey, SealedSecret, Snapshot,
    ports::RepositoryError,
};

/// The greatest number that is kept. New numbers are beyond all that were kept, and beyond 2^53 readers of JSON lose digits: so
/// half of them stay to be given out, whatever somebody brings along.
pub const GREATEST_NUMBER: i64 = (1 << 52) - 1;

/// Whether something may come with this number: it is positive, not too great, and not set aside for the system organization.
pub fn can_be_kept(entity: Entity, number: i64) -> bool {
    let first = match entity {
        Entity::Organization | Entity::Account | Entity::User => 2,
        Entity::Instance | Entity::Role | Entity::Element => 1,
    };
    (first..=GREATEST_NUMBER).contains(&number)
}

/// What is to be done with a batch of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What became of each record, in their order, once everything is created and remembered.
    pub findings: Vec<Finding>,
    /// What to create, in this order. Everything has its number, and names others by their numbers here.
    pub create: Vec<Creation>,
    /// Which numbers to remember in the transfer, in the place of what was remembered of them.
    pub remember: Vec<Remembered>,
}

/// Something to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// An account.
    Account(AccountRecord),
    /// An element of the catalog. It leaves no audit record, as where an instance registers it.
    Element(Element),
    /// A user. It has a list of roles, and a state of its password that agrees with the hash.
    User(Box<UserRecord<SealedSecret>>),
    /// An instance.
    Instance(Box<Instance>),
}

/// What became of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Remembered {
    /// Of what kind the thing is.
    pub entity: Entity,
    /// Its number where it comes from.
    pub source: i64,
    /// Its number here.
    pub id: i64,
}

impl Plan {
    /// What is to be done with `records`, if what they ask for is as `here` says.
    ///
    /// # Errors
    /// `Unsupported` for anything but users where records are recognized by e-mail.
    pub fn new(
        transfer: &Transfer,
        records: &[SealedRecord],
        here: Here,
    ) -> Result<Self, RepositoryError> {
        let mut planner = Planner::new(transfer, records, here);
        for record in records {
            let finding = planner.find(record)?;
            planner.plan.findings.push(finding);
        }
        Ok(planner.plan)
    }

    /// The findings before anything is created.
    pub fn foreseen(self) -> Vec<Finding> {
        let before = |finding| match finding {
            Finding::Created(_) => Finding::New,
            other => other,
        };
        self.findings.into_iter().map(before).collect()
    }
}

/// A plan in the making. What is planned is here for the records that follow.
///
/// What belongs to a thing that is not here is refused for that reason last: a plan of a transfer that was not begun knows
/// better what will be here (`services::import`), and is to hear of everything else that is wrong.
struct Planner {
    organization: OrganizationId,
    recognition: Recognition,
    here: Here,
    plan: Plan,
}

impl Planner {
    fn new(transfer: &Transfer, records: &[SealedRecord], mut here: Here) -> Self {
        if transfer.keeps_ids() {
            // What is assigned in between takes no number that a later record brings along.
            here.last.keep(records);
        }
        Self {
            organization: transfer.organization,
            recognition: transfer.recognition,
            here,
            plan: Plan::default(),
        }
    }

    fn find(&mut self, record: &SealedRecord) -> Result<Finding, RepositoryError> {
        let finding = match (record, self.recognition) {
            (SealedRecord::User(record), _) => self.user(record),
            (_, Recognition::ByEmail) => {
                return Err(RepositoryError::Unsupported {
                    what: "recognizing anything but users by e-mail",
                });
            }
            (SealedRecord::Account(record), _) => self.account(record),
            (SealedRecord::Element(element), _) => self.element(element),
            (SealedRecord::Instance(record), _) => self.instance(record),
        };
        Ok(finding.unwrap_or_else(Finding::Refused))
    }

    /// What became of a number, if the transfer remembers it.
    fn remembered(&self, entity: Entity, source: i64) -> Option<i64> {
        match self.recognition {
            Recognition::ByNumber { .. } => self.here.numbers.get(&(entity, source)).copied(),
            Recognition::ByEmail => None,
        }
    }

    /// The account here that a record means.
    fn account_meant(&self, source: AccountId) -> Result<AccountId, Refusal> {
        let number = match self.recognition {
            Recognition::ByNumber { .. } => self.remembered(Entity::Account, source.get()),
            Recognition::ByEmail => Some(source.get()),
        };
        number
            .map(AccountId::new)
            .filter(|id| self.here.accounts.contains_key(id))
            .ok_or(Refusal::OwnerMissing(Entity::Account))
    }

    /// Whether something new can have its number, if numbers are kept.
    fn can_have(&self, entity: Entity, source: i64) -> Result<(), Refusal> {
        if self.recognition.keeps_ids() && !self.is_free(entity, source) {
            return Err(Refusal::IdInUse(entity));
        }
        Ok(())
    }

    /// The number under which something new is created that [can have](Self::can_have) its own.
    fn number(&mut self, entity: Entity, source: i64) -> i64 {
        if self.recognition.keeps_ids() {
            source
        } else {
            self.here.last.next(entity)
        }
    }

    fn is_free(&self, entity: Entity, number: i64) -> bool {
        can_be_kept(entity, number) && !self.here.taken.contains(&(entity, number))
    }

    /// Notes that something has this number now.
    fn remember(&mut self, entity: Entity, source: i64, id: i64) {
        self.here.taken.insert((entity, id));
        if let Recognition::ByNumber { .. } = self.recognition {
            self.here.numbers.insert((entity, source), id);
            self.plan.remember.push(Remembered { entity, source, id });
        }
    }

    /// The roles among these that the organization has, in the order of [`RoleKey`].
    fn known(&self, roles: &[RoleKey]) -> Vec<RoleKey> {
        let mut known: Vec<_> = roles.to_vec();
        known.retain(|key| self.here.roles.contains(key));
        known.sort_unstable();
        known.dedup();
        known
    }
}

/// What to say of something that is here, by its fields here and there.
fn compared(id: i64, here: &Snapshot, there: &Snapshot) -> Finding {
    let (here, there) = Snapshot::difference(here, there);
    if here.is_empty() && there.is_empty() {
        return Finding::Unchanged(id);
    }
    Finding::Differs { id, here, there }
}
