//! Paths and query strings, with refusals that name what is wrong.

use std::{borrow::Cow, convert::Infallible};

use axum::{
    extract::{FromRequestParts, MatchedPath, RawPathParams},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;
use tenantry_domain::{
    AccountId, ConfigurationId, ElementId, Entity, InstanceId, OrganizationId, Problem, RoleId,
    UserId, services::ElementKey,
};
use tenantry_wire::{
    path::{self, NoElement, PathId},
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

    /// The instance's id.
    pub(crate) fn instance(&self) -> Id<InstanceId> {
        self.id("instance", "instance id", Entity::Instance, InstanceId::new)
    }

    /// The id of a configuration entry.
    pub(crate) fn configuration(&self) -> Id<ConfigurationId> {
        self.id(
            "configuration",
            "configuration id",
            Entity::Instance,
            ConfigurationId::new,
        )
    }

    /// The element's key or id; 404 for what can be neither.
    pub(crate) fn element(&self) -> Result<ElementKey, ApiError> {
        let text = self.text("element")?;
        path::key_or_id(text).map_err(|no_element| match no_element {
            NoElement::OutOfRange => ApiError::no_such(Entity::Element, text),
            NoElement::NoKey(_) => ApiError::not_found("No element found with that key"),
        })
    }

    /// The key of an element that may be new, or the id of one that is not; 400 for what cannot be a key.
    pub(crate) fn element_or_new(&self) -> Result<ElementKey, ApiError> {
        match path::key_or_id(self.text("element")?) {
            Err(NoElement::NoKey(error)) => {
                Err(ApiError::invalid(vec![Problem::new("element key", error)]))
            }
            _ => self.element(),
        }
    }

    /// The element whose instance is meant, if the path names one.
    pub(crate) fn element_of_instance(&self) -> Result<Option<ElementKey>, ApiError> {
        /// Of what is no key and no id, there is no instance.
        const NOBODYS: ElementKey = ElementKey::Id(ElementId::new(-1));
        let text = self.text("element")?;
        let named = !text.is_empty();
        Ok(named.then(|| path::key_or_id(text).unwrap_or(NOBODYS)))
    }

    fn id<T>(&self, name: &str, label: &str, entity: Entity, new: impl FnOnce(i64) -> T) -> Id<T> {
        let read = |text: &str| match path::id(text) {
            Some(PathId::Id(id)) => Ok(new(id)),
            Some(PathId::OutOfRange) => Err(ApiError::no_such(entity, text)),
            None => Err(ApiError::invalid(vec![Problem::new(
                label,
                format!("must be an integer, not '{text}'"),
            )])),
        };
        Id(self.text(name).and_then(read))
    }
}

/// An id of the path that may turn out not to be one, once the caller is known to have the privilege (403 before 400).
#[derive(Clone, Debug)]
pub(crate) struct Id<T>(Result<T, ApiError>);

impl<T: Copy> Id<T> {
    /// One that the path does not name.
    pub(crate) const fn known(id: T) -> Self {
        Self(Ok(id))
    }

    /// The id, or one that nobody has: enough to ask about privileges.
    pub(crate) fn or(&self, nobody: T) -> T {
        self.0.as_ref().copied().unwrap_or(nobody)
    }

    /// The id, or why it is none.
    pub(crate) fn get(&self) -> Result<T, ApiError> {
        self.0.clone()
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
