//! Instances with a configuration, to start from.

use tenantry_domain::{
    ConfigurationEntry, ConfigurationText, ConfigurationValue, Instance, InstancePatch,
    SealedPlace, Text, User, ports::SecretVault,
};

use super::given::{around, whole};
use crate::{
    Fresh, PlainVault,
    samples::{change_at, secret, text},
};

/// A value that everybody sees.
pub(super) fn clear(value: &str) -> ConfigurationValue {
    ConfigurationValue::Clear(ConfigurationText::parse(value).unwrap())
}

/// A credential.
pub(super) fn sealed(value: &str) -> ConfigurationValue {
    let place = SealedPlace::Configuration {
        instance: secret("ti_somewhere").digest,
        key: "key".to_owned(),
    };
    ConfigurationValue::Sealed(PlainVault::new().seal(&place, value.as_bytes()))
}

/// A configuration of two entries.
pub(super) fn configuration() -> Vec<(Text, ConfigurationValue)> {
    vec![
        (text("url"), clear("https://jira.shire.example")),
        (text("password"), sealed("p4ss")),
    ]
}

/// The entries without their ids.
pub(super) fn pairs(instance: &Instance) -> Vec<(Text, ConfigurationValue)> {
    let entries = instance.configuration.iter().cloned();
    entries
        .map(|ConfigurationEntry { key, value, .. }| (key, value))
        .collect()
}

/// Frodo of the Shire.
pub(super) async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await
}

/// Frodo with an instance that has one of every kind of value.
pub(super) async fn configured(fresh: &Fresh) -> (User, Instance) {
    let frodo = frodo(fresh).await;
    let instance = fresh
        .instance_with(&frodo, "Tickets", |draft| {
            draft.tags = vec![text("red")];
            draft.configuration = vec![
                (text("url"), clear("https://jira.shire.example")),
                (text("password"), sealed("p4ss")),
                (text("Empty"), clear("")),
                (text("empty"), clear("-----BEGIN\n\tÄ😀 'x' \\ % _\r\n")),
            ];
        })
        .await;
    (frodo, instance)
}

/// Changes an instance of a user, whatever its revision.
pub(super) async fn update(
    fresh: &Fresh,
    user: &User,
    instance: &Instance,
    patch: &InstancePatch,
    seconds: u32,
) -> Instance {
    let instances = &fresh.repositories.instances;
    let updated = instances
        .update(&around(user), instance.id, patch, None, &change_at(seconds))
        .await;
    updated.unwrap().unwrap()
}

/// The instance as the store has it now.
pub(super) async fn found(fresh: &Fresh, instance: &Instance) -> Option<Instance> {
    let instances = &fresh.repositories.instances;
    let scope = whole(instance.organization_id);
    instances.find(&scope, instance.id).await.unwrap()
}
