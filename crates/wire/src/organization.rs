//! The organization as the API writes and reads it (contract, section 6).

use serde::Serialize;
use tenantry_domain::{Name, Organization, Problem, SecretText, ports::PolicyInForce};

use crate::{
    day,
    object::{JsonObject, Problems},
    password_policy::PasswordPolicyBody,
};

/// The caller's organization in a reply. Absent values are left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Organization))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct OrganizationBody {
    pub id: i64,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    pub active: bool,
    pub created_date: String,
    pub password_policy: PasswordPolicyBody,
    pub two_factor_auth_enabled: bool,
    pub status: &'static str,
    pub environment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// What changes of an organization. Fields that are not listed are ignored.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = OrganizationChange, example = json!({"name": "The Shire"}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct OrganizationChangeBody {
    pub name: String,
}

impl OrganizationBody {
    /// The organization, with its secret for those who may see it.
    pub fn new(
        organization: &Organization,
        policy: &PolicyInForce,
        secret: Option<&SecretText>,
    ) -> Self {
        Self {
            id: organization.id.get(),
            name: organization.name.to_string(),
            secret: secret.map(|secret| secret.expose().to_owned()),
            active: organization.active,
            created_date: day(organization.created_at),
            password_policy: policy.into(),
            two_factor_auth_enabled: false,
            status: "paid",
            environment: "production",
            external_id: organization.external_id.as_ref().map(ToString::to_string),
        }
    }
}

/// Reads the body of a PUT: `name`, and nothing else.
///
/// # Errors
/// If it is left out or wrong.
pub fn new_name(object: &JsonObject) -> Result<Name, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.require(object, "name");
    let name = problems.text(object, "name", Name::parse);
    problems.finish(name)
}
