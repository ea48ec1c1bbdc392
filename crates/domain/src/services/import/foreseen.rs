//! What would be here by now, had a plan been a run: a store knows nothing of it, and would find owners missing, and what only
//! the source has twice free.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
};

use crate::{
    AccountId, Entity, SecretDigest,
    transfer::{Finding, Refusal, SealedRecord},
};

/// What came by in a plan and would be here. Some bytes for each record are all that is kept of it.
#[derive(Debug, Default)]
pub(super) struct Foreseen {
    accounts: HashSet<i64>,
    /// In which accounts, as the source numbers them.
    users: HashMap<i64, i64>,
    /// What the store takes for new and is not.
    refused: HashSet<(Entity, i64)>,
    claims: HashSet<u64>,
    hasher: RandomState,
}

/// What nothing else can have once something has it.
#[derive(Hash)]
enum Claim<'a> {
    ExternalId(&'a str),
    Email(&'a str),
    Secret(SecretDigest),
    Token(SecretDigest),
}

impl Foreseen {
    /// The default account is here, or comes with the organization.
    pub(super) fn has_default_account(&mut self, id: AccountId) {
        self.accounts.insert(id.get());
    }

    /// What would become of a record of which the store says `finding`.
    pub(super) fn correct(&mut self, record: &SealedRecord, finding: Finding) -> Finding {
        let refusal = match finding {
            Finding::New => self.taken(record).or_else(|| self.refused_owner(record)),
            Finding::Refused(Refusal::OwnerMissing(_)) => {
                self.taken(record).or_else(|| self.missing_owner(record))
            }
            Finding::Refused(refusal) => Some(refusal),
            known => {
                self.note_owner(record);
                return known;
            }
        };
        if let Some(refusal) = refusal {
            self.refused.insert((record.entity(), record.id()));
            return Finding::Refused(refusal);
        }
        self.note_owner(record);
        for (claim, _) in claims(record) {
            self.claims.insert(self.hasher.hash_one(claim));
        }
        Finding::New
    }

    fn taken(&self, record: &SealedRecord) -> Option<Refusal> {
        let is_taken = |claim| self.claims.contains(&self.hasher.hash_one(claim));
        let mut claims = claims(record).into_iter();
        claims.find_map(|(claim, refusal)| is_taken(claim).then_some(refusal))
    }

    /// The store takes an owner for new, and it is not.
    fn refused_owner(&self, record: &SealedRecord) -> Option<Refusal> {
        let (owner, id) = match record {
            SealedRecord::Account(_) | SealedRecord::Element(_) => return None,
            SealedRecord::User(record) => (Entity::Account, record.user.account_id.get()),
            SealedRecord::Instance(record) => (Entity::User, record.user_id.get()),
        };
        let is_refused = self.refused.contains(&(owner, id));
        is_refused.then_some(Refusal::OwnerMissing(owner))
    }

    /// The store does not know an owner, who may have come by.
    fn missing_owner(&self, record: &SealedRecord) -> Option<Refusal> {
        let account = match record {
            SealedRecord::Account(_) | SealedRecord::Element(_) => return None,
            SealedRecord::User(record) => record.user.account_id.get(),
            SealedRecord::Instance(record) => record.account_id.get(),
        };
        let missing = Refusal::OwnerMissing(Entity::Account);
        let missing = (!self.accounts.contains(&account)).then_some(missing);
        let SealedRecord::Instance(record) = record else {
            return missing;
        };
        match self.users.get(&record.user_id.get()) {
            None => Some(Refusal::OwnerMissing(Entity::User)),
            Some(of) if missing.is_none() && *of != account => Some(Refusal::OwnerElsewhere),
            Some(_) => missing,
        }
    }

    fn note_owner(&mut self, record: &SealedRecord) {
        match record {
            SealedRecord::Account(record) => _ = self.accounts.insert(record.account.id.get()),
            SealedRecord::User(record) => {
                let (id, account) = (record.user.id.get(), record.user.account_id.get());
                self.users.insert(id, account);
            }
            SealedRecord::Element(_) | SealedRecord::Instance(_) => {}
        }
    }
}

/// What a record claims, and why it is refused if something else has that.
fn claims(record: &SealedRecord) -> Vec<(Claim<'_>, Refusal)> {
    match record {
        SealedRecord::Element(_) => Vec::new(),
        SealedRecord::Account(record) => {
            let id = record.account.external_id.as_ref();
            let id = id.filter(|_| record.account.active);
            id.map(|id| (Claim::ExternalId(id.as_str()), Refusal::ExternalIdInUse))
                .into_iter()
                .collect()
        }
        SealedRecord::User(record) => vec![
            (
                Claim::Email(record.user.email.folded()),
                Refusal::EmailInUse,
            ),
            (
                Claim::Secret(record.secret.digest),
                Refusal::SecretInUse(Entity::User),
            ),
        ],
        SealedRecord::Instance(record) => vec![(
            Claim::Token(record.token.digest),
            Refusal::SecretInUse(Entity::Instance),
        )],
    }
}
