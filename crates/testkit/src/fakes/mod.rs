//! Predictable implementations of the ports that are no stores.

mod clock;
mod hasher;
mod vault;

pub use self::{
    clock::{FixedClock, SequentialRequestIds},
    hasher::PlainHasher,
    vault::PlainVault,
};
