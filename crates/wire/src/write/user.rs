//! Users in requests.

use serde_json::{Value, json};
use tenantry_domain::{Profile, RoleKey, Text, UserDraft, UserPatch};
use time::{OffsetDateTime, macros::datetime};

use super::{Body, Unsaid};

/// Locks until the end of this year are locks for ever.
const FOR_EVER: OffsetDateTime = datetime!(9999-01-01 0:00 UTC);
const HASH: Unsaid = Unsaid("a password of which only the hash is known");

/// The body of a POST. The secret is decided by the server.
///
/// # Errors
/// For a password.
pub fn new_user(draft: &UserDraft) -> Result<Value, Unsaid> {
    if draft.password.is_some() {
        return Err(HASH);
    }
    let body = Body::default()
        .with("firstName", draft.first_name.as_str())
        .with("lastName", draft.last_name.as_str())
        .with("email", draft.email.as_str())
        .with("active", draft.active)
        .with("roles", roles(&draft.roles));
    Ok(profile(body, &draft.profile).done())
}

/// The body of a PATCH. That instances are discarded is said by `?permanent=true`, beside it.
///
/// # Errors
/// For a password, for a lock that ends by itself, and if instances are discarded of a user that stays active.
pub fn user_patch(patch: &UserPatch) -> Result<Value, Unsaid> {
    if patch.password.is_some() {
        return Err(HASH);
    }
    if patch.discard_instances && patch.active != Some(false) {
        return Err(Unsaid(
            "discarding the instances of a user that stays active",
        ));
    }
    let locked = match patch.locked_until {
        None => None,
        Some(None) => Some(false),
        Some(Some(until)) if until >= FOR_EVER => Some(true),
        Some(Some(_)) => return Err(Unsaid("a lock that ends by itself")),
    };
    let text = |name: &Option<tenantry_domain::Name>| name.as_ref().map(ToString::to_string);
    let changed = &patch.profile;
    Ok(Body::default()
        .given("email", patch.email.as_ref().map(ToString::to_string))
        .given("firstName", text(&patch.first_name))
        .given("lastName", text(&patch.last_name))
        .given("active", patch.active)
        .given("accountLocked", locked)
        .given("roles", patch.roles.as_deref().map(roles))
        .changed("externalId", changed.external_id.as_ref())
        .changed("phone", changed.phone.as_ref())
        .changed("street1", changed.street1.as_ref())
        .changed("street2", changed.street2.as_ref())
        .changed("city", changed.city.as_ref())
        .changed("stateProvince", changed.state_province.as_ref())
        .changed("postalCode", changed.postal_code.as_ref())
        .changed("country", changed.country.as_ref())
        .done())
}

fn profile(body: Body, profile: &Profile) -> Body {
    let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
    body.given("externalId", text(&profile.external_id))
        .given("phone", text(&profile.phone))
        .given("street1", text(&profile.street1))
        .given("street2", text(&profile.street2))
        .given("city", text(&profile.city))
        .given("stateProvince", text(&profile.state_province))
        .given("postalCode", text(&profile.postal_code))
        .given("country", text(&profile.country))
}

fn roles(keys: &[RoleKey]) -> Value {
    let keys = keys.iter().map(|key| json!({"key": key.as_str()}));
    Value::Array(keys.collect())
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{
        AccountId, Email, KeyId, Name, PasswordHash, ProfilePatch, Sealed, SealedSecret,
        SecretDigest,
    };

    use super::*;
    use crate::{JsonObject, user};

    fn object(body: &Value) -> JsonObject {
        JsonObject::parse(body.to_string().as_bytes()).unwrap()
    }

    fn text(text: &str) -> Text {
        Text::parse(text).unwrap()
    }

    fn frodo() -> UserDraft {
        UserDraft {
            account_id: AccountId::new(4),
            email: Email::parse("frodo@shire.example").unwrap(),
            first_name: Name::parse("Frodo").unwrap(),
            last_name: Name::parse("Baggins").unwrap(),
            active: false,
            profile: Profile {
                city: Some(text("Hobbiton")),
                state_province: Some(text("")),
                ..Profile::default()
            },
            password: None,
            secret: SealedSecret {
                digest: SecretDigest::new([0; 32]),
                sealed: Sealed {
                    key_id: KeyId(uuid::Uuid::nil()),
                    bytes: Vec::new(),
                },
            },
            roles: vec![RoleKey::Admin],
        }
    }

    #[test]
    fn a_new_user_is_read_by_the_server_as_it_was_meant() {
        let draft = frodo();
        let read = user::new_user(&object(&new_user(&draft).unwrap())).unwrap();
        assert_eq!(read.email, draft.email);
        assert_eq!(read.first_name, draft.first_name);
        assert_eq!(read.last_name, draft.last_name);
        assert_eq!(read.active, draft.active);
        assert_eq!(read.profile, draft.profile);
        assert_eq!(read.roles, draft.roles);
        let hashed = UserDraft {
            password: Some(PasswordHash::new("$argon2id$")),
            ..draft
        };
        assert_eq!(new_user(&hashed).unwrap_err(), HASH);
    }

    #[test]
    fn changes_are_read_by_the_server_as_they_were_meant() {
        let patch = UserPatch {
            email: Some(Email::parse("f@shire.example").unwrap()),
            active: Some(true),
            profile: ProfilePatch {
                phone: Some(None),
                city: Some(Some(text("Bree"))),
                ..ProfilePatch::default()
            },
            locked_until: Some(Some(datetime!(9999-12-31 23:59:59 UTC))),
            roles: Some(Vec::new()),
            ..UserPatch::default()
        };
        let read = user::changes_of_patch(&object(&user_patch(&patch).unwrap())).unwrap();
        assert_eq!(read.email, patch.email);
        assert_eq!((read.first_name, read.last_name), (None, None));
        assert_eq!((read.active, read.account_locked), (Some(true), Some(true)));
        assert_eq!(read.profile, patch.profile);
        assert_eq!(read.roles, patch.roles);
        assert_eq!(
            user_patch(&UserPatch::default()).unwrap(),
            serde_json::json!({})
        );
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let until_noon = UserPatch {
            locked_until: Some(Some(datetime!(2026-01-15 12:00 UTC))),
            ..UserPatch::default()
        };
        let discard = UserPatch {
            discard_instances: true,
            ..UserPatch::default()
        };
        for (patch, what) in [
            (until_noon, "a lock that ends by itself"),
            (
                discard,
                "discarding the instances of a user that stays active",
            ),
        ] {
            assert_eq!(user_patch(&patch).unwrap_err(), Unsaid(what));
        }
    }
}
