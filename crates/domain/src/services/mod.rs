//! The use cases: what servers and the command line call.
//!
//! A use case takes the [`Actor`](crate::Actor) first and asks [`policy`](crate::policy) before it touches a port. Where
//! a refusal must come before anybody looks at the rest of the request (contract, section 7: 403 before 400 before 404),
//! it comes in two steps: the first answers a permit or refuses, the second is a method of the permit and takes the rest.

mod accounts;
mod audit;
mod audit_chain;
mod authentication;
mod elements;
mod error;
mod export;
mod import;
mod instances;
mod key_rotation;
mod organizations;
mod own_organization;
mod password_policies;
mod passwords;
mod replies;
mod roles;
mod totals;
mod upkeep;
mod users;

pub use self::{
    accounts::{AccountChanges, AccountService, Accounts, ViewAccount},
    audit::{AuditService, ReadLog},
    audit_chain::{AuditChainService, ChainReport, SignedAnew},
    authentication::{
        AuthenticationService, LoggedIn, OwnSecrets, PasswordChange, PresentedSecrets,
        ResetOrganizationSecret,
    },
    elements::{ElementKey, ElementService, ViewElements},
    error::ServiceError,
    export::{ExportError, ExportService, Secrets},
    import::{
        Destination, Fate, ImportError, ImportOptions, ImportService, Listener, Lost, Reported,
        Start, Summary, Tally,
    },
    instances::{
        CreateInstances, EditInstance, ElementName, InstanceChanges, InstanceCount, InstanceQuery,
        InstanceService, NewInstance, ShownEntry, ShownInstance, ViewInstances,
    },
    key_rotation::{KeyRotationService, KeysInUse, RotationProgress},
    organizations::{IssuedOrganization, NewOrganization, OrganizationService, SignUp},
    own_organization::{EditOrganization, OwnOrganization, OwnOrganizationService},
    password_policies::{ManagePolicy, PasswordPolicyService},
    replies::{FirstCall, Repetition, ReplyService},
    roles::{ConfigureRoles, RoleEdit, RoleName, RoleService},
    upkeep::{Retention, UpkeepService},
    users::{
        ChangeRoles, CreateUsers, DeleteUser, EditUser, FoundUser, NewUser, UserChanges, UserKey,
        UserService, UserWithRoles, ViewRoles, ViewUsers,
    },
};
