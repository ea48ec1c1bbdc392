//! The reading side of the bodies: what a client makes of the replies of any server that speaks the API.
//!
//! Servers differ: Cloud Elements, Open Connectors, and what stands between them and the client. So everything that can be
//! understood is: fields that are missing, unknown or `null`, ids as texts, dates as days, instants or milliseconds, tags as
//! objects, a single object in an array, "connector" for "element". What cannot be understood is [`Unreadable`], and never
//! guessed.

mod account;
mod audit;
mod body;
mod element;
mod error;
mod fields;
mod instance;
mod organization;
mod password_policy;
mod role;
mod sign_up;
mod user;

pub use self::{
    account::account,
    audit::audit_record,
    body::{many, one},
    element::element,
    error::{Refusal, refusal},
    fields::Unreadable,
    instance::{InstanceRead, instance},
    organization::{OrganizationRead, organization, organization_id},
    password_policy::password_policy,
    role::{role, role_key},
    sign_up::{SignedUp, signed_up},
    user::{UserRead, user},
};

use tenantry_domain::{AccountId, OrganizationId, Revision};

/// What is known of an object beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Whose credentials it was read with.
    pub organization: OrganizationId,
    /// The account in the path, if one was.
    pub account: Option<AccountId>,
    /// What the `ETag` said, if there was one.
    pub revision: Option<Revision>,
}

impl Known {
    /// What is known of the items of a list.
    pub const fn of_list(organization: OrganizationId, account: Option<AccountId>) -> Self {
        Self {
            organization,
            account,
            revision: None,
        }
    }

    /// The revision; 0, which nothing has, where the server does not say it.
    fn revision(&self) -> Revision {
        self.revision.unwrap_or(Revision::new(0))
    }
}
