//! A user in a request: tolerant of what it does not know, exact about what it does.

use serde_json::Value;
use tenantry_domain::{
    Email, Name, Password, Problem, Profile, ProfilePatch, RoleKey, Text,
    services::{NewUser, UserChanges},
};

use super::SECURED;
use crate::object::{JsonObject, Problems, kind};

/// Reads the body of a POST.
///
/// # Errors
/// Everything that is wrong with it.
pub fn new_user(object: &JsonObject) -> Result<NewUser, Vec<Problem>> {
    let mut problems = Problems::default();
    for field in ["firstName", "lastName", "email"] {
        problems.require(object, field);
    }
    let first_name = problems.text(object, "firstName", Name::parse);
    let last_name = problems.text(object, "lastName", Name::parse);
    let email = problems.text(object, "email", Email::parse);
    let password = password(&mut problems, object);
    let active = problems.boolean(object, "active").unwrap_or(true);
    let roles = roles(&mut problems, object).unwrap_or_default();
    let profile = profile(&mut problems, object).apply(&Profile::default());
    let (Some(first_name), Some(last_name), Some(email)) = (first_name, last_name, email) else {
        return problems.finish(None);
    };
    problems.finish(Some(NewUser {
        email,
        first_name,
        last_name,
        password,
        active,
        profile,
        roles,
    }))
}

/// Reads the body of a PATCH: what is left out stays; `null` empties what may be empty.
///
/// # Errors
/// Everything that is wrong with it.
pub fn changes_of_patch(object: &JsonObject) -> Result<UserChanges, Vec<Problem>> {
    let mut problems = Problems::default();
    for field in ["firstName", "lastName", "email"] {
        problems.refuse_null(object, field);
    }
    let profile = profile(&mut problems, object);
    let changes = changes(&mut problems, object, profile);
    problems.finish(Some(changes))
}

/// Reads the body of a PUT: names, e-mail, phone and address are replaced, so those left out are emptied. What a reply
/// does not always show (password, roles) and what would change who may log in (active, accountLocked) stays if left out.
///
/// # Errors
/// Everything that is wrong with it.
pub fn changes_of_put(object: &JsonObject) -> Result<UserChanges, Vec<Problem>> {
    let mut problems = Problems::default();
    for field in ["firstName", "lastName", "email"] {
        problems.require(object, field);
    }
    let given = profile(&mut problems, object);
    let replaced = |field: Option<Option<Text>>| Some(field.flatten());
    let profile = ProfilePatch {
        external_id: replaced(given.external_id),
        phone: replaced(given.phone),
        street1: replaced(given.street1),
        street2: replaced(given.street2),
        city: replaced(given.city),
        state_province: replaced(given.state_province),
        postal_code: replaced(given.postal_code),
        country: replaced(given.country),
    };
    let changes = changes(&mut problems, object, profile);
    problems.finish(Some(changes))
}

fn changes(problems: &mut Problems, object: &JsonObject, profile: ProfilePatch) -> UserChanges {
    for field in ["password", "active", "accountLocked", "roles"] {
        problems.refuse_null(object, field);
    }
    UserChanges {
        email: problems.text(object, "email", Email::parse),
        first_name: problems.text(object, "firstName", Name::parse),
        last_name: problems.text(object, "lastName", Name::parse),
        password: password(problems, object),
        active: problems.boolean(object, "active"),
        account_locked: problems.boolean(object, "accountLocked"),
        profile,
        roles: roles(problems, object),
        permanent: false,
    }
}

fn profile(problems: &mut Problems, object: &JsonObject) -> ProfilePatch {
    let mut field = |name: &str| {
        object
            .has(name)
            .then(|| problems.text(object, name, Text::parse))
    };
    ProfilePatch {
        external_id: field("externalId"),
        phone: field("phone"),
        street1: field("street1"),
        street2: field("street2"),
        city: field("city"),
        // The old spelling counts where the new one is left out.
        state_province: field("stateProvince").or_else(|| field("stateprovince")),
        postal_code: field("postalCode"),
        country: field("country"),
    }
}

/// The password, unless it is what stands for one in replies.
fn password(problems: &mut Problems, object: &JsonObject) -> Option<Password> {
    problems
        .password(object, "password")
        .filter(|password| password.expose() != SECURED)
}

fn roles(problems: &mut Problems, object: &JsonObject) -> Option<Vec<RoleKey>> {
    let items = match object.get("roles")? {
        Value::Array(items) => items,
        other => {
            problems.add(
                "roles",
                format!(
                    "must be an array of objects with a key, not {}",
                    kind(other)
                ),
            );
            return None;
        }
    };
    let mut roles = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let field = format!("roles[{place}].key");
        match item.get("key") {
            Some(Value::String(key)) => match RoleKey::parse(key) {
                Some(role) => roles.push(role),
                None => problems.add(field, format!("'{key}' is no role")),
            },
            Some(other) => problems.add(field, format!("must be a text, not {}", kind(other))),
            None => problems.add(field, "is required"),
        }
    }
    Some(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(body: &str) -> JsonObject {
        JsonObject::parse(body.as_bytes()).unwrap()
    }

    fn messages<T: std::fmt::Debug>(read: Result<T, Vec<Problem>>) -> String {
        read.unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert_eq!(
            messages(new_user(&object("{}"))),
            "firstName is required; lastName is required; email is required"
        );
        let body = r#"{"firstName": 1, "lastName": " ", "email": "x", "active": "yes", "city": ["a"], "password": {},
            "roles": [{"key": "king"}, {}, {"key": 7}]}"#;
        assert_eq!(
            messages(new_user(&object(body))),
            "firstName must be a text, not a number; lastName must not be empty; email must have the form name@domain; \
             password must be a text, not an object; active must be true or false, not a text; roles[0].key 'king' is no \
             role; roles[1].key is required; roles[2].key must be a text, not a number; city must be a text, not an array"
        );
    }

    #[test]
    fn unknown_and_read_only_fields_are_ignored() {
        let body = r#"{"id": "x", "fullName": 3, "secret": 1, "nonsense": [], "firstName": "Frodo", "password": "secured"}"#;
        let changes = changes_of_patch(&object(body)).unwrap();
        assert_eq!(changes.first_name, Some(Name::parse("Frodo").unwrap()));
        assert_eq!(
            (changes.password, changes.profile),
            (None, ProfilePatch::default())
        );
    }

    #[test]
    fn null_empties_what_may_be_empty() {
        let changes = changes_of_patch(&object(r#"{"phone": null, "city": ""}"#)).unwrap();
        assert_eq!(changes.profile.phone, Some(None));
        assert_eq!(changes.profile.city, Some(Some(Text::parse("").unwrap())));
        assert_eq!(
            messages(changes_of_patch(&object(
                r#"{"email": null, "active": null}"#
            ))),
            "email must not be null; leave it out to keep it as it is; active must not be null; leave it out to keep it \
             as it is"
        );
    }

    #[test]
    fn put_empties_what_is_left_out() {
        let body = r#"{"firstName": "F", "lastName": "B", "email": "f@b.example", "stateprovince": "Shire"}"#;
        let changes = changes_of_put(&object(body)).unwrap();
        assert_eq!(changes.profile.phone, Some(None));
        assert_eq!(
            changes.profile.state_province,
            Some(Some(Text::parse("Shire").unwrap()))
        );
        assert_eq!((changes.active, changes.roles), (None, None));
        assert_eq!(
            messages(changes_of_put(&object("{}"))),
            "firstName is required; lastName is required; email is required"
        );
    }
}
