//! `GET /metrics`: what is counted, for Prometheus, without credentials.

use axum::{
    extract::{ConnectInfo, State},
    http::{Extensions, HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{
    connection::Peer,
    error::ApiError,
    metrics::Moment,
    router::{AppState, nothing_here},
};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Read what the server has counted
///
/// In the text format of Prometheus. Nothing in it is of one organization. Not there if the configuration leaves it out.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404))
)]
pub(crate) async fn text(
    State(state): State<AppState>,
    extensions: Extensions,
) -> Result<Response, ApiError> {
    let Some(metrics) = &state.metrics else {
        return Err(nothing_here().await);
    };
    let peer = extensions.get::<ConnectInfo<Peer>>();
    let text = metrics.text(Moment {
        connections: peer.map(|ConnectInfo(peer)| peer.connections.open()),
        store_up: state.platform.keyring.sentinel().await.is_ok(),
    });
    Ok(([(header::CONTENT_TYPE, TEXT)], text).into_response())
}
