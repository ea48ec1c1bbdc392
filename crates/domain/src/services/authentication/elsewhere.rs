//! Passwords that a legacy platform holds: asked for there once, and kept here from then on. Must not know how the platform
//! is reached.

use std::sync::Arc;

use time::OffsetDateTime;

use super::AuthenticationService;
use crate::{
    Email, Password, PasswordHash,
    ports::{LegacyLogin, Verdict},
    services::ServiceError,
};

impl AuthenticationService {
    /// The same, with passwords that are held elsewhere verified at `legacy`. Without it such a password is wrong, whatever it
    /// is.
    #[must_use]
    pub fn with_legacy_login(self, legacy: Arc<dyn LegacyLogin>) -> Self {
        Self {
            legacy: Some(legacy),
            ..self
        }
    }

    /// What comparing `password` with `hash` comes to: `verdict`, unless the password is held elsewhere. A right one is then
    /// outdated, so that the hash of it takes the place of what stands for it.
    pub(super) async fn or_elsewhere(
        &self,
        verdict: Verdict,
        hash: Option<&PasswordHash>,
        email: &Email,
        password: &Password,
    ) -> Result<Verdict, ServiceError> {
        let Some(legacy) = &self.legacy else {
            return Ok(verdict);
        };
        if !hash.is_some_and(PasswordHash::is_held_elsewhere) {
            return Ok(verdict);
        }
        Ok(if legacy.verify(email, password).await? {
            Verdict::RightButOutdated
        } else {
            Verdict::Wrong
        })
    }

    /// Does for an e-mail that nobody has here what [`or_elsewhere`](Self::or_elsewhere) does, and forgets the answer: an outage
    /// of the platform must not tell users who are still to log in from nobody. Who is refused as often as locks a user is not
    /// asked for any longer, as a locked user is not.
    pub(super) async fn ask_for_nobody(
        &self,
        email: &Email,
        password: &Password,
        now: OffsetDateTime,
    ) -> Result<(), ServiceError> {
        let Some(legacy) = &self.legacy else {
            return Ok(());
        };
        if self.strangers.may_be_asked_for(email, now) {
            legacy.verify(email, password).await?;
            self.strangers.refused(email, now);
        }
        Ok(())
    }
}
