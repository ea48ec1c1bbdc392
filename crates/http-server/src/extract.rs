//! Paths and query strings, with refusals that name what is wrong.

use std::{borrow::Cow, convert::Infallible};

use axum::{
    extract::{FromRequestParts, MatchedPath, RawPathParams},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;
use tenantry_domain::{AccountId, Entity, OrganizationId, Problem, RoleId, UserId};
use tenantry_wire::{
    path::{self, PathId},
    query::Query,
};

use crate::{error::ApiError, router::AppState};

/// The parameters of the path. Read after the caller's privileges are known, so nothing is refused here.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathParameters(Vec<(String, Option<String>)>);

impl FromRequestParts<AppState> for PathParameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self(
            match RawPathParams::from_request_parts(parts, state).await {
                Ok(raw) => raw
                    .iter()
                    .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
                    .collect(),
                Err(_) => decodable(parts),
            },
        ))
    }
}

/// The parameters of a path of which some are not UTF-8 when decoded: those are `None`.
fn decodable(parts: &Parts) -> Vec<(String, Option<String>)> {
    let Some(template) = parts.extensions.get::<MatchedPath>() else {
        return Vec::new();
    };
    // From the end, because the router has cut the base path off the front of the URI.
    let segments = template
        .as_str()
        .rsplit('/')
        .zip(parts.uri.path().rsplit('/'));
    let parameter = |(name, raw): (&str, &str)| {
        let name = name.strip_prefix('{')?.strip_suffix('}')?;
        let value = percent_decode_str(raw).decode_utf8().ok();
        Some((name.to_owned(), value.map(Cow::into_owned)))
    };
    segments.filter_map(parameter).collect()
}

impl PathParameters {
    /// The text of a parameter, decoded.
    pub(crate) fn text(&self, name: &str) -> Result<&str, ApiError> {
        let found = self.0.iter().find(|(given, _)| given == name);
        match found {
            Some((_, Some(value))) => Ok(value),
            Some((_, None)) => Err(ApiError::invalid(vec![Problem::new(
                "path",
                "is not valid UTF-8 when decoded",
            )])),
            None => Ok(""),
        }
    }

    /// The user's id.
    pub(crate) fn user(&self) -> Id<UserId> {
        self.id("user", "user id", Entity::User, UserId::new)
    }

    /// The account's id.
    pub(crate) fn account(&self) -> Id<AccountId> {
        self.id("account", "account id", Entity::Account, AccountId::new)
    }

    /// The organization's id.
    pub(crate) fn organization(&self) -> Id<OrganizationId> {
        self.id(
            "organization",
            "organization id",
            Entity::Organization,
            OrganizationId::new,
        )
    }

    /// The role's id.
    pub(crate) fn role(&self) -> Id<RoleId> {
        self.id("role", "role id", Entity::Role, RoleId::new)
    }

    fn id<T>(&self, name: &str, label: &str, entity: Entity, new: impl FnOnce(i64) -> T) -> Id<T> {
        let text = match self.text(name) {
            Ok(text) => text,
            Err(refusal) => return Id { id: None, refusal },
        };
        match path::id(text) {
            Some(PathId::Id(id)) => Id {
                id: Some(new(id)),
                refusal: ApiError::no_such(entity, text),
            },
            Some(PathId::OutOfRange) => Id {
                id: None,
                refusal: ApiError::no_such(entity, text),
            },
            None => Id {
                id: None,
                refusal: ApiError::invalid(vec![Problem::new(
                    label,
                    format!("must be an integer, not '{text}'"),
                )]),
            },
        }
    }
}

/// An id of the path that may turn out not to be one, once the caller is known to have the privilege (403 before 400).
#[derive(Clone, Debug)]
pub(crate) struct Id<T> {
    id: Option<T>,
    refusal: ApiError,
}

impl<T: Copy> Id<T> {
    /// The id, or one that nobody has: enough to ask about privileges.
    pub(crate) fn or(&self, nobody: T) -> T {
        self.id.unwrap_or(nobody)
    }

    /// The id, or why it is none.
    pub(crate) fn get(&self) -> Result<T, ApiError> {
        self.id.ok_or_else(|| self.refusal.clone())
    }
}

/// The query string.
#[derive(Clone, Debug)]
pub(crate) struct QueryString(pub(crate) Query);

impl FromRequestParts<AppState> for QueryString {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self(Query::parse(parts.uri.query().unwrap_or_default())))
    }
}
