//! A role in a reply.

use serde_json::Value;
use tenantry_domain::{Privilege, PrivilegeSet, Role, RoleId, RoleKey};

use super::{Known, Unreadable, fields::Fields};
use crate::JsonObject;

/// Reads a role; `None` if it is one that nobody here knows. So are privileges left out that nobody knows.
///
/// # Errors
/// If the id is missing.
pub fn role(object: &JsonObject, known: &Known) -> Result<Option<Role>, Unreadable> {
    let fields = Fields::of(object)?;
    let Some(key) = role_key(object) else {
        return Ok(None);
    };
    let privileges = fields.items(&["privileges"]).iter();
    let privileges: PrivilegeSet = privileges
        .filter_map(|item| Privilege::parse(key_text(item)?))
        .collect();
    let text = |name, default: &str| fields.text(&[name]).unwrap_or_else(|| default.to_owned());
    Ok(Some(Role {
        id: RoleId::new(fields.id()),
        organization_id: known.organization,
        key,
        name: text("name", key.name()),
        description: text("description", key.description()),
        privileges,
    }))
}

/// Which role it is, if it is one that is known here.
pub fn role_key(object: &JsonObject) -> Option<RoleKey> {
    RoleKey::parse(&Fields::without_id(object).text(&["key"])?)
}

/// The role that an item names, as an object or by its mere key.
pub(super) fn key_of(item: &Value) -> Option<RoleKey> {
    RoleKey::parse(key_text(item)?)
}

fn key_text(item: &Value) -> Option<&str> {
    item.get("key").unwrap_or(item).as_str()
}
