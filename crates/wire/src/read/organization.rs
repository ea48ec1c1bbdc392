//! The organization in a reply.

use tenantry_domain::{
    AccountId, Organization, OrganizationId, OrganizationKind, Revision, SecretText,
};

use super::{Unreadable, fields::Fields};
use crate::JsonObject;

/// The number of the operator's organization.
const SYSTEM: OrganizationId = OrganizationId::new(1);

/// An organization, and what some replies say beside.
#[derive(Clone, Debug)]
pub struct OrganizationRead {
    /// The organization.
    pub organization: Organization,
    /// Its secret, if it is shown.
    pub secret: Option<SecretText>,
}

/// Which organization it is.
///
/// # Errors
/// If the id is missing.
pub fn organization_id(object: &JsonObject) -> Result<OrganizationId, Unreadable> {
    Ok(OrganizationId::new(Fields::of(object)?.id()))
}

/// Reads an organization. Its default account is no part of it, and has to be looked up before.
///
/// # Errors
/// If id or name are missing, or a field cannot be what it is.
pub fn organization(
    object: &JsonObject,
    default_account: AccountId,
    revision: Option<Revision>,
) -> Result<OrganizationRead, Unreadable> {
    let fields = Fields::of(object)?;
    let id = OrganizationId::new(fields.id());
    let created_at = fields.created()?;
    let organization = Organization {
        id,
        name: fields.name(&["name", "companyName"])?,
        active: fields.boolean(&["active"]) != Some(false),
        kind: if id == SYSTEM {
            OrganizationKind::System
        } else {
            OrganizationKind::Customer
        },
        default_account_id: default_account,
        external_id: fields.optional_text("externalId")?,
        created_at,
        updated_at: fields.instant(&["updatedDate"])?.unwrap_or(created_at),
        revision: revision.unwrap_or(Revision::new(0)),
    };
    Ok(OrganizationRead {
        organization,
        secret: fields.text(&["secret"]).map(SecretText::new),
    })
}
