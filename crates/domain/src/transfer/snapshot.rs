//! The fields by which a thing that is here is compared with what comes along: those that every source knows. When a password
//! was set, until when a user is locked, and what is sealed differ for reasons of their own, and are no difference.

use super::{AccountRecord, SealedInstance, UserRecord};
use crate::{ConfigurationValue, MASK, RoleKey, Snapshot, Text};

/// Of an account. `accountId`s are compared by the caller, who knows what numbers became.
pub fn account_snapshot(record: &AccountRecord) -> Snapshot {
    record
        .account
        .snapshot()
        .field("roles", joined(&record.roles))
}

/// Of a user. Roles count only if the source was asked for them.
pub fn user_snapshot<S>(record: &UserRecord<S>) -> Snapshot {
    let mut snapshot = record.user.snapshot();
    for unknown in ["passwordChangedAt", "lockedUntil"] {
        snapshot.0.remove(unknown);
    }
    match &record.roles {
        Some(roles) => snapshot.field("roles", joined(roles)),
        None => snapshot,
    }
}

/// Of an instance. Of a credential it counts that it is there.
pub fn instance_snapshot(instance: &SealedInstance) -> Snapshot {
    let tags: Vec<_> = instance.tags.iter().map(Text::as_str).collect();
    let snapshot = Snapshot::new()
        .field("name", &instance.name)
        .field("elementKey", &instance.element.key)
        .field("userId", instance.user_id)
        .field("tags", tags.join(", "))
        .field(
            "externalAuthentication",
            instance.external_authentication.as_str(),
        )
        .field("valid", instance.valid)
        .field("disabled", instance.disabled);
    instance
        .configuration
        .iter()
        .fold(snapshot, |snapshot, entry| {
            let shown = match &entry.value {
                ConfigurationValue::Clear(text) => text.as_str(),
                ConfigurationValue::Sealed(_) => MASK,
            };
            snapshot.field(&configuration_field(entry.key.as_str()), shown)
        })
}

/// The field of the configuration entry of this key.
pub fn configuration_field(key: &str) -> String {
    format!("configuration.{key}")
}

fn joined(roles: &[RoleKey]) -> String {
    let keys: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    keys.join(",")
}
