//! Organizations in requests.

use serde_json::Value;
use tenantry_domain::{Name, OrganizationDraft, OrganizationKind};

use super::{Body, Unsaid};

/// The body of a sign-up. Both secrets are decided by the server.
///
/// # Errors
/// For the operator's organization, and for a password.
pub fn sign_up(draft: &OrganizationDraft) -> Result<Value, Unsaid> {
    if draft.kind == OrganizationKind::System {
        return Err(Unsaid("creating the operator's organization"));
    }
    if draft.admin.password.is_some() {
        return Err(Unsaid("a password of which only the hash is known"));
    }
    Ok(Body::default()
        .with("companyName", draft.name.as_str())
        .with("firstName", draft.admin.first_name.as_str())
        .with("lastName", draft.admin.last_name.as_str())
        .with("email", draft.admin.email.as_str())
        .done())
}

/// The body of a PUT.
pub fn organization_name(name: &Name) -> Value {
    Body::default().with("name", name.as_str()).done()
}
