//! The real server over the memory store, on a port of this machine.

use std::{net::TcpListener, sync::Arc};

use tenantry_domain::ports::Repositories;
use tenantry_http_server::{HttpConfig, Machinery, Platform, router, serve};
use tenantry_testkit::{
    FixedClock, PlainHasher, PlainTurns, PlainVault, SequentialRequestIds, memory::MemoryStore,
    samples,
};
use tokio::sync::oneshot;

/// A running server; it stops when this is dropped. In its store is the operator's organization, `Platform`.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) repositories: Repositories,
    _stop: oneshot::Sender<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let repositories = MemoryStore::new().repositories();
        repositories
            .organizations
            .create(&samples::system_organization_draft(), &samples::change())
            .await
            .unwrap();
        let machinery = Machinery {
            hasher: Arc::new(PlainHasher::default()),
            turns: Arc::new(PlainTurns::default()),
            vault: Arc::new(PlainVault::new()),
            clock: Arc::new(FixedClock::default()),
            request_ids: Arc::new(SequentialRequestIds::default()),
            legacy_login: None,
        };
        let config = HttpConfig::default();
        let router = router(Platform::new(&repositories, machinery), &config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(listener, router, &config, stopped).await
        });
        Self {
            address,
            repositories,
            _stop: stop,
        }
    }
}
