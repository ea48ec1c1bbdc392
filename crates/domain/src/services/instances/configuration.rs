//! Configuration on its way into a store: credentials are sealed, and what was only shown masked stays as it was.

use crate::{
    ConfigurationEntry, ConfigurationPatch, ConfigurationText, ConfigurationValue, MASK,
    MAX_CONFIGURATION_BYTES, MAX_ENTRIES, Problem, SealedPlace, SecretDigest, Text,
    names_a_credential, ports::SecretVault, services::ServiceError,
};

/// The value of `key` as a store keeps it in the instance whose token has this digest.
pub(in crate::services) fn sealed(
    vault: &dyn SecretVault,
    instance: SecretDigest,
    key: &Text,
    value: ConfigurationText,
) -> ConfigurationValue {
    if !names_a_credential(key) {
        return ConfigurationValue::Clear(value);
    }
    let place = SealedPlace::Configuration {
        instance,
        key: key.as_str().to_owned(),
    };
    ConfigurationValue::Sealed(vault.seal(&place, value.as_str().as_bytes()))
}

/// Whether a client sent back what it was shown instead of the value: leave the value as it is (contract, section 11).
pub(super) fn is_masked(key: &Text, value: &ConfigurationText) -> bool {
    value.as_str() == MASK && names_a_credential(key)
}

/// Whether a new instance can be configured like this. There is nothing yet that a mask could stand for.
pub(super) fn check_new(given: &[(Text, ConfigurationText)]) -> Result<(), ServiceError> {
    check_number(given.len())?;
    check_size(
        given
            .iter()
            .map(|(key, value)| key.as_str().len() + value.as_str().len()),
    )?;
    let masked: Vec<_> = given
        .iter()
        .filter(|(key, value)| is_masked(key, value))
        .map(|(key, _)| stands_for_nothing(key))
        .collect();
    if masked.is_empty() {
        return Ok(());
    }
    Err(ServiceError::Invalid(masked))
}

/// The configuration of a new instance, which was [checked](check_new).
pub(super) fn of_new(
    vault: &dyn SecretVault,
    instance: SecretDigest,
    given: Vec<(Text, ConfigurationText)>,
) -> Vec<(Text, ConfigurationValue)> {
    given
        .into_iter()
        .map(|(key, value)| {
            let value = sealed(vault, instance, &key, value);
            (key, value)
        })
        .collect()
}

/// What changes when `given` is sent for an instance that has the entries `present`. With `replace`, what is not given
/// goes.
pub(super) fn patch(
    vault: &dyn SecretVault,
    instance: SecretDigest,
    present: &[ConfigurationEntry],
    given: Vec<(Text, ConfigurationText)>,
    replace: bool,
) -> Result<ConfigurationPatch, ServiceError> {
    // Before anything is sealed or compared: a long list would cost much.
    check_number(given.len())?;
    let is_there = |key: &Text| present.iter().any(|entry| entry.key == *key);
    let mut keep = Vec::new();
    let mut set = Vec::with_capacity(given.len());
    let mut problems = Vec::new();
    for (key, value) in given {
        if !is_masked(&key, &value) {
            let value = sealed(vault, instance, &key, value);
            set.push((key, value));
        } else if is_there(&key) {
            keep.push(key);
        } else {
            problems.push(stands_for_nothing(&key));
        }
    }
    if !problems.is_empty() {
        return Err(ServiceError::Invalid(problems));
    }
    let stays = |entry: &&ConfigurationEntry| {
        let given = set.iter().any(|(set, _)| *set == entry.key);
        !given && (!replace || keep.contains(&entry.key))
    };
    let staying: Vec<_> = present.iter().filter(stays).collect();
    check_number(set.len() + staying.len())?;
    let of_set = set.iter().map(|(key, value)| size(key, value));
    let of_staying = staying.iter().map(|entry| size(&entry.key, &entry.value));
    check_size(of_set.chain(of_staying))?;
    Ok(ConfigurationPatch {
        set,
        keep: replace.then_some(keep),
    })
}

fn stands_for_nothing(key: &Text) -> Problem {
    Problem::new(
        format!("configuration.{key}"),
        "is masked, and there is no value that the mask stands for; send the value itself",
    )
}

/// What an entry counts for, in bytes.
fn size(key: &Text, value: &ConfigurationValue) -> usize {
    key.as_str().len()
        + match value {
            ConfigurationValue::Clear(text) => text.as_str().len(),
            ConfigurationValue::Sealed(sealed) => sealed.bytes.len(),
        }
}

fn check_size(entries: impl Iterator<Item = usize>) -> Result<(), ServiceError> {
    if entries.sum::<usize>() <= MAX_CONFIGURATION_BYTES {
        return Ok(());
    }
    Err(ServiceError::Invalid(vec![Problem::new(
        "configuration",
        format!("must have at most {MAX_CONFIGURATION_BYTES} bytes, keys and values together"),
    )]))
}

pub(super) fn check_number(entries: usize) -> Result<(), ServiceError> {
    if entries <= MAX_ENTRIES {
        return Ok(());
    }
    Err(ServiceError::Invalid(vec![Problem::new(
        "configuration",
        format!("must have at most {MAX_ENTRIES} entries"),
    )]))
}
