//! Letters that survive every header, URL and double click: `0-9A-Za-z`. It must not know what is written with them.

/// The letter that a random byte stands for, or `None` if the byte must be drawn again.
///
/// 256 is no multiple of 62: without the refusal of the last eight bytes, the first eight letters would come up more often
/// than the others.
pub(crate) fn letter(random: u8) -> Option<char> {
    (random < FAIR).then(|| ALPHABET[usize::from(random) % ALPHABET.len()].into())
}

/// `number` in six letters, the most significant first, with leading zeros. Six are enough for every `u32`.
pub(crate) fn six_letters(mut number: u32) -> [u8; 6] {
    let mut letters = [0; 6];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
    letters
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 that a byte can count to.
const FAIR: u8 = 248;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_letter_is_equally_likely() {
        let mut counts = BTreeMap::new();
        for letter in (0..=u8::MAX).filter_map(letter) {
            *counts.entry(letter).or_insert(0) += 1;
        }
        let expected: BTreeMap<char, i32> = ALPHABET
            .iter()
            .map(|letter| (char::from(*letter), 4))
            .collect();
        assert_eq!(counts, expected);
    }

    #[test]
    fn numbers_are_padded_to_six_letters() {
        assert_eq!(&six_letters(0), b"000000");
        assert_eq!(&six_letters(61), b"00000z");
        assert_eq!(&six_letters(62), b"000010");
        assert_eq!(&six_letters(u32::MAX), b"4gfFC3");
    }
}
