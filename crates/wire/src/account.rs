//! Accounts as the API writes and reads them (contract, sections 6 and 7).

use serde::Serialize;
use tenantry_domain::{Account, AccountDraft, AccountPatch, Name, Problem, Text};

use crate::{
    day,
    object::{JsonObject, Problems},
};

/// An account in a reply. Absent values are left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Account))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct AccountBody {
    pub id: i64,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub active: bool,
    pub company_id: i64,
    pub created_date: String,
    pub updated_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub default_account: bool,
    pub r#type: &'static str,
}

/// Every field that an account can have: what the parameter `fields` may name.
pub const FIELDS: &[&str] = &[
    "id",
    "name",
    "description",
    "active",
    "companyId",
    "createdDate",
    "updatedDate",
    "externalId",
    "defaultAccount",
    "type",
];

/// A new account. Fields that are not listed are ignored.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = NewAccount, rename_all = "camelCase", example = json!({"externalId": "B-1", "name": "Bree"}))]
pub struct NewAccountBody {
    /// Unique in the organization.
    pub external_id: String,
    /// The external id if left out.
    pub name: Option<String>,
    /// The external id if left out.
    pub description: Option<String>,
}

/// What changes of an account: what is left out stays, `null` empties what may be empty.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = AccountPatch, rename_all = "camelCase", example = json!({"description": "East of the Brandywine"}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct AccountPatchBody {
    #[schema(required = false)]
    pub name: String,
    pub description: Option<String>,
    pub external_id: Option<String>,
    #[schema(required = false)]
    pub active: bool,
}

/// What an account becomes: a description or external id that is left out is emptied; `active` stays.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = AccountReplacement, rename_all = "camelCase", example = json!({"name": "Buckland"}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct AccountReplacementBody {
    pub name: String,
    pub description: Option<String>,
    pub external_id: Option<String>,
    #[schema(required = false)]
    pub active: bool,
}

impl From<&Account> for AccountBody {
    fn from(account: &Account) -> Self {
        let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
        Self {
            id: account.id.get(),
            name: account.name.to_string(),
            description: text(&account.description),
            active: account.active,
            company_id: account.organization_id.get(),
            created_date: day(account.created_at),
            updated_date: day(account.updated_at),
            external_id: text(&account.external_id),
            default_account: account.is_default,
            r#type: account.type_name(),
        }
    }
}

/// Reads the body of a POST: only `externalId` is required, name and description default to it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn new_account(object: &JsonObject) -> Result<AccountDraft, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.require(object, "externalId");
    let external_id = problems.text(object, "externalId", Name::parse);
    let name = problems.text(object, "name", Name::parse);
    let description = problems.text(object, "description", Text::parse);
    let draft = external_id.map(|external_id| {
        let same = Text::from(external_id.clone());
        AccountDraft {
            name: name.unwrap_or(external_id),
            description: description.or_else(|| Some(same.clone())),
            external_id: Some(same),
        }
    });
    problems.finish(draft)
}

/// Reads the body of a PATCH: what is left out stays; `null` empties what may be empty.
///
/// # Errors
/// Everything that is wrong with it.
pub fn patch_of_patch(object: &JsonObject) -> Result<AccountPatch, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.refuse_null(object, "name");
    let patch = patch(&mut problems, object);
    problems.finish(Some(patch))
}

/// Reads the body of a PUT: name, description and external id are replaced. `active` stays if it is left out.
///
/// # Errors
/// Everything that is wrong with it.
pub fn patch_of_put(object: &JsonObject) -> Result<AccountPatch, Vec<Problem>> {
    let mut problems = Problems::default();
    problems.require(object, "name");
    let given = patch(&mut problems, object);
    let patch = AccountPatch {
        description: Some(given.description.flatten()),
        external_id: Some(given.external_id.flatten()),
        ..given
    };
    problems.finish(Some(patch))
}

fn patch(problems: &mut Problems, object: &JsonObject) -> AccountPatch {
    problems.refuse_null(object, "active");
    let mut optional = |name: &str| {
        object
            .has(name)
            .then(|| problems.text(object, name, Text::parse))
    };
    let (description, external_id) = (optional("description"), optional("externalId"));
    AccountPatch {
        name: problems.text(object, "name", Name::parse),
        description,
        external_id,
        active: problems.boolean(object, "active"),
        erase_users: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(body: &str) -> JsonObject {
        JsonObject::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn name_and_description_default_to_the_external_id() {
        let draft = new_account(&object(r#"{"externalId": "B-1"}"#)).unwrap();
        let text = Text::parse("B-1").unwrap();
        assert_eq!(draft.name, Name::parse("B-1").unwrap());
        assert_eq!(
            (draft.description, draft.external_id),
            (Some(text.clone()), Some(text))
        );
        let refused = new_account(&object(r#"{"name": 1}"#)).unwrap_err();
        let messages: Vec<_> = refused.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "externalId is required",
                "name must be a text, not a number"
            ]
        );
    }

    #[test]
    fn put_empties_what_is_left_out() {
        let patch = patch_of_put(&object(r#"{"name": "Buckland"}"#)).unwrap();
        assert_eq!(
            (patch.description, patch.external_id, patch.active),
            (Some(None), Some(None), None)
        );
        assert!(patch_of_put(&object("{}")).is_err());
        assert_eq!(
            patch_of_patch(&object("{}")).unwrap(),
            AccountPatch::default()
        );
    }
}
