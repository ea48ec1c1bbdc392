//! Secrets of users that the operator knows: those with which the customer's programs call.

use std::{collections::HashMap, fmt};

use tenantry_domain::{Email, SecretText, User, UserId};

/// Secrets of users, by e-mail or by the number that the user has there.
#[derive(Clone, Default)]
pub struct UserSecrets {
    /// In lower case.
    by_email: HashMap<String, SecretText>,
    by_id: HashMap<UserId, SecretText>,
}

impl UserSecrets {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// The user with this e-mail has this secret.
    pub fn insert_by_email(&mut self, email: &Email, secret: SecretText) {
        self.by_email.insert(email.as_str().to_lowercase(), secret);
    }

    /// The user with this number has this secret.
    pub fn insert_by_id(&mut self, id: UserId, secret: SecretText) {
        self.by_id.insert(id, secret);
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.by_email.len() + self.by_id.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn of(&self, user: &User) -> Option<&SecretText> {
        let by_email = || self.by_email.get(&user.email.as_str().to_lowercase());
        self.by_id.get(&user.id).or_else(by_email)
    }
}

impl fmt::Debug for UserSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSecrets").finish_non_exhaustive()
    }
}
