//! What a store has to look up before it can decide about a batch.

use std::collections::{BTreeSet, HashMap};

use crate::{
    ConfigurationId, Email, Entity, SecretDigest, Text,
    transfer::{Recognition, SealedRecord, Transfer},
};

/// The numbers that these records have, and by which they name others: what to look up among those that the transfer
/// remembers.
pub fn numbers_asked(records: &[SealedRecord]) -> BTreeSet<(Entity, i64)> {
    let mut numbers = BTreeSet::new();
    for record in records {
        numbers.insert((record.entity(), record.id()));
        match record {
            SealedRecord::User(record) => {
                numbers.insert((Entity::Account, record.user.account_id.get()));
            }
            SealedRecord::Instance(record) => {
                numbers.insert((Entity::Account, record.account_id.get()));
                numbers.insert((Entity::User, record.user_id.get()));
            }
            SealedRecord::Account(_) | SealedRecord::Element(_) => {}
        }
    }
    numbers
}

/// What a batch asks for. Nothing stands here twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Accounts, users, instances and elements by their numbers here: whether they are of the organization, and whether
    /// the numbers are in use at all.
    pub numbers: BTreeSet<(Entity, i64)>,
    /// E-mails, folded: whose they are. Users of the organization who have one of them are asked for too.
    pub emails: BTreeSet<String>,
    /// Keys of elements of the organization's catalog.
    pub element_keys: BTreeSet<Text>,
    /// What active accounts of the organization may have for an `externalId`.
    pub external_ids: BTreeSet<Text>,
    /// Digests of users' secrets.
    pub secrets: BTreeSet<SecretDigest>,
    /// Digests of instances' tokens.
    pub tokens: BTreeSet<SecretDigest>,
    /// Configuration entries.
    pub entries: BTreeSet<ConfigurationId>,
}

impl Asked {
    /// What `records` ask for, where the transfer remembers `numbers`.
    pub fn by(
        transfer: &Transfer,
        records: &[SealedRecord],
        numbers: &HashMap<(Entity, i64), i64>,
    ) -> Self {
        let mut asked = Self {
            numbers: numbers
                .iter()
                .map(|((entity, _), id)| (*entity, *id))
                .collect(),
            ..Self::default()
        };
        let kept = transfer.keeps_ids();
        for record in records {
            if kept {
                asked.numbers.insert((record.entity(), record.id()));
            }
            match record {
                SealedRecord::Account(record) => {
                    asked
                        .external_ids
                        .extend(record.account.external_id.clone());
                }
                SealedRecord::Element(element) => {
                    asked.element_keys.insert(element.key.clone());
                }
                SealedRecord::User(record) => {
                    if transfer.recognition == Recognition::ByEmail {
                        let account = record.user.account_id.get();
                        asked.numbers.insert((Entity::Account, account));
                    }
                    asked
                        .emails
                        .insert(Email::folded(&record.user.email).to_owned());
                    asked.secrets.insert(record.secret.digest);
                }
                SealedRecord::Instance(record) => {
                    asked.element_keys.insert(record.element.key.clone());
                    asked.tokens.insert(record.token.digest);
                    if kept {
                        let element = record.element.id.get();
                        asked.numbers.insert((Entity::Element, element));
                        let entries = record.configuration.iter();
                        asked.entries.extend(entries.filter_map(|entry| entry.id));
                    }
                }
            }
        }
        asked
    }

    /// The numbers of this kind.
    pub fn of(&self, entity: Entity) -> impl Iterator<Item = i64> {
        let of_kind = self.numbers.range((entity, i64::MIN)..=(entity, i64::MAX));
        of_kind.map(|(_, number)| *number)
    }
}
