//! The heart of Tenantry: organizations, their accounts, users and instances, and the rules among them.
//!
//! This crate performs no I/O and knows no protocol. It defines
//!
//! * the entities ([`User`], [`Organization`], [`Account`], [`Instance`], [`Role`]) and their value types,
//! * CEQL, the filter language of the platform API ([`ceql`]),
//! * who may do what, as pure functions ([`policy`]),
//! * the ports that adapters implement ([`ports`]),
//! * what an organization is made of when it moves in or out ([`transfer`]),
//! * the use cases that servers call ([`services`]).
//!
//! A library consumer may need nothing but the entities and CEQL:
//!
//! ```
//! use tenantry_domain::{UserField, ceql::Filter};
//!
//! let filter = Filter::<UserField>::parse("lastName LIKE 'gre%' AND active = true")?;
//! # let users: Vec<tenantry_domain::User> = Vec::new();
//! let found: Vec<_> = users.iter().filter(|user| filter.matches(*user)).collect();
//! # Ok::<(), tenantry_domain::ceql::CeqlError>(())
//! ```
#![warn(missing_docs)]

mod account;
mod actor;
mod audit;
mod audit_chain;
pub mod ceql;
mod element;
mod email;
mod ids;
mod instance;
mod organization;
pub mod page;
mod password_policy;
pub mod policy;
pub mod ports;
mod privilege;
mod problem;
mod revision;
mod role;
mod scope;
mod secret;
pub mod services;
mod text;
pub mod transfer;
mod user;

pub use account::{Account, AccountDraft, AccountField, AccountPatch};
pub use actor::{Actor, Admission, CalledInstance, Identity, RequestId};
pub use audit::{
    AuditAction, AuditField, AuditQuery, AuditRecord, Author, Change, Entity, Snapshot,
};
pub use audit_chain::{ChainFault, ChainHead, ChainLink, ChainSignature};
pub use element::{Element, ElementDraft, ElementField};
pub use email::Email;
pub use ids::{
    AccountId, AuditId, ConfigurationId, ElementId, InstanceId, OrganizationId, RoleId, UserId,
};
pub use instance::{
    ConfigurationEntry, ConfigurationPatch, ConfigurationText, ConfigurationTextError,
    ConfigurationValue, ExternalAuthentication, Instance, InstanceDraft, InstanceField,
    InstanceOwner, InstancePatch, MASK, MAX_CONFIGURATION_BYTES, MAX_ENTRIES, names_a_credential,
};
pub use organization::{Organization, OrganizationDraft, OrganizationKind};
pub use password_policy::{BrokenRule, PasswordPolicy, Person};
pub use privilege::{Category, Privilege, PrivilegeSet};
pub use problem::Problem;
pub use revision::{Expected, Revision};
pub use role::{EffectiveRole, Rank, Role, RoleChange, RoleKey};
pub use scope::{Reach, Scope};
pub use secret::{
    KeyId, Password, PasswordHash, ReplyKey, Sealed, SealedPlace, SealedSecret, SecretDigest,
    SecretText, UnfitSecret,
};
pub use text::{Name, Text, TextError};
pub use user::{
    AdminDraft, NewPassword, PasswordState, Profile, ProfilePatch, User, UserDraft, UserField,
    UserPatch,
};
