//! Instances, and the elements that they are made of: catalogs are huge, and what nobody uses need not move.

use std::collections::HashSet;

use tenantry_domain::{
    AccountId, ConfigurationText, Entity, MASK, Text,
    transfer::{Batch, ConfigurationRecord, InstanceRecord, Record, UnreadableRecord},
};
use tenantry_wire::{
    JsonObject,
    read::{self, InstanceRead, Known},
};

use super::{RemoteSource, accounts::unreadable, listing::Listing, users::shown};
use crate::transport::Call;

/// Each of them may have 64 KiB and more.
const LARGEST: u32 = 200;

pub(super) fn call(account: AccountId) -> Call<'static> {
    Call::get(format!("/accounts/{account}/instances"))
}

/// Of one account.
pub(super) fn listing(account: AccountId, size: u32) -> Listing {
    Listing::new("instances", size.min(LARGEST), call(account))
}

impl RemoteSource {
    pub(super) fn read_instances(
        &mut self,
        objects: &[JsonObject],
        account: Option<AccountId>,
    ) -> Batch {
        let known = Known::of_list(self.asker.organization, account);
        let mut batch = Batch::default();
        for object in objects {
            let read = match read::instance(object, &known) {
                Ok(read) => read,
                Err(error) => {
                    batch.unreadable.push(unreadable(Entity::Instance, &error));
                    continue;
                }
            };
            let id = read.id.get();
            match record(read) {
                Ok(record) => {
                    if self.elements.insert(record.element.id) {
                        let element = record.element.clone();
                        batch.records.push(Record::Element(element));
                    }
                    batch.records.push(Record::Instance(Box::new(record)));
                }
                Err(what) => batch.unreadable.push(UnreadableRecord {
                    entity: Entity::Instance,
                    id,
                    what,
                }),
            }
        }
        batch
    }
}

/// The instance as it travels, or what is wrong with it.
fn record(read: InstanceRead) -> Result<InstanceRecord, String> {
    let mut keys = HashSet::new();
    let entries = read
        .configuration
        .into_iter()
        .filter(|(key, _)| keys.insert(key.clone()))
        .map(entry);
    let configuration = entries.collect::<Result<_, _>>()?;
    Ok(InstanceRecord {
        id: read.id,
        account_id: read.account_id,
        user_id: read.user.id,
        name: read.name,
        element: read.element,
        tags: read.tags,
        configuration,
        external_authentication: read.external_authentication,
        valid: read.valid,
        disabled: read.disabled,
        token: shown(read.token),
        created_at: read.created_at,
        updated_at: read.updated_at,
        revision: read.revision,
    })
}

/// Servers number entries elsewhere, and mask more than is a credential here.
fn entry((key, shown): (Text, String)) -> Result<ConfigurationRecord, String> {
    let value = if shown == MASK {
        None
    } else {
        let value = ConfigurationText::parse(shown);
        Some(value.map_err(|error| format!("configuration.{key} {error}"))?)
    };
    Ok(ConfigurationRecord {
        id: None,
        key,
        value,
    })
}
