//! An account in an archive.

use serde::{Deserialize, Serialize};
use tenantry_domain::{Account, AccountId, OrganizationId, transfer::AccountRecord};
use time::OffsetDateTime;

use super::field::{id, keys, name, optional, revision, roles, written};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccountBody {
    pub(super) id: i64,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    active: bool,
    roles: Vec<String>,
    #[serde(with = "crate::instant")]
    created_date: OffsetDateTime,
    #[serde(with = "crate::instant")]
    updated_date: OffsetDateTime,
    revision: i64,
}

impl AccountBody {
    pub(super) fn of(record: &AccountRecord) -> Self {
        let account = &record.account;
        Self {
            id: account.id.get(),
            name: account.name.as_str().to_owned(),
            description: written(account.description.as_ref()),
            external_id: written(account.external_id.as_ref()),
            active: account.active,
            roles: keys(&record.roles),
            created_date: account.created_at,
            updated_date: account.updated_at,
            revision: account.revision.get(),
        }
    }

    pub(super) fn into_record(
        self,
        organization_id: OrganizationId,
        is_default: bool,
    ) -> Result<AccountRecord, String> {
        Ok(AccountRecord {
            account: Account {
                id: AccountId::new(id("id", self.id)?),
                organization_id,
                name: name("name", self.name)?,
                description: optional("description", self.description)?,
                external_id: optional("externalId", self.external_id)?,
                active: self.active,
                is_default,
                created_at: self.created_date,
                updated_at: self.updated_date,
                revision: revision(self.revision)?,
            },
            roles: roles(&self.roles)?,
        })
    }
}
