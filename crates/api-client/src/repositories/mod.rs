//! The ports, one file each.

mod account;
mod audit;
mod element;
mod instance;
mod organization;
mod password_policy;
mod role;
mod unavailable;
mod user;

pub(crate) use self::{
    account::Accounts, audit::Audit, element::Elements, instance::Instances,
    organization::Organizations, password_policy::Policies, role::Roles, unavailable::Unavailable,
    user::Users,
};
