//! Roles in requests.

use serde_json::{Value, json};
use tenantry_domain::{PrivilegeSet, RoleChange};

use super::Body;

/// The body of the PUT that changes several roles at once.
pub fn role_changes(changes: &[RoleChange]) -> Value {
    let change = |change: &RoleChange| {
        Body::default()
            .with("id", change.id.get())
            .given("name", change.name.as_ref().map(ToString::to_string))
            .given(
                "description",
                change.description.as_ref().map(ToString::to_string),
            )
            .given("privileges", change.privileges.map(privileges))
            .done()
    };
    Value::Array(changes.iter().map(change).collect())
}

fn privileges(set: PrivilegeSet) -> Value {
    let items = set.iter().map(|privilege| json!({"key": privilege.key()}));
    Value::Array(items.collect())
}
