//! A user in a reply.

use tenantry_domain::{
    AccountId, Email, Name, PasswordState, Profile, RoleKey, SecretText, User, UserId,
};
use time::{OffsetDateTime, macros::datetime};

use super::{Known, Unreadable, fields::Fields, role::key_of};
use crate::JsonObject;

/// Until when a lock lasts of which the reply says only that it is there.
const FOR_EVER: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// A user, and what some replies say beside.
#[derive(Clone, Debug)]
pub struct UserRead {
    /// The user.
    pub user: User,
    /// The keys of its roles, if they are shown; roles that nobody knows are left out.
    pub roles: Option<Vec<RoleKey>>,
    /// Its secret, if it is shown.
    pub secret: Option<SecretText>,
}

/// Reads a user. Without an `accountId`, and without an account in the path, the account is 0, which nobody has. When the
/// password was set is said nowhere; it is taken to be as old as the user.
///
/// # Errors
/// If id, e-mail or names are missing, or a field cannot be what it is.
pub fn user(object: &JsonObject, known: &Known) -> Result<UserRead, Unreadable> {
    let fields = Fields::of(object)?;
    let (first_name, last_name) = names(&fields)?;
    let created_at = fields.created()?;
    let updated_at = fields.instant(&["updatedDate"])?.unwrap_or(created_at);
    let active = fields.boolean(&["active", "accountNonExpired"]) != Some(false);
    let locked = fields.boolean(&["accountLocked"]) == Some(true)
        || fields.boolean(&["accountNonLocked"]) == Some(false);
    let logged_in = fields.instant(&["lastLoginDate"])?;
    let user = User {
        id: UserId::new(fields.id()),
        organization_id: known.organization,
        account_id: account(&fields)?
            .or(known.account)
            .unwrap_or(AccountId::new(0)),
        email: fields.required(&["email", "username", "emailAddress"], |text| {
            Email::parse(text.trim())
        })?,
        first_name,
        last_name,
        active,
        profile: profile(&fields)?,
        password: password(&fields, active, created_at),
        locked_until: locked.then_some(FOR_EVER),
        last_login_at: logged_in.filter(|at| *at > OffsetDateTime::UNIX_EPOCH),
        created_at,
        updated_at,
        revision: known.revision(),
    };
    let roles = fields.value(&["roles"]).map(|_| {
        let items = fields.items(&["roles"]).iter();
        items.filter_map(key_of).collect()
    });
    let secret = fields.text(&["secret"]).map(SecretText::new);
    Ok(UserRead {
        user,
        roles,
        secret,
    })
}

/// First and last name; where one is missing, what `fullName` has before and behind the first blank or tab.
fn names(fields: &Fields<'_>) -> Result<(Name, Name), Unreadable> {
    let full = fields.text(&["fullName", "name"]).unwrap_or_default();
    let (first, last) = full
        .trim()
        .split_once(char::is_whitespace)
        .unwrap_or((full.trim(), ""));
    let name = |field, fallback: &str| {
        let given = fields.text(&[field]).filter(|text| !text.trim().is_empty());
        match given {
            Some(text) => Name::parse(text).map_err(|error| fields.wrong(field, error)),
            None => Name::parse(fallback.trim()).map_err(|_| fields.wrong(field, "is missing")),
        }
    };
    Ok((name("firstName", first)?, name("lastName", last)?))
}

fn account(fields: &Fields<'_>) -> Result<Option<AccountId>, Unreadable> {
    if let Some(id) = fields.integer(&["accountId"])? {
        return Ok(Some(AccountId::new(id)));
    }
    let Some(account) = fields.object(&["account"]) else {
        return Ok(None);
    };
    let id = Fields::without_id(&account).integer(&["id"])?;
    Ok(id.map(AccountId::new))
}

