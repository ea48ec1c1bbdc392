//! The ports, one file each. Each builds its statement where it is called and has it run by the engine.

mod account;
mod audit;
mod credential;
mod instance;
mod keyring;
mod organization;
mod role;
mod user;

pub(crate) use self::{
    account::Accounts, audit::Audit, credential::Credentials, instance::Instances,
    keyring::Keyring, organization::Organizations, role::Roles, user::Users,
};
