//! What becomes of a user.

use super::{Creation, Planner, compared};
use crate::{
    Entity, PasswordState, SealedSecret, User, UserId,
    transfer::{Finding, Recognition, Refusal, UserRecord, user_snapshot},
};

impl Planner {
    pub(super) fn user(&mut self, record: &UserRecord<SealedSecret>) -> Result<Finding, Refusal> {
        let there = &record.user;
        let account = self.account_meant(there.account_id);
        let known = match self.recognition {
            Recognition::ByNumber { .. } => self
                .remembered(Entity::User, there.id.get())
                .map(UserId::new),
            Recognition::ByEmail => self.here.emails.get(there.email.folded()).copied(),
        };
        if let Some(here) = known.and_then(|id| self.here.users.get(&id)) {
            let mut there = self.without_secrets(record);
            there.user.account_id = account.unwrap_or(there.user.account_id);
            let mut here = here.clone();
            here.roles = here.roles.filter(|_| there.roles.is_some());
            let (here_is, there_is) = (user_snapshot(&here), user_snapshot(&there));
            return Ok(compared(here.user.id.get(), &here_is, &there_is));
        }
        if self.here.emails.contains_key(there.email.folded()) {
            return Err(Refusal::EmailInUse);
        }
        if self.here.secrets.contains(&record.secret.digest) {
            return Err(Refusal::SecretInUse(Entity::User));
        }
        self.can_have(Entity::User, there.id.get())?;
        let account_id = account?;
        let id = self.number(Entity::User, there.id.get());
        let known = self.without_secrets(record);
        let new = UserRecord {
            user: User {
                id: UserId::new(id),
                organization_id: self.organization,
                account_id,
                password: password_state(record),
                ..there.clone()
            },
            roles: Some(known.roles.unwrap_or_default()),
            ..record.clone()
        };
        self.here
            .emails
            .insert(there.email.folded().to_owned(), new.user.id);
        self.here.secrets.insert(record.secret.digest);
        let shown = self.without_secrets(&new);
        self.here.users.insert(new.user.id, shown);
        self.remember(Entity::User, there.id.get(), id);
        self.plan.create.push(Creation::User(Box::new(new)));
        Ok(Finding::Created(id))
    }

    fn without_secrets(&self, record: &UserRecord<SealedSecret>) -> UserRecord<()> {
        UserRecord {
            user: record.user.clone(),
            password: None,
            former_passwords: Vec::new(),
            secret: (),
            roles: record.roles.as_deref().map(|roles| self.known(roles)),
        }
    }
}

/// There is a password exactly if there is a hash.
fn password_state(record: &UserRecord<SealedSecret>) -> PasswordState {
    match (&record.password, record.user.password) {
        (None, _) => PasswordState::Absent,
        (Some(_), PasswordState::Absent) => PasswordState::Set {
            changed_at: record.user.updated_at,
            must_change: false,
        },
        (Some(_), set @ PasswordState::Set { .. }) => set,
    }
}
