//! What is sent.

use reqwest::Method;
use serde_json::Value;
use tenantry_domain::Revision;
use tenantry_wire::path::encoded;

/// One call of the API.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    path: String,
    query: Vec<(&'a str, String)>,
    pub(crate) body: Option<Value>,
    /// The revision that the target must have.
    pub(crate) expected: Option<Revision>,
}

impl<'a> Call<'a> {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path).with_body(body)
    }

    pub(crate) fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path).with_body(body)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            expected: None,
        }
    }

    pub(crate) fn with_body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    pub(crate) fn with(mut self, name: &'a str, value: &impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(crate) fn expecting(self, expected: Option<Revision>) -> Self {
        Self { expected, ..self }
    }

    pub(crate) fn path_and_query(&self) -> String {
        let mut text = self.path.clone();
        for (place, (name, value)) in self.query.iter().enumerate() {
            text.push(if place == 0 { '?' } else { '&' });
            text.push_str(&encoded(name));
            text.push('=');
            text.push_str(&encoded(value));
        }
        text
    }

    /// Whether a second time does no harm, though nobody knows what became of the first: the same comes out, or the server
    /// knows the second by its key. Under a condition it would find the first one's change, and refuse it.
    pub(super) fn can_be_repeated(&self) -> bool {
        self.method != Method::PATCH && self.expected.is_none()
    }

    /// Whether a conflict is not about the target, but about the key under which the first attempt is running still.
    pub(super) fn is_about_its_key(&self, message: Option<&str>) -> bool {
        self.method == Method::POST
            && message.is_some_and(|message| message.contains("Idempotency-Key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        let call = Call::get("/users")
            .with("where", &"lastName LIKE 'ä%' AND id > 1")
            .with("pageSize", &20);
        assert_eq!(
            call.path_and_query(),
            "/users?where=lastName%20LIKE%20%27%C3%A4%25%27%20AND%20id%20%3E%201&pageSize=20"
        );
    }
}
