//! With which secrets calls are made: a book of those that are known.

use std::{
    collections::HashMap,
    fmt,
    sync::{PoisonError, RwLock},
};

use tenantry_domain::{OrganizationId, SecretText, UserId};

/// The secrets of a user and of the user's organization.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's.
    pub user: SecretText,
    /// The organization's.
    pub organization: SecretText,
}

impl Credentials {
    /// These secrets.
    pub fn new(user: impl Into<String>, organization: impl Into<String>) -> Self {
        Self {
            user: SecretText::new(user),
            organization: SecretText::new(organization),
        }
    }

    /// The header `Authorization`.
    pub(crate) fn header(&self) -> String {
        format!(
            "User {}, Organization {}",
            self.user.expose(),
            self.organization.expose()
        )
    }

    /// `text` without the secrets, should somebody have put them in.
    pub(crate) fn hide_in(&self, text: &str) -> String {
        hide([&self.user, &self.organization], text)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(********)")
    }
}

/// As whom a call is made.
#[derive(Clone, Copy)]
pub(crate) enum Identity<'a> {
    /// A user, by both secrets.
    Secrets(&'a Credentials),
    /// A user who logged in, by the token.
    Token(&'a SecretText),
    /// Nobody yet: for logging in.
    Nobody,
}

impl Identity<'_> {
    /// The header `Authorization`, if there is one.
    pub(crate) fn header(self) -> Option<String> {
        match self {
            Self::Secrets(credentials) => Some(credentials.header()),
            Self::Token(token) => Some(format!("Bearer {}", token.expose())),
            Self::Nobody => None,
        }
    }

    /// `text` without the secrets, should somebody have put them in.
    pub(crate) fn hide_in(self, text: &str) -> String {
        match self {
            Self::Secrets(credentials) => credentials.hide_in(text),
            Self::Token(token) => hide([token], text),
            Self::Nobody => text.to_owned(),
        }
    }
}

impl<'a> From<&'a Credentials> for Identity<'a> {
    fn from(credentials: &'a Credentials) -> Self {
        Self::Secrets(credentials)
    }
}

impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(********)")
    }
}

fn hide<'a>(secrets: impl IntoIterator<Item = &'a SecretText>, text: &str) -> String {
    secrets
        .into_iter()
        .filter(|secret| !secret.expose().is_empty())
        .fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose(), "********")
        })
}

/// The credentials that are known: those that the store was made with, and those of what was created through it.
#[derive(Default)]
pub(crate) struct Book {
    pages: RwLock<HashMap<OrganizationId, BookPage>>,
}

/// What is known of one organization.
#[derive(Clone)]
struct BookPage {
    administrator: Credentials,
    users: HashMap<UserId, SecretText>,
}

impl Book {
    /// Whoever calls for the whole organization.
    pub(crate) fn administrator(&self, organization: OrganizationId) -> Option<Credentials> {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        Some(pages.get(&organization)?.administrator.clone())
    }

    /// One user, if its secret is known.
    pub(crate) fn user(&self, organization: OrganizationId, user: UserId) -> Option<Credentials> {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        let page = pages.get(&organization)?;
        Some(Credentials {
            user: page.users.get(&user)?.clone(),
            organization: page.administrator.organization.clone(),
        })
    }

    pub(crate) fn learn_organization(&self, organization: OrganizationId, by: Credentials) {
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        let page = BookPage {
            administrator: by,
            users: HashMap::new(),
        };
        pages.insert(organization, page);
    }

    pub(crate) fn learn_user(
        &self,
        organization: OrganizationId,
        user: UserId,
        secret: SecretText,
    ) {
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages.get_mut(&organization) {
            page.users.insert(user, secret);
        }
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let credentials = Credentials::new("tu_1", "to_1");
        assert_eq!(format!("{credentials:?}"), "Credentials(********)");
        assert_eq!(
            credentials.hide_in("no user tu_1 in to_1"),
            "no user ******** in ********"
        );
        let book = Book::default();
        book.learn_organization(OrganizationId::new(1), credentials.clone());
        assert_eq!(format!("{book:?}"), "Book { .. }");
    }

    #[test]
    fn users_are_called_for_with_their_own_secrets() {
        let (shire, frodo) = (OrganizationId::new(2), UserId::new(3));
        let book = Book::default();
        book.learn_user(shire, frodo, SecretText::new("tu_early"));
        book.learn_organization(shire, Credentials::new("tu_admin", "to_shire"));
        assert_eq!(book.user(shire, frodo), None);
        book.learn_user(shire, frodo, SecretText::new("tu_frodo"));
        assert_eq!(
            book.user(shire, frodo),
            Some(Credentials::new("tu_frodo", "to_shire"))
        );
        assert_eq!(book.administrator(OrganizationId::new(4)), None);
    }
}
