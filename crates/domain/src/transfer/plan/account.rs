//! What becomes of an account.

use super::{Creation, Planner, compared};
use crate::{
    Account, AccountId, Entity,
    transfer::{AccountRecord, Finding, Refusal, account_snapshot},
};

impl Planner {
    pub(super) fn account(&mut self, record: &AccountRecord) -> Result<Finding, Refusal> {
        let source = record.account.id.get();
        let there = AccountRecord {
            account: record.account.clone(),
            roles: self.known(&record.roles),
        };
        let known = self.remembered(Entity::Account, source);
        if let Some(here) = known.and_then(|id| self.here.accounts.get(&AccountId::new(id))) {
            // Which one is the default is each side's own.
            let mut there = there;
            there.account.is_default = here.account.is_default;
            let (here_is, there_is) = (account_snapshot(here), account_snapshot(&there));
            return Ok(compared(here.account.id.get(), &here_is, &there_is));
        }
        let external_id = there.account.external_id.clone();
        let external_id = external_id.filter(|_| there.account.active);
        let in_use = |id| self.here.external_ids.contains(id);
        if external_id.as_ref().is_some_and(in_use) {
            return Err(Refusal::ExternalIdInUse);
        }
        self.can_have(Entity::Account, source)?;
        let id = self.number(Entity::Account, source);
        let new = AccountRecord {
            account: Account {
                id: AccountId::new(id),
                organization_id: self.organization,
                is_default: false,
                ..there.account
            },
            roles: there.roles,
        };
        self.here.external_ids.extend(external_id);
        self.here.accounts.insert(new.account.id, new.clone());
        self.remember(Entity::Account, source, id);
        self.plan.create.push(Creation::Account(new));
        Ok(Finding::Created(id))
    }
}
