//! The use cases: what servers and the command line call.
//!
//! A use case takes the [`Actor`](crate::Actor) first and asks [`policy`](crate::policy) before it touches a port. Where
//! a refusal must come before anybody looks at the rest of the request (contract, section 7: 403 before 400 before 404),
//! it comes in two steps: the first answers a permit or refuses, the second is a method of the permit and takes the rest.

mod accounts;
mod authentication;
mod error;
mod organizations;
mod own_organization;
mod roles;
mod users;

pub use self::{
    accounts::{AccountChanges, AccountService, Accounts, ViewAccount},
    authentication::{AuthenticationService, PresentedSecrets},
    error::ServiceError,
    organizations::{IssuedOrganization, NewOrganization, OrganizationService},
    own_organization::{EditOrganization, OwnOrganization, OwnOrganizationService},
    roles::{ConfigureRoles, RoleEdit, RoleName, RoleService},
    users::{
        ChangeRoles, CreateUsers, DeleteUser, EditUser, FoundUser, NewUser, UserChanges, UserKey,
        UserService, UserWithRoles, ViewRoles, ViewUsers,
    },
};
