//! Organizations: the tenants.

use time::OffsetDateTime;

use crate::{AccountId, AdminDraft, Name, OrganizationId, Revision, SealedSecret, Text};

/// A tenant. Nothing of one organization is ever seen by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Assigned by the store.
    pub id: OrganizationId,
    /// Shown to people; need not be unique.
    pub name: Name,
    /// Users of an inactive organization cannot authenticate.
    pub active: bool,
    /// The operator's own, or a customer's.
    pub kind: OrganizationKind,
    /// The account that `/organizations/users` creates users in.
    pub default_account_id: AccountId,
    /// The caller's own key for it.
    pub external_id: Option<Text>,
    /// When it was created, to the microsecond.
    pub created_at: OffsetDateTime,
    /// When it was last changed, to the microsecond.
    pub updated_at: OffsetDateTime,
    /// How often it was written.
    pub revision: Revision,
}

/// Whose organization it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrganizationKind {
    /// The operator's: number 1, made when a store is first opened; there is exactly one.
    System,
    /// A customer's.
    Customer,
}

/// What is needed to create an organization. Its default account, roles and first user come with it, in one write.
#[derive(Clone, Debug)]
pub struct OrganizationDraft {
    /// Shown to people.
    pub name: Name,
    /// The operator's own, or a customer's.
    pub kind: OrganizationKind,
    /// The organization's secret as the store keeps it.
    pub secret: SealedSecret,
    /// The first user: `org-admin` of a customer, `sys-admin` of the system organization.
    pub admin: AdminDraft,
}
