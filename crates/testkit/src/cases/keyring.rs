//! What the store remembers of the master key.

use tenantry_domain::{Sealed, ports::SecretVault};

use crate::{Fresh, PlainVault};

pub async fn a_new_store_has_no_sentinel(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    assert_eq!(keyring.sentinel().await.unwrap(), None);
}

pub async fn the_first_sentinel_stays(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    let first = PlainVault::with_key(u128::MAX - 7).sentinel();
    let second = PlainVault::with_key(2).sentinel();
    let recorded = keyring.record_sentinel(&first).await.unwrap();
    assert_eq!(recorded, first);
    let recorded = keyring.record_sentinel(&second).await.unwrap();
    assert_eq!(recorded, first);
    assert_eq!(keyring.sentinel().await.unwrap(), Some(first));
}

pub async fn the_bytes_of_a_sentinel_are_kept_exactly(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    let sentinel = Sealed {
        bytes: (0..=255).collect(),
        ..PlainVault::new().sentinel()
    };
    keyring.record_sentinel(&sentinel).await.unwrap();
    assert_eq!(keyring.sentinel().await.unwrap(), Some(sentinel));
}
