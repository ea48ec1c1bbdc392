//! What comes back.

use std::fmt;

use reqwest::header::HeaderMap;
use serde_json::Value;
use tenantry_domain::Revision;
use tenantry_wire::header;

use super::ApiError;
use crate::transport::{Reply, refusal};

/// A reply of success.
pub struct ApiReply {
    reply: Reply,
    value: Value,
}

impl ApiReply {
    /// Reads a reply that came some other way than over the network.
    ///
    /// # Errors
    /// [`ApiError::Refused`] if it is none of success, [`ApiError::Unreadable`] if its body is no JSON.
    pub fn read(status: u16, headers: HeaderMap, body: Vec<u8>) -> Result<Self, ApiError> {
        if !(200..300).contains(&status) {
            return Err(ApiError::Refused(refusal(status, &headers, &body)));
        }
        Self::of(Reply {
            status,
            headers,
            body,
        })
    }

    pub(super) fn of(reply: Reply) -> Result<Self, ApiError> {
        let value = if reply.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&reply.body)
                .map_err(|error| ApiError::Unreadable(format!("its body is no JSON: {error}")))?
        };
        Ok(Self { reply, value })
    }

    /// The status, from 200 to 299.
    pub fn status(&self) -> u16 {
        self.reply.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.reply.headers
    }

    /// One header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply.header(name)
    }

    /// The body; `null` if there is none.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The same, taken out.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// The body, byte by byte as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.reply.body
    }

    /// The revision that the `ETag` says.
    pub fn revision(&self) -> Option<Revision> {
        self.reply.revision()
    }

    /// Names the request, for the log of the server.
    pub fn request_id(&self) -> Option<String> {
        self.reply.request_id()
    }

    /// How many items the whole list has, where the server counted that far.
    pub fn total(&self) -> Option<u64> {
        self.header(header::TOTAL_COUNT)?.trim().parse().ok()
    }

    pub(super) fn inner(&self) -> &Reply {
        &self.reply
    }
}

/// Without the body: it may hold secrets.
impl fmt::Debug for ApiReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiReply")
            .field("status", &self.reply.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replies_are_read_and_not_printed() {
        let body = br#"{"secret": "tu_1"}"#.to_vec();
        let reply = ApiReply::read(201, HeaderMap::new(), body).unwrap();
        assert_eq!(reply.value(), &json!({"secret": "tu_1"}));
        assert_eq!(format!("{reply:?}"), "ApiReply { status: 201, .. }");
        let empty = ApiReply::read(204, HeaderMap::new(), Vec::new()).unwrap();
        assert_eq!(empty.into_value(), Value::Null);
    }

    #[test]
    fn what_is_no_success_is_a_refusal() {
        let body = br#"{"requestId": "59", "message": "No users found"}"#.to_vec();
        let error = ApiReply::read(404, HeaderMap::new(), body).unwrap_err();
        assert_eq!(error.to_string(), "status 404: No users found (request 59)");
        let error = ApiReply::read(200, HeaderMap::new(), b"<html>".to_vec()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the server's reply cannot be understood: its body is no JSON: expected value at line 1 column 1"
        );
    }
}
