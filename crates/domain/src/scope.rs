//! The part of the deployment that a call may touch. Every tenant-scoped port method takes one.

use crate::{AccountId, OrganizationId, UserId};

/// An organization, or a part of it. There is no scope over several organizations, so a query without its organization
/// cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    organization: OrganizationId,
    reach: Reach,
}

/// How much of the organization a [`Scope`] covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Everything.
    Organization,
    /// What belongs to this account.
    Account(AccountId),
    /// This user and what belongs to it.
    User(UserId),
}

impl Scope {
    /// The whole organization.
    pub const fn organization(organization: OrganizationId) -> Self {
        Self {
            organization,
            reach: Reach::Organization,
        }
    }

    /// One account of the organization.
    pub const fn account(organization: OrganizationId, account: AccountId) -> Self {
        Self {
            organization,
            reach: Reach::Account(account),
        }
    }

    /// One user of the organization.
    pub const fn user(organization: OrganizationId, user: UserId) -> Self {
        Self {
            organization,
            reach: Reach::User(user),
        }
    }

    /// The organization outside which nothing is seen.
    pub const fn organization_id(&self) -> OrganizationId {
        self.organization
    }

    /// How much of it.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// Whether a user of this organization and account lies inside.
    pub fn covers(&self, organization: OrganizationId, account: AccountId, user: UserId) -> bool {
        organization == self.organization
            && match self.reach {
                Reach::Organization => true,
                Reach::Account(own) => account == own,
                Reach::User(own) => user == own,
            }
    }
}
