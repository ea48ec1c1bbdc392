//! Roles and privileges as the API writes them (contract, sections 6 and 8).

use serde::Serialize;
use tenantry_domain::{Category, Privilege, Role};

/// The day that every privilege of the catalogue is said to have been created on.
const CATALOGUE_DATE: &str = "2026-01-01";

/// A role.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct RoleBody {
    pub id: i64,
    pub name: String,
    pub key: &'static str,
    pub active: bool,
    pub description: String,
    pub features: [(); 0],
    pub privileges: Vec<PrivilegeBody>,
    pub hide: bool,
}

/// A privilege.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct PrivilegeBody {
    pub id: i64,
    pub key: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub category: &'static str,
    pub hide: bool,
    pub active: bool,
    pub created_date: &'static str,
}

impl From<&Role> for RoleBody {
    fn from(role: &Role) -> Self {
        Self {
            id: role.id.get(),
            name: role.name.clone(),
            key: role.key.as_str(),
            active: true,
            description: role.description.clone(),
            features: [],
            privileges: role.privileges.iter().map(PrivilegeBody::from).collect(),
            hide: false,
        }
    }
}

impl From<Privilege> for PrivilegeBody {
    fn from(privilege: Privilege) -> Self {
        Self {
            id: privilege.id(),
            key: privilege.key(),
            name: privilege.name(),
            description: privilege.name(),
            category: privilege.category().as_str(),
            hide: privilege.category() == Category::Internal,
            active: true,
            created_date: CATALOGUE_DATE,
        }
    }
}
