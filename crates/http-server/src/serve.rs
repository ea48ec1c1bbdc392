//! The accept loop: bounds on connections and slow clients, and a shutdown that finishes what runs.

use std::{future::Future, io, net::TcpListener};

use axum::{ServiceExt, extract::Request};
use axum_server::{Handle, Server};
use tracing::warn;

use crate::{
    Api, HttpConfig,
    connection::{Listener, Peer},
};

/// Serves until `shutdown` is ready, then finishes the requests that run, for `shutdown_timeout` at most.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    config: &HttpConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = Listener::new(
        tokio::net::TcpListener::from_std(listener)?,
        config.connections,
        config.write_timeout,
    );
    let handle = Handle::<Peer>::new();
    let stop = handle.clone();
    let patience = config.shutdown_timeout;
    tokio::spawn(async move {
        shutdown.await;
        stop.graceful_shutdown(Some(patience));
    });
    let mut server = Server::<Peer>::from_listener(listener)
        .handle(handle)
        .first_request_timeout(config.header_timeout)
        .accept_error_handler(|_, error| warn!(%error, "a connection could not be accepted"))
        .http1_only();
    server
        .http_builder()
        .http1()
        .header_read_timeout(config.header_timeout);
    server
        .serve(ServiceExt::<Request>::into_make_service_with_connect_info::<Peer>(api))
        .await
}
