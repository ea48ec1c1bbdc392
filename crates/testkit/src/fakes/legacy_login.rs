//! A legacy platform that knows the passwords it was told, or does not answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tenantry_domain::{
    Email, Password,
    ports::{LegacyLogin, LegacyLoginError},
};

/// Knows the passwords that it was told, and remembers for which e-mails it was asked.
#[derive(Debug, Default)]
pub struct PlainLegacyLogin(Mutex<Platform>);

#[derive(Debug, Default)]
struct Platform {
    known: Vec<(String, Password)>,
    mood: Mood,
    asked: Vec<String>,
}

/// How it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Well,
    Away,
    Nonsense,
}

impl PlainLegacyLogin {
    /// One that knows these passwords, by e-mail.
    pub fn knowing(passwords: &[(&str, &str)]) -> Self {
        let platform = Platform {
            known: passwords
                .iter()
                .map(|(email, password)| ((*email).to_owned(), Password::new(*password)))
                .collect(),
            ..Platform::default()
        };
        Self(Mutex::new(platform))
    }

    /// From now on it does not answer.
    pub fn leave(&self) {
        self.platform().mood = Mood::Away;
    }

    /// From now on it answers again.
    pub fn come_back(&self) {
        self.platform().mood = Mood::Well;
    }

    /// From now on its answers mean nothing.
    pub fn talk_nonsense(&self) {
        self.platform().mood = Mood::Nonsense;
    }

    /// For which e-mails it was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.platform().asked.clone()
    }

    fn platform(&self) -> MutexGuard<'_, Platform> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LegacyLogin for PlainLegacyLogin {
    async fn verify(&self, email: &Email, password: &Password) -> Result<bool, LegacyLoginError> {
        let mut platform = self.platform();
        platform.asked.push(email.to_string());
        match platform.mood {
            Mood::Well => Ok(platform
                .known
                .iter()
                .any(|(known, right)| known == email.as_str() && right == password)),
            Mood::Away => Err(LegacyLoginError::Away {
                source: "it does not answer".into(),
            }),
            Mood::Nonsense => Err(LegacyLoginError::Nonsense {
                source: "a joke".into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::email;

    #[test]
    fn it_answers_as_it_is_told() {
        crate::run(async {
            let platform = PlainLegacyLogin::knowing(&[("sam@shire.example", "P0tatoes")]);
            let sam = email("sam@shire.example");
            let (right, wrong) = (Password::new("P0tatoes"), Password::new("p0tatoes"));
            assert!(platform.verify(&sam, &right).await.unwrap());
            assert!(!platform.verify(&sam, &wrong).await.unwrap());
            let pip = email("pip@shire.example");
            assert!(!platform.verify(&pip, &right).await.unwrap());
            platform.leave();
            assert!(matches!(
                platform.verify(&sam, &right).await,
                Err(LegacyLoginError::Away { .. })
            ));
            platform.come_back();
            assert!(!platform.verify(&sam, &wrong).await.unwrap());
            platform.talk_nonsense();
            assert!(matches!(
                platform.verify(&sam, &right).await,
                Err(LegacyLoginError::Nonsense { .. })
            ));
            let asked = [&sam, &sam, &pip, &sam, &sam, &sam].map(ToString::to_string);
            assert_eq!(platform.asked(), asked);
        });
    }
}
