//! What moves out.

use tenantry_domain::{
    OrganizationId, Scope, SealedSecret,
    transfer::{OrganizationRecord, Part, PolicyRecord, SealedRecord, UserRecord},
};

use super::super::state::State;

impl State {
    pub(super) fn organization_record(
        &self,
        id: OrganizationId,
    ) -> Option<OrganizationRecord<SealedSecret>> {
        let row = self.organizations.get(&id)?;
        let policy = &row.policy;
        Some(OrganizationRecord {
            organization: row.organization.clone(),
            secret: row.secrets.present.clone(),
            policy: policy.is_set.then(|| PolicyRecord {
                policy: policy.policy.clone(),
                created_at: policy.created_at,
                updated_at: policy.updated_at,
            }),
            roles: self.roles_of(id),
            default_account: self
                .accounts
                .get(&row.organization.default_account_id)?
                .into(),
        })
    }

    /// The records of a part, by number.
    pub(super) fn records_of_part(&self, id: OrganizationId, part: Part) -> Vec<SealedRecord> {
        let scope = Scope::organization(id);
        match part {
            Part::Accounts => self
                .accounts
                .values()
                .filter(|row| row.account.organization_id == id && !row.account.is_default)
                .map(|row| SealedRecord::Account(row.into()))
                .collect(),
            Part::Elements => self
                .elements_in(&scope)
                .map(SealedRecord::Element)
                .collect(),
            Part::Users => self
                .users
                .values()
                .filter(|row| row.user.organization_id == id)
                .map(|row| {
                    SealedRecord::User(Box::new(UserRecord {
                        user: row.user.clone(),
                        password: row.hash.clone(),
                        former_passwords: row.former_hashes.clone(),
                        secret: row.secrets.present.clone(),
                        roles: Some(row.grants.iter().copied().collect()),
                    }))
                })
                .collect(),
            Part::Instances => self
                .instances_in(&scope)
                .map(|instance| SealedRecord::Instance(Box::new(instance.into())))
                .collect(),
        }
    }
}
