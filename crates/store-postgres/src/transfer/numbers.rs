//! Which numbers a batch keeps, and how many new ones it may need.

use std::collections::{HashMap, HashSet};

use tenantry_domain::{
    Entity, InstanceId, UserId,
    transfer::{
        Recognition, SealedInstance, SealedRecord, Transfer,
        plan::{Here, Last, can_be_kept},
    },
};

use super::counters::Counter;

/// The greatest number of each kind that these records can keep.
pub(super) fn kept(records: &[SealedRecord]) -> HashMap<Counter, i64> {
    let mut kept = HashMap::new();
    let mut keep = |counter: Counter, entity: Entity, number: i64| {
        if can_be_kept(entity, number) {
            let greatest = kept.entry(counter).or_insert(number);
            *greatest = number.max(*greatest);
        }
    };
    for record in records {
        let entity = record.entity();
        keep(Counter::Of(entity), entity, record.id());
        if let SealedRecord::Instance(instance) = record {
            let element = Entity::Element;
            keep(Counter::Of(element), element, instance.element.id.get());
            for id in instance.configuration.iter().filter_map(|entry| entry.id) {
                keep(Counter::Configurations, Entity::Instance, id.get());
            }
        }
    }
    kept
}

/// How many new numbers of each kind these records need at the most.
pub(super) fn wanted(
    transfer: &Transfer,
    records: &[SealedRecord],
    here: &Here,
) -> HashMap<Counter, i64> {
    let kept = transfer.keeps_ids();
    let mut wanted = HashMap::new();
    let mut want = |counter: Counter, count: usize| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        *wanted.entry(counter).or_insert(0) += count;
    };
    let mut keys = HashSet::new();
    for record in records {
        let entity = record.entity();
        let known = here.numbers.get(&(entity, record.id())).copied();
        match record {
            SealedRecord::Element(element) => _ = keys.insert(&element.key),
            SealedRecord::Account(_) => want(Counter::Of(entity), usize::from(!kept)),
            SealedRecord::User(record) => {
                let is_here = match transfer.recognition {
                    Recognition::ByNumber { .. } => {
                        known.is_some_and(|id| here.users.contains_key(&UserId::new(id)))
                    }
                    Recognition::ByEmail => here.emails.contains_key(record.user.email.folded()),
                };
                want(Counter::Of(entity), usize::from(!kept && !is_here));
            }
            SealedRecord::Instance(record) => {
                keys.insert(&record.element.key);
                if !known.is_some_and(|id| here.instances.contains_key(&InstanceId::new(id))) {
                    want(Counter::Of(entity), usize::from(!kept));
                    want(Counter::Configurations, unnumbered(record, kept));
                }
            }
        }
    }
    keys.retain(|key| !here.elements.contains_key(*key));
    want(Counter::Of(Entity::Element), keys.len());
    wanted
}

fn unnumbered(instance: &SealedInstance, kept: bool) -> usize {
    let entries = instance.configuration.iter();
    entries.filter(|entry| !kept || entry.id.is_none()).count()
}

/// As if the numbers before those that are reserved had been the last ones.
pub(super) fn before(reserved: &HashMap<Counter, i64>) -> Last {
    let before = |counter| reserved.get(&counter).map_or(0, |first| first - 1);
    Last {
        account: before(Counter::Of(Entity::Account)),
        user: before(Counter::Of(Entity::User)),
        instance: before(Counter::Of(Entity::Instance)),
        element: before(Counter::Of(Entity::Element)),
        entry: before(Counter::Configurations),
    }
}
