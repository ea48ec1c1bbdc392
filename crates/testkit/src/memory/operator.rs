//! What the ports cannot do, for tests of what it leads to. No audit record is written.

use std::collections::BTreeMap;

use tenantry_domain::{
    AccountId, AuditId, AuditRecord, ChainHead, ChainLink, KeyId, OrganizationId, PrivilegeSet,
    RoleKey, UserId,
};

use super::MemoryStore;

/// The audit log as somebody sees it who can write to the database.
#[derive(Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct RawAuditLog<'a> {
    pub records: &'a mut BTreeMap<AuditId, AuditRecord>,
    pub links: &'a mut BTreeMap<AuditId, ChainLink>,
    pub heads: &'a mut BTreeMap<OrganizationId, ChainHead>,
}

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

    /// Changes the audit log behind the ports.
    pub fn forge_audit_log(&self, forge: impl FnOnce(RawAuditLog<'_>)) {
        let mut guard = self.state();
        let state = &mut *guard;
        forge(RawAuditLog {
            records: &mut state.audit,
            links: &mut state.links,
            heads: &mut state.heads,
        });
    }

    /// Makes the present secret of a user one that `key` sealed, with bytes that nothing opens; `false` if there is no such
    /// user.
    pub fn damage_user_secret(&self, id: UserId, key: KeyId) -> bool {
        let mut state = self.state();
        let Some(row) = state.users.get_mut(&id) else {
            return false;
        };
        row.secrets.present.sealed.key_id = key;
        row.secrets.present.sealed.bytes.clear();
        true
    }
}
