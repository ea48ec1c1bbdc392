//! What the texts of several families are made of. It must not know any family.

use base64::{
    Engine,
    alphabet::{self, Alphabet},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Decodes base64, with or without its padding, also where passlib wrote `.` for `+`.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.replace('.', "+")).ok()
}

/// Decodes exactly `N` bytes in bcrypt's alphabet. Some implementations leave something in the bits that no byte needs.
pub(super) fn bcrypt64<const N: usize>(text: &str) -> Option<[u8; N]> {
    BCRYPT.decode(text).ok()?.try_into().ok()
}

/// A decimal number as they are written: digits, and no zero before others.
pub(super) fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = text == "0" || !text.starts_with('0');
    (plain && shortest).then(|| text.parse().ok()).flatten()
}

/// The two parts of `{SCHEME}rest`, as directories write (RFC 2307).
pub(super) fn directory(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.split_once('}')
}

const STANDARD: GeneralPurpose = engine(&alphabet::STANDARD, false);
const BCRYPT: GeneralPurpose = engine(&alphabet::BCRYPT, true);

const fn engine(alphabet: &Alphabet, trailing_bits: bool) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(trailing_bits);
    GeneralPurpose::new(alphabet, config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_everybody_writes_it() {
        for text in ["++++/w==", "++++/w", "..../w"] {
            assert_eq!(base64(text), Some(vec![0xfb, 0xef, 0xbe, 0xff]), "{text}");
        }
        for text in ["+", "++++/x", "____", "++ ++", "++++/w===", "é"] {
            assert_eq!(base64(text), None, "{text}");
        }
        assert_eq!(base64(""), Some(Vec::new()));
    }

    #[test]
    fn bits_that_no_byte_needs_are_ignored_in_bcrypts_alphabet() {
        assert_eq!(bcrypt64("..u"), Some([0, 0x0c]));
        assert_eq!(bcrypt64("..v"), Some([0, 0x0c]));
        assert_eq!(bcrypt64::<2>("...."), None);
        assert_eq!(bcrypt64::<2>("..+"), None);
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("4294967295"), Some(u32::MAX));
        for text in ["", "+1", "-1", "01", "00", "1 ", "٣", "4294967296", "1e3"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
