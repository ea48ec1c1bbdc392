//! The ports, one file each. Each builds its statement where it is called and has it run by the engine.

mod account;
mod audit;
mod audit_chain;
mod credential;
mod element;
mod instance;
mod keyring;
mod organization;
mod password_policy;
mod reply;
mod role;
mod transfer;
mod user;

pub(crate) use self::{
    account::Accounts, audit::Audit, audit_chain::Chains, credential::Credentials,
    element::Elements, instance::Instances, keyring::Keyring, organization::Organizations,
    password_policy::Policies, reply::Replies, role::Roles, transfer::Transfers, user::Users,
};
