//! Bodies that were answered before they were read to their end, for example 401 to a large one.
//!
//! What is left of such a body is read and thrown away behind the reply, so that the client can finish sending, finds the
//! reply, and can go on with the connection. Where that would take too much, the reply says that the connection ends.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use http_body::{Frame, SizeHint};

use crate::HttpConfig;

/// What becomes of a request's body.
#[derive(Debug)]
pub(crate) struct Unread {
    rest: Arc<Mutex<Option<Rest>>>,
    /// The client waits for a word before it sends the body.
    expects: bool,
}

/// What nobody has read.
#[derive(Debug)]
struct Rest {
    body: Body,
    begun: bool,
}

impl Unread {
    /// Watches over the body of `request`, if it has one.
    pub(crate) fn watch(request: &mut Request) -> Option<Self> {
        if request.body().is_end_stream() {
            return None;
        }
        let rest = Arc::default();
        let watched = Watched {
            body: std::mem::take(request.body_mut()),
            begun: false,
            ended: false,
            rest: Arc::clone(&rest),
        };
        *request.body_mut() = Body::new(watched);
        let expects = request.headers().contains_key(header::EXPECT);
        Some(Self { rest, expects })
    }

    /// Sees to it that `response` reaches the client whatever is left of the body.
    pub(crate) fn settle(self, response: &mut Response, config: &HttpConfig) {
        let rest = self
            .rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Rest { body, begun }) = rest else {
            return;
        };
        // Whoever waits for a word gets the reply for one, and does not send the body.
        let unwanted = self.expects && !begun;
        if unwanted || body.size_hint().lower() > config.body_limit as u64 {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if !response.headers().contains_key(header::CONNECTION) {
            tokio::spawn(discard(body, config.body_limit, config.body_timeout));
        }
    }
}

/// Reads what comes, within a limit and a time. What is left then ends the connection.
async fn discard(mut body: Body, limit: usize, time: Duration) {
    let read = async {
        let mut length = 0;
        while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            length += frame.data_ref().map_or(0, Bytes::len);
            if length > limit {
                return;
            }
        }
    };
    // Nobody waits for it.
    let _ = tokio::time::timeout(time, read).await;
}

/// A body that leaves behind what was not read of it.
#[derive(Debug)]
struct Watched {
    body: Body,
    begun: bool,
    ended: bool,
    rest: Arc<Mutex<Option<Rest>>>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        this.begun = true;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        this.ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.is_end_stream() {
            return;
        }
        let rest = Rest {
            body: std::mem::take(&mut self.body),
            begun: self.begun,
        };
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
    }
}
