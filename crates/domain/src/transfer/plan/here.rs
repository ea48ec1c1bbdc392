//! What a store knows of what a batch asks for.

use std::collections::{HashMap, HashSet};

use super::GREATEST_NUMBER;
use crate::{
    AccountId, ConfigurationId, Element, Entity, InstanceId, RoleKey, SecretDigest, Text, UserId,
    transfer::{AccountRecord, SealedInstance, SealedRecord, UserRecord},
};

/// What is here of what a batch [asks](super::Asked) for. More does no harm.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// The roles that the organization has.
    pub roles: Vec<RoleKey>,
    /// What the transfer remembers of the numbers.
    pub numbers: HashMap<(Entity, i64), i64>,
    /// The numbers that are in use, in whichever organization.
    pub taken: HashSet<(Entity, i64)>,
    /// Accounts of the organization, with their roles.
    pub accounts: HashMap<AccountId, AccountRecord>,
    /// Users of the organization, with their roles. Hashes and secrets do not count.
    pub users: HashMap<UserId, UserRecord<()>>,
    /// Instances of the organization.
    pub instances: HashMap<InstanceId, SealedInstance>,
    /// Elements of the organization's catalog, by key.
    pub elements: HashMap<Text, Element>,
    /// Folded e-mails, and which users of the deployment have them.
    pub emails: HashMap<String, UserId>,
    /// What active accounts of the organization have for an `externalId`.
    pub external_ids: HashSet<Text>,
    /// Digests of users' secrets, present and replaced, of the whole deployment.
    pub secrets: HashSet<SecretDigest>,
    /// Digests of instances' tokens of the whole deployment.
    pub tokens: HashSet<SecretDigest>,
    /// Configuration entries of the whole deployment.
    pub entries: HashSet<ConfigurationId>,
    /// The last numbers that were given out.
    pub last: Last,
}

/// The greatest number ever given to something of each kind; 0 if there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds")]
pub struct Last {
    pub account: i64,
    pub user: i64,
    pub instance: i64,
    pub element: i64,
    pub entry: i64,
}

impl Last {
    /// The next number for something of this kind.
    pub(super) fn next(&mut self, entity: Entity) -> i64 {
        let (last, set_aside) = match entity {
            // Number 1 is set aside for the system organization.
            Entity::Account => (&mut self.account, 1),
            Entity::User => (&mut self.user, 1),
            Entity::Instance => (&mut self.instance, 0),
            // Nothing else is created in a batch.
            Entity::Element | Entity::Organization | Entity::Role => (&mut self.element, 0),
        };
        *last = (*last).max(set_aside) + 1;
        *last
    }

    pub(super) fn next_entry(&mut self) -> ConfigurationId {
        self.entry += 1;
        ConfigurationId::new(self.entry)
    }

    /// Gives out nothing up to what these records bring along.
    pub(super) fn keep(&mut self, records: &[SealedRecord]) {
        let beyond = |last: &mut i64, number: i64| {
            if number <= GREATEST_NUMBER {
                *last = (*last).max(number);
            }
        };
        for record in records {
            match record {
                SealedRecord::Element(element) => beyond(&mut self.element, element.id.get()),
                SealedRecord::Instance(instance) => {
                    beyond(&mut self.element, instance.element.id.get());
                    for entry in &instance.configuration {
                        beyond(&mut self.entry, entry.id.map_or(0, ConfigurationId::get));
                    }
                }
                SealedRecord::Account(_) | SealedRecord::User(_) => {}
            }
        }
    }
}
