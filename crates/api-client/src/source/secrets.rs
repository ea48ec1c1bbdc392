//! Secrets of users that the operator knows: those with which the customer's programs call.

use std::{collections::HashMap, fmt};

use tenantry_domain::{Email, SecretText, User, UserId};

/// Secrets of users, by e-mail or by the number that the user has there.
#[derive(Clone, Default)]
pub struct UserSecrets {
    /// In lower case.
    by_email: HashMap<String, Known>,
    by_id: HashMap<UserId, Known>,
}

#[derive(Clone)]
struct Known {
    secret: SecretText,
    /// Whether its user came by.
    met: bool,
}

impl Known {
    const fn new(secret: SecretText) -> Self {
        Self { secret, met: false }
    }
}

impl UserSecrets {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// The user with this e-mail has this secret.
    pub fn insert_by_email(&mut self, email: &Email, secret: SecretText) {
        let email = email.as_str().to_lowercase();
        self.by_email.insert(email, Known::new(secret));
    }

    /// The user with this number has this secret.
    pub fn insert_by_id(&mut self, id: UserId, secret: SecretText) {
        self.by_id.insert(id, Known::new(secret));
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.by_email.len() + self.by_id.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The secret of a user who comes by.
    pub(super) fn meet(&mut self, user: &User) -> Option<SecretText> {
        let by_id = self.by_id.get_mut(&user.id);
        let by_email = self.by_email.get_mut(&user.email.as_str().to_lowercase());
        let mut found = None;
        for known in [by_id, by_email].into_iter().flatten() {
            known.met = true;
            found.get_or_insert_with(|| known.secret.clone());
        }
        found
    }

    /// E-mails and numbers that no user has who came by, in their order.
    pub(super) fn of_nobody(&self) -> Vec<String> {
        let emails = self.by_email.iter().filter(|(_, known)| !known.met);
        let ids = self.by_id.iter().filter(|(_, known)| !known.met);
        let emails = emails.map(|(email, _)| email.clone());
        let mut of_nobody: Vec<_> = emails.chain(ids.map(|(id, _)| id.to_string())).collect();
        of_nobody.sort_unstable();
        of_nobody
    }
}

impl fmt::Debug for UserSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSecrets").finish_non_exhaustive()
    }
}
