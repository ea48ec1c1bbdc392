//! The cases, by what they are about. A case takes a store of its own; its name is the sentence that it proves.
//!
//! They must not know which store they run on, and ask for nothing that the documentation of a port does not promise.
#![expect(clippy::unwrap_used, reason = "a step that fails is a case that fails")]

mod configured;
mod given;
mod meeting;
mod moving;
mod world;

pub mod accounts;
pub mod accounts_update;
pub mod administrators;
pub mod audit;
pub mod audit_chain;
pub mod audit_log;
pub mod called_instances;
pub mod concurrency;
pub mod concurrency_platform;
pub mod credentials;
pub mod elements;
pub mod instances;
pub mod instances_configure;
pub mod instances_update;
pub mod keyring;
pub mod login_tokens;
pub mod logins;
pub mod many_terms;
pub mod organizations;
pub mod paging;
pub mod policies;
pub mod properties;
pub mod replies;
pub mod roles;
pub mod roles_configure;
pub mod scopes;
pub mod secrets;
pub mod texts;
pub mod transfers;
pub mod transfers_compared;
pub mod transfers_numbers;
pub mod transfers_out;
pub mod transfers_refused;
pub mod transfers_write;
pub mod users_create;
pub mod users_delete;
pub mod users_filter;
pub mod users_find;
pub mod users_list;
pub mod users_update;
pub mod verified_passwords;
