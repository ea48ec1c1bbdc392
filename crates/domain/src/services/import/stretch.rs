//! What is written at once: some hundreds of records, and not too many bytes.

use std::collections::HashSet;

use crate::{Entity, transfer::Record};

/// How many bytes, as far as texts can be long.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// What a record without long texts counts for.
const USUAL: usize = 512;

/// Records that wait to be written.
#[derive(Debug)]
pub(super) struct Stretch {
    /// How many are enough.
    most: usize,
    records: Vec<Record>,
    bytes: usize,
}

impl Stretch {
    /// None yet; so many are enough.
    pub(super) const fn new(most: usize) -> Self {
        Self {
            most,
            records: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes one more; answers all of them if there are enough now.
    pub(super) fn push(&mut self, record: Record) -> Option<Vec<Record>> {
        self.bytes += size(&record);
        self.records.push(record);
        (self.records.len() >= self.most || self.bytes >= MOST_BYTES).then(|| self.take())
    }

    /// Those that wait still.
    pub(super) fn take(&mut self) -> Vec<Record> {
        self.bytes = 0;
        std::mem::take(&mut self.records)
    }
}

fn size(record: &Record) -> usize {
    let Record::Instance(instance) = record else {
        return USUAL;
    };
    let value = |entry: &crate::transfer::ConfigurationRecord| {
        let value = entry.value.as_ref().map_or(0, |text| text.as_str().len());
        entry.key.as_str().len() + value
    };
    let tags: usize = instance.tags.iter().map(|tag| tag.as_str().len()).sum();
    USUAL + tags + instance.configuration.iter().map(value).sum::<usize>()
}

/// The numbers that came by: a source may repeat itself. Some bytes for each record are all that is kept of it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    accounts: HashSet<i64>,
    elements: HashSet<i64>,
    users: HashSet<i64>,
    instances: HashSet<i64>,
}

impl Seen {
    /// Whether it came by for the first time.
    pub(super) fn is_first(&mut self, entity: Entity, id: i64) -> bool {
        match entity {
            Entity::Account => self.accounts.insert(id),
            Entity::Element => self.elements.insert(id),
            Entity::User => self.users.insert(id),
            Entity::Instance => self.instances.insert(id),
            Entity::Organization | Entity::Role => true,
        }
    }
}
