//! An HTTP client of the platform API.

use std::time::Duration;

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

/// The two secrets of a caller.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) user: String,
    pub(crate) organization: String,
}

impl Secrets {
    /// Those in what the program printed.
    pub(crate) fn of(printed: &Value) -> Self {
        let text = |name: &str| {
            printed[name]
                .as_str()
                .unwrap_or_else(|| panic!("{name} in {printed}"))
                .to_owned()
        };
        Self {
            user: text("userSecret"),
            organization: text("organizationSecret"),
        }
    }

    /// The header that authenticates.
    pub(crate) fn header(&self) -> String {
        format!("User {}, Organization {}", self.user, self.organization)
    }
}

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: String,
}

/// What a server answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `Null` if there was none.
    pub(crate) body: Value,
}

impl Reply {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of a reply that has to be 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        // Whatever TLS the client is built with, it has to be given a provider; only the first one counts.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()
            .unwrap();
        Self {
            http,
            address: address.to_owned(),
        }
    }

    /// A request of the platform API, ready to be changed or sent.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        secrets: &Secrets,
    ) -> reqwest::RequestBuilder {
        let url = format!("http://{}/elements/api-v2{path}", self.address);
        self.http
            .request(method, url)
            .header("Authorization", secrets.header())
    }

    /// A request with whatever credentials, or none.
    pub(crate) fn request_as(
        &self,
        method: Method,
        path: &str,
        authorization: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let url = format!("http://{}/elements/api-v2{path}", self.address);
        let request = self.http.request(method, url);
        match authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    /// Logs in.
    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Reply {
        let body = json!({"username": email, "password": password});
        let request = self.request_as(Method::POST, "/authentication", None);
        send(request.json(&body)).await
    }

    pub(crate) async fn get(&self, path: &str, secrets: &Secrets) -> Reply {
        send(self.request(Method::GET, path, secrets)).await
    }

    pub(crate) async fn post(&self, path: &str, secrets: &Secrets, body: &Value) -> Reply {
        send(self.request(Method::POST, path, secrets).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, secrets: &Secrets, body: &Value) -> Reply {
        send(self.request(Method::PATCH, path, secrets).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, secrets: &Secrets) -> Reply {
        send(self.request(Method::DELETE, path, secrets)).await
    }
}

/// Sends a request and reads the whole reply.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Reply {
    try_send(request).await.unwrap()
}

/// As [`send`], where the server may go away.
pub(crate) async fn try_send(request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap()
    };
    Ok(Reply {
        status,
        headers,
        body,
    })
}
