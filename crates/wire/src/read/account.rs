//! An account in a reply.

use tenantry_domain::{Account, AccountId};

use super::{Known, Unreadable, fields::Fields};
use crate::JsonObject;

/// Reads an account.
///
/// # Errors
/// If id or name are missing, or a field cannot be what it is.
pub fn account(object: &JsonObject, known: &Known) -> Result<Account, Unreadable> {
    let fields = Fields::of(object)?;
    let created_at = fields.created()?;
    let is_default = match fields.boolean(&["defaultAccount"]) {
        Some(said) => said,
        None => fields.text(&["type"]).as_deref() == Some("Default"),
    };
    Ok(Account {
        id: AccountId::new(fields.id()),
        organization_id: known.organization,
        name: fields.name(&["name", "externalId", "id"])?,
        description: fields.optional_text("description")?,
        external_id: fields.optional_text("externalId")?,
        active: fields.boolean(&["active"]) != Some(false),
        is_default,
        created_at,
        updated_at: fields.instant(&["updatedDate"])?.unwrap_or(created_at),
        revision: known.revision(),
    })
}
