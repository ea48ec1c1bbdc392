//! Roles and privileges as the API writes them (contract, sections 6 and 8).

use serde::Serialize;
use serde_json::Value;
use tenantry_domain::{
    Category, Name, Privilege, PrivilegeSet, Problem, Role, RoleId, RoleKey, Text,
    services::{RoleEdit, RoleName},
};

use crate::object::{JsonObject, Problems, kind};

/// The day that every privilege of the catalogue is said to have been created on.
const CATALOGUE_DATE: &str = "2026-01-01";

/// A role.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Role))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct RoleBody {
    pub id: i64,
    pub name: String,
    pub key: &'static str,
    pub active: bool,
    pub description: String,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub features: [(); 0],
    pub privileges: Vec<PrivilegeBody>,
    pub hide: bool,
}

/// A privilege.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Privilege))]
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

/// A role or a privilege in a request: the key is enough.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = Key, example = json!({"key": "admin"}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct KeyBody {
    pub key: String,
}

/// What changes of a role: what is left out stays.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = RoleChange, example = json!({"privileges": [{"key": "viewUsersAccount"}]}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct RoleChangeBody {
    pub name: Option<String>,
    pub description: Option<String>,
    /// Replaces what the role allows.
    pub privileges: Option<Vec<KeyBody>>,
}

/// Which role, and what changes of it: what is left out stays.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = NamedRoleChange, example = json!({"key": "org", "privileges": [{"key": "viewUsersAccount"}]}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct NamedRoleChangeBody {
    pub id: Option<i64>,
    /// Names the role where `id` is left out.
    pub key: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Replaces what the role allows.
    pub privileges: Option<Vec<KeyBody>>,
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

/// Reads the body of `PUT /organizations/roles`: roles named by `id`, or by `key` where the id is left out.
///
/// # Errors
/// Everything that is wrong with it, with the item's place.
pub fn role_edits(items: &[JsonObject]) -> Result<Vec<RoleEdit>, Vec<Problem>> {
    let mut problems = Problems::default();
    let mut edits = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let mut found = Problems::default();
        let name = role_name(&mut found, item);
        edits.extend(name.map(|name| role_edit(&mut found, item, name)));
        problems.append(found.within(place));
    }
    problems.finish(Some(edits))
}

/// Reads the body of `PUT /organizations/roles/{id}`. The id in the path counts.
///
/// # Errors
/// Everything that is wrong with it.
pub fn edit_of_role(object: &JsonObject, id: RoleId) -> Result<RoleEdit, Vec<Problem>> {
    let mut problems = Problems::default();
    let edit = role_edit(&mut problems, object, RoleName::Id(id));
    problems.finish(Some(edit))
}

fn role_name(problems: &mut Problems, item: &JsonObject) -> Option<RoleName> {
    let (field, message) = match (item.get("id"), item.get("key")) {
        (Some(id), _) => match id.as_i64() {
            Some(id) => return Some(RoleName::Id(RoleId::new(id))),
            None => ("id", format!("must be an integer, not {}", kind(id))),
        },
        (None, Some(Value::String(key))) => match RoleKey::parse(key) {
            Some(key) => return Some(RoleName::Key(key)),
            None => ("key", format!("'{key}' is no role")),
        },
        (None, Some(other)) => ("key", format!("must be a text, not {}", kind(other))),
        (None, None) => ("id", "is required, or key".to_owned()),
    };
    problems.add(field, message);
    None
}

fn role_edit(problems: &mut Problems, object: &JsonObject, role: RoleName) -> RoleEdit {
    RoleEdit {
        role,
        name: problems.text(object, "name", Name::parse),
        description: problems.text(object, "description", Text::parse),
        privileges: privileges(problems, object),
    }
}

fn privileges(problems: &mut Problems, object: &JsonObject) -> Option<PrivilegeSet> {
    let items = match object.get("privileges")? {
        Value::Array(items) => items,
        other => {
            let message = format!(
                "must be an array of objects with a key, not {}",
                kind(other)
            );
            problems.add("privileges", message);
            return None;
        }
    };
    let mut set = PrivilegeSet::EMPTY;
    for (place, item) in items.iter().enumerate() {
        let field = format!("privileges[{place}].key");
        match item.get("key") {
            Some(Value::String(key)) => match Privilege::parse(key) {
                Some(privilege) => set = set.with(privilege),
                None => problems.add(field, format!("'{key}' is no privilege")),
            },
            Some(other) => problems.add(field, format!("must be a text, not {}", kind(other))),
            None => problems.add(field, "is required"),
        }
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_by_id_or_key() {
        let read = |body: &str| {
            let items = JsonObject::parse_array(body.as_bytes()).unwrap();
            role_edits(&items).map_err(|problems| {
                problems
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; ")
            })
        };
        let edits = read(
            r#"[{"id": 7, "key": "x", "privileges": [{"key": "viewUsersOrg"}]}, {"key": "org"}]"#,
        )
        .unwrap();
        assert_eq!(edits[0].role, RoleName::Id(RoleId::new(7)));
        assert_eq!(
            edits[0].privileges,
            Some(PrivilegeSet::EMPTY.with(Privilege::ViewUsersOrg))
        );
        assert_eq!(
            (edits[1].role, edits[1].privileges),
            (RoleName::Key(RoleKey::Org), None)
        );
        assert_eq!(
            read(r#"[{"key": "king"}, {}, {"id": "x", "privileges": [{"key": "fly"}, {}]}]"#)
                .unwrap_err(),
            "[0].key 'king' is no role; [1].id is required, or key; [2].id must be an integer, not a text"
        );
        assert_eq!(
            read(r#"[{"id": 1, "privileges": [{"key": "fly"}, {}]}]"#).unwrap_err(),
            "[0].privileges[0].key 'fly' is no privilege; [0].privileges[1].key is required"
        );
    }
}
