//! Signing a partner up as the API writes and reads it (contract, section 7). The vendor's own sign-up was a form of its site;
//! the fields here are those of its users and organizations.

use serde::Serialize;
use tenantry_domain::{
    Email, Name, Problem,
    services::{IssuedOrganization, NewOrganization},
};

use crate::object::{JsonObject, Problems};

/// A new organization with its first user. Both secrets are shown this once.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SignedUp))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct SignedUpBody {
    pub organization_id: i64,
    pub organization_name: String,
    pub organization_secret: String,
    pub account_id: i64,
    pub user_id: i64,
    pub username: String,
    pub user_secret: String,
}

/// An organization and its first user. Fields that are not listed are ignored.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = SignUp, rename_all = "camelCase", example = json!({
    "companyName": "Rivendell", "firstName": "Elrond", "lastName": "Peredhel", "email": "elrond@rivendell.example",
    "password": "Vilya-3-rings"
}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct SignUpBody {
    /// Name of the organization.
    pub company_name: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    /// Must be changed at the first login; without one the user can call with the secrets, but not log in.
    pub password: Option<String>,
}

impl From<&IssuedOrganization> for SignedUpBody {
    fn from(issued: &IssuedOrganization) -> Self {
        let created = &issued.created;
        Self {
            organization_id: created.organization.id.get(),
            organization_name: created.organization.name.to_string(),
            organization_secret: issued.organization_secret.expose().to_owned(),
            account_id: created.account.id.get(),
            user_id: created.admin.id.get(),
            username: created.admin.email.to_string(),
            user_secret: issued.user_secret.expose().to_owned(),
        }
    }
}

/// Reads the body of a POST.
///
/// # Errors
/// Everything that is wrong with it.
pub fn new_organization(object: &JsonObject) -> Result<NewOrganization, Vec<Problem>> {
    let mut problems = Problems::default();
    for field in ["companyName", "firstName", "lastName", "email"] {
        problems.require(object, field);
    }
    let name = problems.text(object, "companyName", Name::parse);
    let first_name = problems.text(object, "firstName", Name::parse);
    let last_name = problems.text(object, "lastName", Name::parse);
    let email = problems.text(object, "email", Email::parse);
    let admin_password = problems.password(object, "password");
    let (Some(name), Some(admin_first_name), Some(admin_last_name), Some(admin_email)) =
        (name, first_name, last_name, email)
    else {
        return problems.finish(None);
    };
    problems.finish(Some(NewOrganization {
        name,
        admin_email,
        admin_first_name,
        admin_last_name,
        admin_password,
    }))
}
