//! Users. Lists show neither roles nor secrets: roles are asked for one by one, secrets are known or not.

use tenantry_domain::{
    AccountId, Entity, PasswordHash, PasswordState, RoleKey, SecretText,
    ports::SourceError,
    transfer::{Batch, Record, UnreadableRecord, UserRecord},
};
use tenantry_wire::{
    JsonObject,
    read::{self, Known},
};

use super::{
    Passwords, RemoteSource,
    accounts::{keys, unreadable},
    listing::Listing,
};
use crate::transport::Call;

/// Of one account.
pub(super) fn listing(account: AccountId, size: u32) -> Listing {
    Listing::new(
        "users",
        size,
        Call::get(format!("/accounts/{account}/users")),
    )
}

type Found = UserRecord<Option<SecretText>>;

impl RemoteSource {
    pub(super) fn read_users(
        &mut self,
        objects: &[JsonObject],
        account: Option<AccountId>,
    ) -> Batch {
        let known = Known::of_list(self.asker.organization, account);
        let mut batch = Batch::default();
        for object in objects {
            match read::user(object, &known) {
                Ok(read) => batch
                    .records
                    .push(Record::User(Box::new(self.record(read)))),
                Err(error) => batch.unreadable.push(unreadable(Entity::User, &error)),
            }
        }
        batch
    }

    fn record(&mut self, read: read::UserRead) -> Found {
        let mut user = read.user;
        let mut password = None;
        if self.options.passwords == Passwords::LegacyLogin
            && let PasswordState::Set { must_change, .. } = &mut user.password
        {
            // Whether it must be changed is for the server to say that is asked for it.
            *must_change = false;
            password = Some(PasswordHash::held_elsewhere());
        }
        let known = self.options.user_secrets.meet(&user);
        UserRecord {
            secret: shown(read.secret).or(known),
            user,
            password,
            former_passwords: Vec::new(),
            roles: None,
        }
    }

    /// The users with their roles; everything else as it is.
    pub(super) async fn complete_users(
        &mut self,
        records: Vec<Record>,
    ) -> Result<Batch, SourceError> {
        let calls = records.iter().filter_map(|record| match record {
            Record::User(record) => Some(Call::get(format!("/users/{}/roles", record.user.id))),
            _ => None,
        });
        let answers = self
            .asker
            .objects_of_all("the roles of a user", calls.collect());
        let mut answers = answers.await?.into_iter();
        let mut batch = Batch::default();
        for record in records {
            let Record::User(mut record) = record else {
                batch.records.push(record);
                continue;
            };
            let Some(held) = answers.next().flatten() else {
                batch.unreadable.push(UnreadableRecord {
                    entity: Entity::User,
                    id: record.user.id.get(),
                    what: "is no longer there".to_owned(),
                });
                continue;
            };
            let held = keys(&held);
            record.roles = Some(self.direct(&record, &held));
            if held.contains(&RoleKey::OrgAdmin) {
                self.look_for_caller(&mut record).await?;
            }
            batch.records.push(Record::User(record));
        }
        Ok(batch)
    }

    /// Of the roles that a user has, those that neither the account nor the system gives. Servers do not say where a role
    /// comes from: one that was granted twice counts as the account's.
    fn direct(&self, record: &Found, held: &[RoleKey]) -> Vec<RoleKey> {
        let account = record.user.account_id;
        let by_system = RoleKey::of_account(account == self.default_account);
        let granted = self.granted.get(&account);
        let by_account = |key: &RoleKey| granted.is_some_and(|granted| granted.contains(key));
        let direct = held
            .iter()
            .filter(|key| **key != by_system && !by_account(key));
        direct.copied().collect()
    }

    /// The caller is an administrator, and the only one to whom a server shows the secret.
    async fn look_for_caller(&mut self, record: &mut Found) -> Result<(), SourceError> {
        if self.knows_caller || record.secret.is_some() {
            return Ok(());
        }
        let call = Call::get(format!("/users/{}", record.user.id));
        let object = self.asker.object("a user", &call).await?;
        let read = object.map(|object| read::user(&object, &self.asker.known()));
        if let Some(Ok(read)) = read
            && let Some(secret) = shown(read.secret)
        {
            record.secret = Some(secret);
            self.knows_caller = true;
        }
        Ok(())
    }
}

/// A secret that can go on authenticating. Whatever else stands in its place is none: a mask, or nothing.
pub(super) fn shown(secret: Option<SecretText>) -> Option<SecretText> {
    secret.filter(|secret| SecretText::made_elsewhere(secret.expose()).is_ok())
}
