//! The master keys at hand: one to seal with, and former ones to open what was sealed before. It must not know where they
//! come from.

use tenantry_domain::KeyId;

use crate::MasterKey;

/// One current master key and any number of former ones, each with an id of its own.
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
