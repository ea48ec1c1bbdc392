//! The system's randomness: names of requests, and the password of the first administrator.

use rand::{Rng as _, RngExt as _};
use tenantry_domain::{Password, PasswordPolicy, Person, RequestId, ports::RequestIds};

/// 96 random bits each: no two alike in the life of a deployment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RandomRequestIds;

impl RequestIds for RandomRequestIds {
    fn next(&self) -> RequestId {
        let mut bytes = [0; 12];
        system().fill_bytes(&mut bytes);
        RequestId::new(bytes)
    }
}

/// Characters that nobody mistakes for others, that no shell treats in a special way, and without vowels, so that no
/// name or word comes about.
const ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz23456789-_.+:=";
const LENGTH: usize = 20;

/// A random password for `person` that keeps the default policy: 20 characters, over 110 bits.
pub(crate) fn password(person: &Person<'_>) -> Password {
    loop {
        let character = |_| char::from(ALPHABET[system().random_range(0..ALPHABET.len())]);
        let password = Password::new((0..LENGTH).map(character).collect::<String>());
        // Few are refused: those without a digit or without a symbol.
        if PasswordPolicy::default().check(&password, person).is_ok() {
            return password;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the randomness that everybody else is given"
)]
fn system() -> impl rand::CryptoRng {
    rand::rng()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tenantry_domain::{Email, Name};

    use super::*;

    #[test]
    fn passwords_keep_the_policy_and_differ() {
        let (first_name, last_name) =
            (Name::parse("First").unwrap(), Name::parse("Admin").unwrap());
        let email = Email::parse("admin@tenantry.local").unwrap();
        let person = Person {
            first_name: &first_name,
            last_name: &last_name,
            email: &email,
        };
        let passwords: BTreeSet<String> = (0..100)
            .map(|_| password(&person).expose().to_owned())
            .collect();
        assert_eq!(passwords.len(), 100);
        for password in passwords {
            assert_eq!(password.len(), 20);
            assert_eq!(
                PasswordPolicy::default().check(&Password::new(password), &person),
                Ok(())
            );
        }
    }

    #[test]
    fn request_ids_differ() {
        let ids: BTreeSet<String> = (0..1000)
            .map(|_| RandomRequestIds.next().to_string())
            .collect();
        assert_eq!(ids.len(), 1000);
    }
}