fn profile(fields: &Fields<'_>) -> Result<Profile, Unreadable> {
    Ok(Profile {
        external_id: fields.optional_text("externalId")?,
        phone: fields.optional_text("phone")?,
        street1: fields.optional_text("street1")?,
        street2: fields.optional_text("street2")?,
        city: fields.optional_text("city")?,
        state_province: match fields.optional_text("stateProvince")? {
            None => fields.optional_text("stateprovince")?,
            given => given,
        },
        postal_code: fields.optional_text("postalCode")?,
        country: fields.optional_text("country")?,
    })
}

/// Lists show a placeholder for a password that is there; credentials that have not expired are a password too.
fn password(fields: &Fields<'_>, active: bool, created_at: OffsetDateTime) -> PasswordState {
    let expired = fields.boolean(&["credentialsExpired"]);
    if fields.value(&["password"]).is_none() && expired != Some(false) {
        return PasswordState::Absent;
    }
    PasswordState::Set {
        changed_at: created_at,
        must_change: active && expired == Some(true),
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{OrganizationId, Revision};

    use super::*;

    const KNOWN: Known = Known {
        organization: OrganizationId::new(7),
        account: None,
        revision: None,
    };

    fn read(body: &str) -> Result<UserRead, String> {
        let object = JsonObject::parse(body.as_bytes()).unwrap();
        user(&object, &KNOWN).map_err(|error| error.to_string())
    }

    #[test]
    fn a_full_user_is_read() {
        let read = read(
            r#"{"id": 3, "email": "frodo@shire.example", "firstName": "Frodo", "lastName": "Baggins", "active": true,
                "createdDate": "2026-01-15", "lastLoginDate": "1970-01-01", "accountId": 4, "accountLocked": true,
                "credentialsExpired": false, "city": "Hobbiton", "stateprovince": "West", "phone": null,
                "secret": "tu_1", "roles": [{"key": "admin"}, {"key": "wizard"}, "org"]}"#,
        )
        .unwrap();
        let user = read.user;
        assert_eq!(user.id, UserId::new(3));
        assert_eq!(user.organization_id, OrganizationId::new(7));
        assert_eq!(user.account_id, AccountId::new(4));
        assert_eq!(user.created_at, datetime!(2026-01-15 0:00 UTC));
        assert_eq!(user.last_login_at, None);
        assert_eq!(user.locked_until, Some(FOR_EVER));
        assert_eq!(user.revision, Revision::new(0));
        assert_eq!(user.profile.city.unwrap().as_str(), "Hobbiton");
        assert_eq!(user.profile.state_province.unwrap().as_str(), "West");
        assert_eq!(user.profile.phone, None);
        assert_eq!(
            user.password,
            PasswordState::Set {
                changed_at: user.created_at,
                must_change: false
            }
        );
        assert_eq!(read.roles, Some(vec![RoleKey::Admin, RoleKey::Org]));
        assert_eq!(read.secret.unwrap().expose(), "tu_1");
    }

    #[test]
    fn what_is_missing_is_made_up_for_or_refused() {
        let names = |body: &str| {
            read(body).map(|read| {
                let user = read.user;
                (user.first_name.to_string(), user.last_name.to_string())
            })
        };
        let expected = Ok(("Frodo".to_owned(), "Baggins".to_owned()));
        let legacy = r#"{"id": "3", "username": " f@x ", "fullName": "\tFrodo\tBaggins"}"#;
        assert_eq!(names(legacy), expected);
        let half = r#"{"id": 3, "email": "f@x", "firstName": "Frodo", "lastName": "", "name": "F Baggins"}"#;
        assert_eq!(names(half), expected);
        for (body, expected) in [
            (r#"{"email": "f@x"}"#, "id is missing"),
            (
                r#"{"id": 3, "email": "f@x", "firstName": "Frodo"}"#,
                "lastName is missing",
            ),
            (
                r#"{"id": 3, "firstName": "F", "lastName": "B"}"#,
                "email is missing",
            ),
            (
                r#"{"id": 3, "firstName": "F", "lastName": "B", "email": "f"}"#,
                "email must have the form name@domain",
            ),
        ] {
            assert_eq!(names(body), Err(expected.to_owned()), "{body}");
        }
    }
}
