//! Accounts, and the roles granted to their users.

use tenantry_domain::{
    AccountId, Entity, RoleKey,
    ports::SourceError,
    transfer::{AccountRecord, Batch, Record, UnreadableRecord},
};
use tenantry_wire::{
    JsonObject,
    read::{self, Unreadable},
};

use super::{RemoteSource, calls::Asker, listing::Listing};
use crate::transport::Call;

pub(super) fn listing(size: u32) -> Listing {
    Listing::new("the accounts", size, Call::get("/accounts"))
}

/// The roles of each of these accounts, in the order of their keys.
pub(super) async fn account_roles(
    asker: &Asker,
    accounts: Vec<AccountId>,
) -> Result<Vec<Vec<RoleKey>>, SourceError> {
    let calls = accounts
        .into_iter()
        .map(|id| Call::get(format!("/accounts/{id}/roles")));
    let answers = asker.objects_of_all("the roles of an account", calls.collect());
    let answers = answers.await?.into_iter();
    // Servers on which accounts have no roles do not know the path.
    Ok(answers
        .map(|answer| keys(&answer.unwrap_or_default()))
        .collect())
}

/// The roles that are known here and can be granted, in the order of their keys.
pub(super) fn keys(objects: &[JsonObject]) -> Vec<RoleKey> {
    let mut keys: Vec<_> = objects.iter().filter_map(read::role_key).collect();
    keys.retain(|key| *key != RoleKey::SysAdmin);
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What a batch says of something that cannot be read.
pub(super) fn unreadable(entity: Entity, error: &Unreadable) -> UnreadableRecord {
    UnreadableRecord {
        entity,
        id: error.id,
        what: error.to_string(),
    }
}

impl RemoteSource {
    pub(super) async fn read_accounts(
        &mut self,
        objects: &[JsonObject],
    ) -> Result<Batch, SourceError> {
        let known = self.asker.known();
        let mut batch = Batch::default();
        let mut accounts = Vec::with_capacity(objects.len());
        for object in objects {
            match read::account(object, &known) {
                Ok(account) => accounts.push(account),
                Err(error) => {
                    // What is in it is asked for all the same, and told one by one: its owner is missing.
                    self.note_account(AccountId::new(error.id));
                    batch.unreadable.push(unreadable(Entity::Account, &error));
                }
            }
        }
        let ids = accounts.iter().map(|account| account.id).collect();
        let roles = account_roles(&self.asker, ids).await?;
        for (account, roles) in accounts.into_iter().zip(roles) {
            self.granted.insert(account.id, roles.clone());
            // One that came into being since the accounts were looked at.
            self.note_account(account.id);
            if !account.is_default {
                let record = AccountRecord { account, roles };
                batch.records.push(Record::Account(record));
            }
        }
        Ok(batch)
    }

    /// Remembers that there is this account; 0 is none.
    pub(super) fn note_account(&mut self, id: AccountId) {
        if id.get() != 0 && self.known_accounts.insert(id) {
            self.accounts.push(id);
        }
    }
}
