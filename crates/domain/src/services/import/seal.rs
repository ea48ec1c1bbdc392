//! From what travels to what a store takes: secrets and credentials are sealed, and what is not revealed is replaced.

use super::Lost;
use crate::{
    ConfigurationText, PasswordState, Revision, SealedSecret, SecretText,
    ports::{SecretKind, SecretVault},
    services::instances::configuration,
    transfer::{
        AccountRecord, ConfigurationRecord, InstanceRecord, Record, SealedConfiguration,
        SealedInstance, SealedRecord, UserRecord,
    },
};

/// A record as a store takes it, and what of it could not come along.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) sealed: SealedRecord,
    pub(super) lost: Vec<Lost>,
}

impl Ready {
    pub(super) fn of(vault: &dyn SecretVault, record: &Record) -> Self {
        let mut lost = Vec::new();
        let sealed = match record {
            Record::Account(record) => SealedRecord::Account(account(record)),
            Record::Element(element) => SealedRecord::Element(element.clone()),
            Record::User(record) => {
                SealedRecord::User(Box::new(user(vault, record.as_ref(), &mut lost)))
            }
            Record::Instance(record) => {
                SealedRecord::Instance(Box::new(instance(vault, record.as_ref(), &mut lost)))
            }
        };
        Self { sealed, lost }
    }
}

/// An account; its revision is one that exists.
pub(super) fn account(record: &AccountRecord) -> AccountRecord {
    let mut record = record.clone();
    record.account.revision = written(record.account.revision);
    record
}

/// What came along, or a new one. The new one in clear is `None` if it came along.
pub(super) fn secret(
    vault: &dyn SecretVault,
    kind: SecretKind,
    given: Option<&SecretText>,
) -> (SealedSecret, Option<SecretText>) {
    if let Some(secret) = given {
        return (vault.adopt(secret), None);
    }
    let issued = vault.issue(kind);
    (issued.stored, Some(issued.clear))
}

fn user(
    vault: &dyn SecretVault,
    record: &UserRecord<Option<SecretText>>,
    lost: &mut Vec<Lost>,
) -> UserRecord<SealedSecret> {
    let (secret, issued) = secret(vault, SecretKind::User, record.secret.as_ref());
    if issued.is_some() {
        lost.push(Lost::Secret);
    }
    let mut user = record.user.clone();
    user.revision = written(user.revision);
    if record.password.is_none() && user.password != PasswordState::Absent {
        lost.push(Lost::Password);
        user.password = PasswordState::Absent;
    }
    UserRecord {
        user,
        password: record.password.clone(),
        former_passwords: record.former_passwords.clone(),
        secret,
        roles: record.roles.clone(),
    }
}

fn instance(
    vault: &dyn SecretVault,
    record: &InstanceRecord,
    lost: &mut Vec<Lost>,
) -> SealedInstance {
    let (token, issued) = secret(vault, SecretKind::Instance, record.token.as_ref());
    if issued.is_some() {
        lost.push(Lost::Secret);
    }
    let mut entry = |entry: &ConfigurationRecord| {
        let value = entry.value.clone().unwrap_or_else(|| {
            lost.push(Lost::Configuration(entry.key.as_str().to_owned()));
            ConfigurationText::empty()
        });
        SealedConfiguration {
            id: entry.id,
            key: entry.key.clone(),
            value: configuration::sealed(vault, token.digest, &entry.key, value),
        }
    };
    SealedInstance {
        id: record.id,
        account_id: record.account_id,
        user_id: record.user_id,
        name: record.name.clone(),
        element: record.element.clone(),
        tags: record.tags.clone(),
        configuration: record.configuration.iter().map(&mut entry).collect(),
        external_authentication: record.external_authentication,
        valid: record.valid,
        disabled: record.disabled,
        token,
        created_at: record.created_at,
        updated_at: record.updated_at,
        revision: written(record.revision),
    }
}

/// Sources that do not say how often something was written say 0, which nothing here has.
pub(super) fn written(revision: Revision) -> Revision {
    revision.max(Revision::FIRST)
}
