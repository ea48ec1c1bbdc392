//! Accounts in requests.

use serde_json::Value;
use tenantry_domain::{AccountDraft, AccountPatch, Text};

use super::Body;

/// The body of a POST. The API requires an external id, so one is sent in any case.
pub fn new_account(draft: &AccountDraft, external_id: &str) -> Value {
    Body::default()
        .with("name", draft.name.as_str())
        .given("description", draft.description.as_ref().map(Text::as_str))
        .with("externalId", external_id)
        .done()
}

/// The body of a PATCH. That users are erased is said by `?permanent=true`, beside it.
pub fn account_patch(patch: &AccountPatch) -> Value {
    Body::default()
        .given("name", patch.name.as_ref().map(ToString::to_string))
        .changed("description", patch.description.as_ref())
        .changed("externalId", patch.external_id.as_ref())
        .given("active", patch.active)
        .done()
}
