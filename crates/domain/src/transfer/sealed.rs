//! What a store takes and gives: the same as what travels, with secrets as a store keeps them.

use super::{AccountRecord, InstanceRecord, UserRecord};
use crate::{
    ConfigurationEntry, ConfigurationId, ConfigurationValue, Element, Entity, Instance,
    SealedSecret, Text,
};

/// One thing, as a store takes it in and hands it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedRecord {
    /// An account beside the default one.
    Account(AccountRecord),
    /// An element of the catalog.
    Element(Element),
    /// A user with its present secret.
    User(Box<UserRecord<SealedSecret>>),
    /// An instance with its present token.
    Instance(Box<SealedInstance>),
}

/// An instance as a store keeps it: [`Instance`] without what it shows of its owner. No key stands twice in its
/// configuration.
pub type SealedInstance = InstanceRecord<SealedSecret, SealedConfiguration>;

/// One entry of a configuration as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedConfiguration {
    /// Its number; the store assigns one if there is none.
    pub id: Option<ConfigurationId>,
    /// By what requests name it.
    pub key: Text,
    /// Its value.
    pub value: ConfigurationValue,
}

impl From<Instance> for SealedInstance {
    fn from(instance: Instance) -> Self {
        let entries = instance.configuration.into_iter();
        Self {
            id: instance.id,
            account_id: instance.account_id,
            user_id: instance.user.id,
            name: instance.name,
            element: instance.element,
            tags: instance.tags,
            configuration: entries.map(SealedConfiguration::from).collect(),
            external_authentication: instance.external_authentication,
            valid: instance.valid,
            disabled: instance.disabled,
            token: instance.token,
            created_at: instance.created_at,
            updated_at: instance.updated_at,
            revision: instance.revision,
        }
    }
}

impl From<ConfigurationEntry> for SealedConfiguration {
    fn from(entry: ConfigurationEntry) -> Self {
        Self {
            id: Some(entry.id),
            key: entry.key,
            value: entry.value,
        }
    }
}

impl SealedRecord {
    /// Its number where it comes from.
    pub fn id(&self) -> i64 {
        match self {
            Self::Account(record) => record.account.id.get(),
            Self::Element(element) => element.id.get(),
            Self::User(record) => record.user.id.get(),
            Self::Instance(record) => record.id.get(),
        }
    }

    /// Of what kind it is.
    pub fn entity(&self) -> Entity {
        match self {
            Self::Account(_) => Entity::Account,
            Self::Element(_) => Entity::Element,
            Self::User(_) => Entity::User,
            Self::Instance(_) => Entity::Instance,
        }
    }
}
