//! The ports of `tenantry-domain` over HTTP: a server that speaks `/elements/api-v2` becomes a store. The server may be Cloud
//! Elements, SAP Open Connectors, or another Tenantry; what it leaves unsaid is made up for, or said to be missing.
//!
//! What the API cannot do is [`RepositoryError::Unsupported`](tenantry_domain::ports::RepositoryError::Unsupported), and never
//! a guess. `docs/client.md` lists it.
//!
//! Beside that there is the API as it is, without the ports: [`Api`], [`ApiCall`], [`Pager`].
//!
//! And there is an organization as something that moves in elsewhere: [`RemoteSource`].
//!
//! [`RemoteLogin`] is apart from that: it asks such a server whether the password of one of its users is right.
//!
//! This crate must not know any store, nor where its configuration comes from.
#![warn(missing_docs)]

mod api;
mod config;
mod credentials;
mod error;
mod legacy_login;
mod list;
mod paging;
mod remote;
mod repositories;
mod rounds;
mod source;
mod store;
mod transport;

pub use reqwest::{Method, header::HeaderMap};

pub use self::{
    api::{Api, ApiCall, ApiError, ApiReply, Calls, Pager},
    config::{ConfigError, RemoteConfig, Retries},
    credentials::Credentials,
    legacy_login::RemoteLogin,
    source::{Passwords, Patience, RemoteSource, SourceOptions, UserSecrets},
    store::RemoteStore,
    transport::Refusal,
};
