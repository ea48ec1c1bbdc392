//! What a batch asks for: everything.

use tenantry_domain::{
    Entity, Scope,
    transfer::{
        AccountRecord, Transfer, UserRecord,
        plan::{Here, Last},
    },
};

use super::super::state::{AccountRow, State, UserRow};

impl State {
    /// Everything that a batch of this transfer can ask for.
    pub(super) fn here(&self, transfer: &Transfer) -> Here {
        let id = transfer.organization;
        let (accounts, users) = (self.accounts.values(), self.users.values());
        let own = accounts.filter(|row| row.account.organization_id == id);
        let numbers = transfer.number();
        let numbers = numbers.and_then(|number| self.transfers.get(&number));
        Here {
            roles: self.roles_of(id).iter().map(|role| role.key).collect(),
            numbers: numbers.map(|row| row.numbers.clone()).unwrap_or_default(),
            taken: self.taken().collect(),
            accounts: own.map(|row| (row.account.id, row.into())).collect(),
            users: users
                .clone()
                .filter(|row| row.user.organization_id == id)
                .map(|row| (row.user.id, row.into()))
                .collect(),
            instances: self
                .instances_in(&Scope::organization(id))
                .map(|instance| (instance.id, instance.into()))
                .collect(),
            elements: self
                .elements_in(&Scope::organization(id))
                .map(|element| (element.key.clone(), element))
                .collect(),
            emails: users
                .clone()
                .map(|row| (row.user.email.folded().to_owned(), row.user.id))
                .collect(),
            external_ids: self
                .accounts
                .values()
                .filter(|row| row.account.organization_id == id && row.account.active)
                .filter_map(|row| row.account.external_id.clone())
                .collect(),
            secrets: users
                .flat_map(|row| row.secrets.all())
                .map(|secret| secret.digest)
                .collect(),
            tokens: self
                .instances
                .values()
                .map(|instance| instance.token.digest)
                .collect(),
            entries: self
                .instances
                .values()
                .flat_map(|instance| &instance.configuration)
                .map(|entry| entry.id)
                .collect(),
            last: Last {
                account: self.last_account(),
                user: self.last_user(),
                instance: self.last_instance,
                element: self.elements.keys().last().map_or(0, |last| last.get()),
                entry: self.last_entry,
            },
        }
    }

    fn taken(&self) -> impl Iterator<Item = (Entity, i64)> {
        let accounts = self.accounts.keys().map(|id| (Entity::Account, id.get()));
        let users = self.users.keys().map(|id| (Entity::User, id.get()));
        let instances = self.instances.keys().map(|id| (Entity::Instance, id.get()));
        let elements = self.elements.keys().map(|id| (Entity::Element, id.get()));
        accounts.chain(users).chain(instances).chain(elements)
    }
}

impl From<&AccountRow> for AccountRecord {
    fn from(row: &AccountRow) -> Self {
        Self {
            account: row.account.clone(),
            roles: row.grants.iter().copied().collect(),
        }
    }
}

impl From<&UserRow> for UserRecord<()> {
    fn from(row: &UserRow) -> Self {
        Self {
            user: row.user.clone(),
            password: None,
            former_passwords: Vec::new(),
            secret: (),
            roles: Some(row.grants.iter().copied().collect()),
        }
    }
}
