//! From what a line says to what the domain takes, with the name of the field in every error.

use std::fmt::Display;

use tenantry_domain::{Name, Revision, RoleKey, Text};

/// What is wrong with a field: `firstName must not be empty`.
pub(crate) fn field<T, E: Display>(name: &str, parsed: Result<T, E>) -> Result<T, String> {
    parsed.map_err(|error| format!("{name} {error}"))
}

pub(crate) fn name(field_name: &str, text: String) -> Result<Name, String> {
    field(field_name, Name::parse(text))
}

pub(crate) fn text(field_name: &str, text: String) -> Result<Text, String> {
    field(field_name, Text::parse(text))
}

pub(crate) fn optional(field_name: &str, given: Option<String>) -> Result<Option<Text>, String> {
    given.map(|given| text(field_name, given)).transpose()
}

/// Numbers of stores begin at 1.
pub(crate) fn id(field_name: &str, number: i64) -> Result<i64, String> {
    if number < 1 {
        return Err(format!("{field_name} must be at least 1"));
    }
    Ok(number)
}

pub(crate) fn revision(number: i64) -> Result<Revision, String> {
    id("revision", number).map(Revision::new)
}

/// Roles by their keys, no role twice, in the order of [`RoleKey`].
pub(crate) fn roles<S: AsRef<str>>(keys: &[S]) -> Result<Vec<RoleKey>, String> {
    let mut roles = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(role) = RoleKey::parse(key.as_ref()) else {
            let known: Vec<_> = RoleKey::OF_AN_ORGANIZATION
                .iter()
                .map(|role| role.as_str())
                .collect();
            return Err(format!(
                "roles must be among {}: '{}' is none",
                known.join(", "),
                crate::archive::shown(key.as_ref())
            ));
        };
        roles.push(role);
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

pub(crate) fn keys(roles: &[RoleKey]) -> Vec<String> {
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}

pub(crate) fn written(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}
