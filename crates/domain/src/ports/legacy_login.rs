//! Asking a legacy platform whether a password is right there: for users who came from it without their password.

use async_trait::async_trait;

use super::BoxError;
use crate::{Email, Password};

/// A legacy platform that knows passwords which could not be brought along
/// ([`PasswordHash::held_elsewhere`](crate::PasswordHash::held_elsewhere)).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait LegacyLogin: Send + Sync {
    /// Whether `password` is the one that the platform has for `email`. It may count a wrong one, so each is sent once; and it
    /// answers `false` for an e-mail that it does not have.
    async fn verify(&self, email: &Email, password: &Password) -> Result<bool, LegacyLoginError>;
}

/// Why nobody knows whether a password is right. Holds neither the password nor the e-mail.
#[derive(Debug, thiserror::Error)]
pub enum LegacyLoginError {
    /// It cannot be reached now, did not answer in time, or wants to be asked later.
    #[error("the legacy platform is unavailable")]
    Away {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Its answer means neither right nor wrong.
    #[error("the legacy platform answered nonsense")]
    Nonsense {
        /// What it was.
        #[source]
        source: BoxError,
    },
}
