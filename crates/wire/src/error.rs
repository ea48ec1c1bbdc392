//! Error bodies (contract, section 2).

use serde::Serialize;

/// What every 401 says, whatever was wrong.
pub const UNAUTHENTICATED: &str =
    "Invalid Organization or User secret, or invalid Element token provided.";

/// The media type of [`ProblemBody`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The error body of the legacy API.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Error))]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// 24 hex digits, the same as in the header.
    pub request_id: String,
    /// What is wrong, all of it.
    pub message: &'a str,
}

/// The error body of RFC 9457, for clients that ask for it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody<'a> {
    /// `about:blank`: the status says it all (RFC 9457, section 4.2.1).
    pub r#type: &'static str,
    /// The status in words.
    pub title: &'a str,
    /// The status.
    pub status: u16,
    /// What is wrong, all of it.
    pub detail: &'a str,
    /// The path that was called.
    pub instance: &'a str,
    /// 24 hex digits, the same as in the header.
    pub request_id: String,
    /// One per wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// A field of the body, or a parameter, and what is wrong with it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FieldProblem))]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) to the field, as a fragment.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl FieldProblem {
    /// The problem `message` of `field`, which may be a path such as `roles[0].key`.
    pub fn new(field: &str, message: &str) -> Self {
        let escaped = field.replace('~', "~0").replace('/', "~1");
        let path = escaped.replace(['.', '['], "/").replace(']', "");
        Self {
            pointer: format!("#/{path}"),
            detail: message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_the_field() {
        assert_eq!(
            FieldProblem::new("firstName", "is required").pointer,
            "#/firstName"
        );
        assert_eq!(
            FieldProblem::new("roles[0].key", "is required").pointer,
            "#/roles/0/key"
        );
    }
}
