//! What a sign-up answers.

use tenantry_domain::{AccountId, OrganizationId, SecretText, UserId};

use super::{Unreadable, fields::Fields};
use crate::JsonObject;

/// A new organization and the credentials of its first user.
#[derive(Clone, Debug)]
pub struct SignedUp {
    /// The organization.
    pub organization: OrganizationId,
    /// Its secret.
    pub organization_secret: SecretText,
    /// Its default account.
    pub account: AccountId,
    /// Its first user.
    pub user: UserId,
    /// That user's secret.
    pub user_secret: SecretText,
}

/// Reads the reply of a sign-up.
///
/// # Errors
/// If anything is missing.
pub fn signed_up(object: &JsonObject) -> Result<SignedUp, Unreadable> {
    let fields = Fields::without_id(object);
    let secret = |name| fields.required(&[name], |text| Ok::<_, Unreadable>(SecretText::new(text)));
    Ok(SignedUp {
        organization: OrganizationId::new(fields.required_integer(&["organizationId"])?),
        organization_secret: secret("organizationSecret")?,
        account: AccountId::new(fields.required_integer(&["accountId"])?),
        user: UserId::new(fields.required_integer(&["userId"])?),
        user_secret: secret("userSecret")?,
    })
}
