//! The writing side of requests: what a client sends of what the domain asks for.
//!
//! The API cannot say everything that a store can do: passwords go in clear or not at all, nothing sealed goes anywhere. Then
//! the answer is [`Unsaid`], before anything is sent.

mod account;
mod instance;
mod organization;
mod password_policy;
mod role;
mod user;

pub use self::{
    account::{account_patch, new_account},
    instance::{instance_patch, new_instance},
    organization::{organization_name, sign_up},
    password_policy::password_policy,
    role::role_changes,
    user::{new_user, user_patch},
};

use serde_json::{Map, Value};
use tenantry_domain::Text;

/// The API has no way to ask for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsaid(pub &'static str);

/// A JSON object that grows field by field.
#[derive(Default)]
struct Body(Map<String, Value>);

impl Body {
    fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// With the field, if there is something to say.
    fn given(self, field: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }

    /// With the field, if it changes; `null` empties it.
    fn changed(self, field: &str, value: Option<&Option<Text>>) -> Self {
        match value {
            Some(Some(text)) => self.with(field, text.as_str()),
            Some(None) => self.with(field, Value::Null),
            None => self,
        }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}
