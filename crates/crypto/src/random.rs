//! The only place where randomness enters: bytes of the operating system's generator. It must not know what they are for.

use rand::{Rng, rand_core::UnwrapErr, rngs::SysRng};

/// Fills `bytes` with randomness fit for keys.
///
/// # Panics
/// If the operating system has none to give. Nothing secret can be made then, and going on with less would be worse.
pub(crate) fn fill(bytes: &mut [u8]) {
    // Straight from the system, not from a generator in this process: no state that a memory dump would show.
    UnwrapErr(SysRng).fill_bytes(bytes);
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(bytes::<32>(), bytes::<32>());
    }
}
