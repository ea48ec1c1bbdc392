//! An element ("connector") in a reply.

use tenantry_domain::{Element, ElementDraft, ElementId, Name, Text};

use super::{Known, Unreadable, fields::Fields};
use crate::JsonObject;

/// Reads an element.
///
/// # Errors
/// If id or key are missing, or a field cannot be what it is.
pub fn element(object: &JsonObject, known: &Known) -> Result<Element, Unreadable> {
    let fields = Fields::of(object)?;
    let key = fields.required(&["key"], Name::parse)?;
    let unnamed = ElementDraft::of_key(Text::from(key));
    Ok(Element {
        id: ElementId::new(fields.id()),
        organization_id: known.organization,
        name: fields.optional_text("name")?.unwrap_or(unnamed.name),
        hub: fields.optional_text("hub")?.unwrap_or(unnamed.hub),
        key: unnamed.key,
    })
}
