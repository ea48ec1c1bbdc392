//! Sample values. They are the same in every run; texts that are no such value panic, as a mistake in a test should.
#![expect(
    clippy::missing_panics_doc,
    reason = "every function of text panics, as the module says"
)]

use tenantry_domain::{
    AccountDraft, AccountId, AdminDraft, Author, Change, ElementDraft, Email,
    ExternalAuthentication, InstanceDraft, Name, OrganizationDraft, OrganizationKind, PasswordHash,
    Profile, RequestId, SealedSecret, SecretText, Text, UserDraft, UserId,
    ports::{Caller, LoginToken, SecretVault, VerifiedPassword},
};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::PlainVault;

/// When the samples begin.
pub const START: OffsetDateTime = datetime!(2026-01-15 12:00:00 UTC);

/// An e-mail address.
pub fn email(text: &str) -> Email {
    Email::parse(text).unwrap_or_else(|error| panic!("email {text:?} {error}"))
}

/// A name.
pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("name {text:?} {error}"))
}

/// A text.
pub fn text(text: &str) -> Text {
    Text::parse(text).unwrap_or_else(|error| panic!("text {text:?} {error}"))
}

/// The request id of this number.
pub fn request_id(number: u64) -> RequestId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    RequestId::new(bytes)
}

/// A change by the operator, in request 0, at [`START`].
pub fn change() -> Change {
    change_at(0)
}

/// A change by the operator, in the request of that number, so many seconds after [`START`].
pub fn change_at(seconds: u32) -> Change {
    Change {
        author: Author::Operator,
        request_id: request_id(u64::from(seconds)),
        at: START + Duration::seconds(i64::from(seconds)),
    }
}

/// The same by a user.
pub fn change_by(user: UserId, seconds: u32) -> Change {
    Change {
        author: Author::User(user),
        ..change_at(seconds)
    }
}

/// This secret, as [`PlainVault`] has it stored.
pub fn secret(clear: &str) -> SealedSecret {
    PlainVault::new().adopt(&SecretText::new(clear))
}

/// The hash that [`PlainHasher`](crate::PlainHasher) makes of this password.
pub fn password_hash(password: &str) -> PasswordHash {
    PasswordHash::new(format!("plain${password}"))
}

/// What is known when this password was compared with the hash of it that [`password_hash`] makes.
pub fn verified(password: &str) -> VerifiedPassword {
    VerifiedPassword {
        hash: password_hash(password),
        upgraded: None,
    }
}

/// The same, where that hash is to be renewed: `better$<password>`.
pub fn verified_and_upgraded(password: &str) -> VerifiedPassword {
    VerifiedPassword {
        upgraded: Some(PasswordHash::new(format!("better${password}"))),
        ..verified(password)
    }
}

/// A customer's organization with the secret `to_<name>`, and its first user `admin@<name>.example` (name in lower
/// case) with the secret `tu_<email>`.
pub fn organization_draft(organization: &str) -> OrganizationDraft {
    let admin = format!("admin@{}.example", organization.to_lowercase());
    OrganizationDraft {
        name: name(organization),
        kind: OrganizationKind::Customer,
        secret: secret(&format!("to_{organization}")),
        admin: AdminDraft {
            email: email(&admin),
            first_name: name("Ada"),
            last_name: name("Admin"),
            password: None,
            must_change: false,
            secret: secret(&format!("tu_{admin}")),
        },
    }
}

/// The operator's organization, `Platform`; its first user is `admin@platform.example`.
pub fn system_organization_draft() -> OrganizationDraft {
    OrganizationDraft {
        kind: OrganizationKind::System,
        ..organization_draft("Platform")
    }
}

/// An account without description and external id.
pub fn account_draft(account: &str) -> AccountDraft {
    AccountDraft {
        name: name(account),
        description: None,
        external_id: None,
    }
}

/// An active user, Frodo Baggins, with nothing optional, with the secret `tu_<email>`.
pub fn user_draft(account: AccountId, address: &str) -> UserDraft {
    UserDraft {
        account_id: account,
        email: email(address),
        first_name: name("Frodo"),
        last_name: name("Baggins"),
        active: true,
        profile: Profile::default(),
        password: None,
        secret: secret(&format!("tu_{address}")),
        roles: Vec::new(),
    }
}

/// Every field of a profile filled, each with another text.
pub fn full_profile() -> Profile {
    Profile {
        external_id: Some(text("FB-1")),
        phone: Some(text("+41 44 123 45 67")),
        street1: Some(text("Bag End 1")),
        street2: Some(text("Bagshot Row")),
        city: Some(text("Hobbiton")),
        state_province: Some(text("Westfarthing")),
        postal_code: Some(text("1401")),
        country: Some(text("Shire")),
    }
}

/// An instance without tags and configuration, with the token `ti_<user>_<element key>_<name>`.
pub fn instance_draft(user: UserId, element_key: &str, instance: &str) -> InstanceDraft {
    InstanceDraft {
        user_id: user,
        name: name(instance),
        element: ElementDraft::of_key(text(element_key)),
        tags: Vec::new(),
        configuration: Vec::new(),
        external_authentication: ExternalAuthentication::None,
        token: secret(&format!("ti_{user}_{element_key}_{instance}")),
    }
}

/// Who presents the secrets of the user with this e-mail and of the organization of this name, as the drafts of this
/// module give them.
pub fn caller(address: &str, organization: &str) -> Caller {
    Caller::Secrets {
        user: secret(&format!("tu_{address}")).digest,
        organization: secret(&format!("to_{organization}")).digest,
        instance: None,
    }
}

/// Who presents the login token of this text.
pub fn token_caller(clear: &str) -> Caller {
    Caller::Token {
        token: secret(clear).digest,
        instance: None,
    }
}

/// The login token of this text, good until so many seconds after [`START`].
pub fn login_token(clear: &str, seconds: u32) -> LoginToken {
    LoginToken {
        digest: secret(clear).digest,
        expires_at: change_at(seconds).at,
    }
}
