//! What becomes of an organization when it moves in: a rule, the same in every store.

use std::collections::HashSet;

use super::{OrganizationRecord, plan::can_be_kept};
use crate::{AccountId, Entity, OrganizationId, OrganizationKind, Role, RoleId, RoleKey};

impl<S> OrganizationRecord<S> {
    /// As an organization is that moves in, whatever it was there: a customer's, with its four roles in their order, and an
    /// active default account. A role that did not come along has the number 0, and is as every organization has it.
    #[must_use]
    pub fn arriving(mut self) -> Self {
        self.organization.kind = OrganizationKind::Customer;
        self.default_account.account.is_default = true;
        self.default_account.account.active = true;
        let id = self.organization.id;
        let roles = RoleKey::OF_AN_ORGANIZATION.iter().map(|key| {
            let mut brought = self.roles.iter();
            let found = brought.find(|role| role.key == *key).cloned();
            found.unwrap_or_else(|| Role {
                id: RoleId::new(0),
                organization_id: id,
                key: *key,
                name: key.name().to_owned(),
                description: key.description().to_owned(),
                privileges: key.default_privileges(),
            })
        });
        self.roles = roles.collect();
        self
    }

    /// The same without the numbers of roles that are in use here, there twice, or cannot be kept: requests name roles by their keys, so a
    /// role can have another number, and that of an operator's role must keep nobody from coming.
    #[must_use]
    pub fn without_role_numbers(mut self, in_use: &HashSet<RoleId>) -> Self {
        let mut kept = HashSet::new();
        for role in &mut self.roles {
            let is_free = !in_use.contains(&role.id) && kept.insert(role.id);
            if !is_free || !can_be_kept(Entity::Role, role.id.get()) {
                role.id = RoleId::new(0);
            }
        }
        self
    }

    /// The same under these numbers, and everything of it as well. Roles keep theirs.
    #[must_use]
    pub fn numbered(mut self, organization: OrganizationId, default_account: AccountId) -> Self {
        self.organization.id = organization;
        self.organization.default_account_id = default_account;
        self.default_account.account.id = default_account;
        self.default_account.account.organization_id = organization;
        for role in &mut self.roles {
            role.organization_id = organization;
        }
        self
    }
}
