//! What a new secret or login token looks like: a prefix that names its kind, 40 random letters, and a checksum in six. Scanners find a
//! leaked one by its prefix, and a mistyped one is refused without asking the store. It must not know how secrets are kept.

use tenantry_domain::{SecretText, ports::SecretKind};
use zeroize::Zeroizing;

use crate::{base62, crc32::crc32, random};

/// A new secret, of 238 bits of randomness.
pub(super) fn generate(kind: SecretKind) -> SecretText {
    generate_after(prefix(kind))
}

/// A new login token, just as random.
pub(super) fn generate_token() -> SecretText {
    generate_after(TOKEN)
}

fn generate_after(prefix: &str) -> SecretText {
    let mut text = String::with_capacity(LENGTH);
    text.push_str(prefix);
    while text.len() < LENGTH - CHECKSUM {
        let random = Zeroizing::new(random::bytes::<LETTERS>());
        let missing = LENGTH - CHECKSUM - text.len();
        text.extend(
            random
                .iter()
                .copied()
                .filter_map(base62::letter)
                .take(missing),
        );
    }
    let checksum = checksum(text.as_bytes());
    text.extend(checksum.map(char::from));
    SecretText::new(text)
}

/// Whether `secret` has the shape of one of ours but not its checksum, so that it cannot exist.
///
/// What has another shape came from elsewhere and may well exist.
pub(super) fn is_mistyped(secret: &SecretText) -> bool {
    let text = secret.expose().as_bytes();
    let ours = text.len() == LENGTH
        && PREFIXES
            .iter()
            .any(|prefix| text.starts_with(prefix.as_bytes()));
    let Some((body, given)) = text.split_last_chunk::<CHECKSUM>() else {
        return false;
    };
    ours && *given != checksum(body)
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    base62::six_letters(crc32(body))
}

fn prefix(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::User => USER,
        SecretKind::Organization => ORGANIZATION,
        SecretKind::Instance => INSTANCE,
    }
}

const USER: &str = "tu_";
const ORGANIZATION: &str = "to_";
const INSTANCE: &str = "ti_";
const TOKEN: &str = "tl_";
const PREFIXES: [&str; 4] = [USER, ORGANIZATION, INSTANCE, TOKEN];
const LETTERS: usize = 40;
const CHECKSUM: usize = 6;
const LENGTH: usize = 3 + LETTERS + CHECKSUM;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_names_its_kind() {
        for (secret, prefix) in [
            (generate(SecretKind::User), "tu_"),
            (generate(SecretKind::Organization), "to_"),
            (generate(SecretKind::Instance), "ti_"),
            (generate_token(), "tl_"),
        ] {
            assert!(secret.expose().starts_with(prefix));
            assert_eq!(secret.expose().len(), 49);
            assert!(
                secret.expose()[3..]
                    .bytes()
                    .all(|letter| letter.is_ascii_alphanumeric())
            );
            assert!(!is_mistyped(&secret));
        }
    }

    /// Known from another implementation of CRC-32.
    #[test]
    fn the_checksum_covers_the_prefix() {
        let body = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd";
        assert!(!is_mistyped(&SecretText::new(format!("tu_{body}0SiA8m"))));
        assert!(is_mistyped(&SecretText::new(format!("to_{body}0SiA8m"))));
        assert!(is_mistyped(&SecretText::new(format!("tu_{body}0SiA8n"))));
    }

    #[test]
    fn letters_of_new_secrets_are_uniform() {
        let mut counts = BTreeMap::new();
        for _ in 0..1550 {
            let secret = generate(SecretKind::User);
            for letter in secret.expose()[3..43].chars() {
                *counts.entry(letter).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), 62);
        // 1000 are expected; 500 would be 15 standard deviations away.
        let strays: Vec<_> = counts
            .iter()
            .filter(|(_, n)| !(500..1500).contains(*n))
            .collect();
        assert_eq!(strays, []);
    }

    #[test]
    fn what_came_from_elsewhere_is_never_mistyped() {
        for text in [
            "",
            "tu_",
            "q6sYOZhGBtMm2XGTaC3nUC9pGuBHJYXbGmsIGpzTlsY=",
            "0123456789abcdef0123456789abcdef",
            "tu_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0SiA8",
            "tu_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0SiA8m0",
            "tx_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0SiA8m",
        ] {
            assert!(!is_mistyped(&SecretText::new(text)), "{text}");
        }
    }

    #[test]
    fn the_wrong_kind_is_noticed() {
        let right = generate(SecretKind::Organization);
        for prefix in ["tu_", "ti_", "tl_"] {
            let wrong = format!("{prefix}{}", &right.expose()[3..]);
            assert!(is_mistyped(&SecretText::new(wrong)), "{prefix}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_noticed(at in 3_usize..49, other in 0x21_u8..0x7f) {
            let right = generate(SecretKind::Organization);
            let mut wrong = right.expose().as_bytes().to_vec();
            prop_assume!(wrong[at] != other);
            wrong[at] = other;
            prop_assert!(is_mistyped(&SecretText::new(String::from_utf8_lossy(&wrong))));
        }

        #[test]
        fn two_swapped_neighbours_are_noticed(at in 3_usize..48) {
            let right = generate(SecretKind::Instance);
            let mut wrong = right.expose().as_bytes().to_vec();
            prop_assume!(wrong[at] != wrong[at + 1]);
            wrong.swap(at, at + 1);
            prop_assert!(is_mistyped(&SecretText::new(String::from_utf8_lossy(&wrong))));
        }
    }
}
