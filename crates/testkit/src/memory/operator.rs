//! What the ports cannot do yet, for tests of what it leads to. No audit record is written.

use tenantry_domain::{AccountId, OrganizationId, PrivilegeSet, RoleKey};

use super::MemoryStore;

impl MemoryStore {
    /// Activates an account, or deactivates it; `false` if there is none.
    pub fn set_account_active(&self, id: AccountId, active: bool) -> bool {
        let mut state = self.state();
        let row = state.accounts.get_mut(&id);
        row.map(|row| row.account.active = active).is_some()
    }

    /// Activates an organization, or deactivates it; `false` if there is none.
    pub fn set_organization_active(&self, id: OrganizationId, active: bool) -> bool {
        let mut state = self.state();
        let row = state.organizations.get_mut(&id);
        row.map(|row| row.organization.active = active).is_some()
    }

    /// Changes what a role allows; `false` if the organization has no such role.
    pub fn set_role_privileges(
        &self,
        organization: OrganizationId,
        key: RoleKey,
        privileges: PrivilegeSet,
    ) -> bool {
        let mut state = self.state();
        let role = state
            .roles
            .values_mut()
            .find(|role| role.organization_id == organization && role.key == key);
        role.map(|role| role.privileges = privileges).is_some()
    }

    /// Grants a role to every user of an account; `false` if there is no such account, or the organization has no such
    /// role.
    pub fn grant_to_account(&self, id: AccountId, key: RoleKey) -> bool {
        let mut state = self.state();
        let Some(organization) = state
            .accounts
            .get(&id)
            .map(|row| row.account.organization_id)
        else {
            return false;
        };
        if state.role(organization, key).is_none() {
            return false;
        }
        let row = state.accounts.get_mut(&id);
        row.map(|row| row.grants.insert(key)).is_some()
    }
}
