//! What is sent, as anybody can put it together.

use std::fmt;

use reqwest::Method;
use serde_json::Value;
use tenantry_domain::Revision;

use crate::transport::Call;

/// One call of the API.
#[derive(Clone, PartialEq)]
pub struct ApiCall {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// Below `/elements/api-v2`, with a slash in front; what comes from outside has to be encoded
    /// (`tenantry_wire::path::encoded`).
    pub path: String,
    /// Names and values, not encoded.
    pub query: Vec<(String, String)>,
    /// Sent as JSON.
    pub body: Option<Value>,
    /// The revision that the target must have, as `If-Match`.
    pub expected: Option<Revision>,
}

impl ApiCall {
    /// A call without parameters and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            expected: None,
        }
    }

    /// GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// POST.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// PUT.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// PATCH.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    /// DELETE.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With one more parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: &(impl ToString + ?Sized)) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// With one more parameter, if there is a value.
    #[must_use]
    pub fn with_some(self, name: impl Into<String>, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, &value),
            None => self,
        }
    }

    /// With a body.
    #[must_use]
    pub fn with_body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// Path and parameters, encoded, as they stand behind the base path.
    pub fn path_and_query(&self) -> String {
        self.to_call().path_and_query()
    }

    pub(super) fn to_call(&self) -> Call<'_> {
        let mut call = Call::new(self.method.clone(), self.path.as_str());
        for (name, value) in &self.query {
            call = call.with(name, value);
        }
        call.body.clone_from(&self.body);
        call.expecting(self.expected)
    }
}

/// Without parameters and body: they may hold passwords and name persons.
impl fmt::Debug for ApiCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiCall")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_encoded_and_nothing_is_printed() {
        let call = ApiCall::post("/users")
            .with("where", "email = 'frodo@shire.example'")
            .with_some("pageSize", Some(20))
            .with_some("orderBy", None::<&str>)
            .with_body(json!({"password": "Correct-horse-1"}));
        assert_eq!(
            call.path_and_query(),
            "/users?where=email%20%3D%20%27frodo%40shire.example%27&pageSize=20"
        );
        assert_eq!(format!("{call:?}"), "ApiCall { method: POST, .. }");
    }
}
