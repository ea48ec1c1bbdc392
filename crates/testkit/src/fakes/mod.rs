//! Predictable implementations of the ports that are no stores.

mod chain_seal;
mod clock;
mod hasher;
mod legacy_login;
mod source;
mod turns;
mod vault;

pub use self::{
    chain_seal::PlainChainSeal,
    clock::{FixedClock, SequentialRequestIds},
    hasher::PlainHasher,
    legacy_login::PlainLegacyLogin,
    source::ScriptedSource,
    turns::PlainTurns,
    vault::PlainVault,
};

/// 32 bytes that differ when `bytes` do.
fn mix(bytes: &[u8]) -> [u8; 32] {
    let mut mixed = [0; 32];
    for (lane, chunk) in (1u8..).zip(mixed.chunks_exact_mut(8)) {
        chunk.copy_from_slice(&fnv1a(bytes, lane).to_be_bytes());
    }
    mixed
}

/// FNV-1a of `lane` and `bytes`: enough to tell the few values of a test apart.
fn fnv1a(bytes: &[u8], lane: u8) -> u64 {
    std::iter::once(&lane)
        .chain(bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
