//! The master keys at hand: one to seal with, and former ones to open what was sealed before. It must not know where they
//! come from.

use tenantry_domain::KeyId;
use zeroize::Zeroizing;

use crate::{
    MasterKey,
    master_key::{MalformedKeyring, MasterKeyError, TEXT_LENGTH},
};

/// One current master key and any number of former ones, each with an id of its own.
///
/// Its text form is that of its keys, the current one first, one a line; in an environment variable, which some systems keep
/// to one line, commas do as well.
#[derive(Debug)]
pub struct Keyring {
    current: MasterKey,
    former: Vec<MasterKey>,
}

impl Keyring {
    /// A keyring of one key.
    pub fn new(current: MasterKey) -> Self {
        Self {
            current,
            former: Vec::new(),
        }
    }

    /// Reads the text form. White space around keys and empty lines do not matter.
    ///
    /// # Errors
    /// [`MasterKeyError::Malformed`] if it is something else. The error says what is wrong without quoting the text.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        Ok(Self::from_text(text)?)
    }

    /// The text form: for a file or an environment variable, never for a log.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Roomy from the start: a string that grows leaves its old self in memory.
        let length = (TEXT_LENGTH + 1) * (1 + self.former.len());
        let mut text = Zeroizing::new(String::with_capacity(length));
        for key in self.iter() {
            text.push_str(&key.to_text());
            text.push('\n');
        }
        text
    }

    /// The same with one more key, which opens but does not seal.
    ///
    /// # Errors
    /// If a key of that id is there already: nobody could tell which of the two opens something.
    pub fn with_former(mut self, key: MasterKey) -> Result<Self, DuplicateKey> {
        if self.iter().any(|other| other.id() == key.id()) {
            return Err(DuplicateKey(key.id()));
        }
        self.former.push(key);
        Ok(self)
    }

    /// The key that seals.
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    /// The keys that only open.
    pub fn former(&self) -> &[MasterKey] {
        &self.former
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, MalformedKeyring> {
        let mut texts = text
            .split(['\n', ','])
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let current = MasterKey::from_text(texts.next().unwrap_or_default())?;
        let mut keyring = Self::new(current);
        for (number, text) in (2..).zip(texts) {
            let key = MasterKey::from_text(text)
                .map_err(|problem| MalformedKeyring::Former { number, problem })?;
            keyring = keyring.with_former(key)?;
        }
        Ok(keyring)
    }

    /// The same with a new current key; the one that was is the first of the former.
    pub(crate) fn rotated(mut self) -> Self {
        let former = std::mem::replace(&mut self.current, MasterKey::generate());
        self.former.insert(0, former);
        self
    }

    /// Drops the former keys of these ids, and answers which of them there were.
    pub(crate) fn forget(&mut self, ids: &[KeyId]) -> Vec<KeyId> {
        self.former
            .extract_if(.., |key| ids.contains(&key.id()))
            .map(|key| key.id())
            .collect()
    }

    fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.former)
    }
}

/// Two master keys have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the master key {0} is given twice; name each key once")]
pub struct DuplicateKey(pub KeyId);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MalformedKey;

    fn ids(keyring: &Keyring) -> Vec<KeyId> {
        keyring.iter().map(MasterKey::id).collect()
    }

    #[test]
    fn the_text_form_is_read_and_written() {
        let keys: Vec<_> = (0..3).map(|_| MasterKey::generate()).collect();
        let texts: Vec<_> = keys.iter().map(MasterKey::to_text).collect();
        let [a, b, c] = [&texts[0], &texts[1], &texts[2]].map(|text| text.as_str());
        let expected: Vec<_> = keys.iter().map(MasterKey::id).collect();
        for text in [
            format!("{a}\n{b}\n{c}\n"),
            format!("{a},{b},{c}"),
            format!("\n  {a}\r\n\r\n{b} , {c},\n"),
        ] {
            let keyring = Keyring::parse(&text).unwrap();
            assert_eq!(ids(&keyring), expected);
            assert_eq!(*keyring.to_text(), format!("{a}\n{b}\n{c}\n"));
        }
        assert_eq!(ids(&Keyring::parse(a).unwrap()), expected[..1]);
    }

    #[test]
    fn writing_the_text_form_leaves_no_copy_behind() {
        let text = Keyring::new(MasterKey::generate()).rotated().to_text();
        assert_eq!((text.len(), text.capacity()), (208, 208));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (key, other) = (MasterKey::generate(), MasterKey::generate());
        let (id, key, other) = (key.id(), key.to_text(), other.to_text());
        for (text, expected) in [
            (
                " \n,".to_owned(),
                MalformedKeyring::Current(MalformedKey::Empty),
            ),
            (
                "# keys".to_owned(),
                MalformedKeyring::Current(MalformedKey::Scheme),
            ),
            (
                format!("{}\n\n{}\nkey", *key, *other),
                MalformedKeyring::Former {
                    number: 3,
                    problem: MalformedKey::Scheme,
                },
            ),
            (
                format!("{}\n{}\n{0}", *key, *other),
                MalformedKeyring::Twice(DuplicateKey(id)),
            ),
        ] {
            assert_eq!(Keyring::from_text(&text).unwrap_err(), expected);
        }
        let error = Keyring::parse(&format!("{},", &key[1..])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this is no master key: it does not begin with `tenantry-master-key:`"
        );
        let error = Keyring::parse(&format!("{},x", *key)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this is no master key: of its keys, number 2 is none: it does not begin with `tenantry-master-key:`"
        );
    }

    #[test]
    fn rotating_keeps_every_key_and_forgetting_keeps_the_current_one() {
        let keyring = Keyring::new(MasterKey::generate()).rotated();
        let old = ids(&keyring);
        let mut keyring = keyring.rotated();
        assert_eq!(ids(&keyring)[1..], old);

        let current = keyring.current().id();
        assert_eq!(keyring.forget(&[current, old[1]]), [old[1]]);
        assert_eq!(ids(&keyring), [current, old[0]]);
    }

    #[test]
    fn a_key_is_named_once() {
        let key = MasterKey::generate();
        let again = MasterKey::parse(&key.to_text()).unwrap();
        let id = key.id();
        assert_eq!(
            Keyring::new(key).with_former(again).unwrap_err(),
            DuplicateKey(id)
        );

        let key = MasterKey::generate();
        let again = MasterKey::parse(&key.to_text()).unwrap();
        let keyring = Keyring::new(MasterKey::generate())
            .with_former(key)
            .unwrap();
        assert_eq!(keyring.former().len(), 1);
        let id = again.id();
        assert_eq!(keyring.with_former(again).unwrap_err(), DuplicateKey(id));
    }
}
