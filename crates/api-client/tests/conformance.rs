//! The contract of the ports by loopback: for each case the real server over the memory store, on a port of its own, and
//! this adapter before it. `conformance/profile.rs` says which cases cannot pass, and why.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "conformance/legacy_login.rs"]
mod legacy_login;
#[path = "conformance/profile.rs"]
mod profile;
mod support;

use std::sync::Arc;

use tenantry_api_client::{Credentials, RemoteConfig, RemoteStore};
use tenantry_testkit::{Fresh, SequentialRequestIds};

async fn fresh() -> Fresh {
    let server = support::Server::start().await;
    let store = RemoteStore::connect(
        RemoteConfig::new(&server.address),
        Credentials::new("tu_admin@platform.example", "to_Platform"),
        Arc::new(SequentialRequestIds::default()),
    )
    .await
    .unwrap();
    Fresh::new(store.repositories(), (store, server)).without_hashes()
}

tenantry_testkit::repository_suite!(fresh, profile::REMOTE);
