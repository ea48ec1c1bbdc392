//! The accept loop: timeouts against slow clients, and a shutdown that finishes what runs.

use std::{future::Future, io, net::TcpListener};

use axum::Router;
use axum_server::Handle;

use crate::HttpConfig;

/// Serves until `shutdown` is ready, then finishes the requests that run, for `shutdown_timeout` at most.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &HttpConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let handle = Handle::new();
    let stop = handle.clone();
    let patience = config.shutdown_timeout;
    tokio::spawn(async move {
        shutdown.await;
        stop.graceful_shutdown(Some(patience));
    });
    let mut server = axum_server::from_tcp(listener)?
        .handle(handle)
        .first_request_timeout(config.header_timeout)
        .http1_only();
    server
        .http_builder()
        .http1()
        .header_read_timeout(config.header_timeout);
    server.serve(router.into_make_service()).await
}
