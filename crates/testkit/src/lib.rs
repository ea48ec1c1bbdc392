//! For tests alone: the contract suite that every store passes, a store in memory, fakes, and sample values.
//!
//! An adapter proves itself with one line:
//!
//! ```
//! use tenantry_testkit::{Fresh, memory::MemoryStore, repository_suite};
//!
//! repository_suite!(fresh);
//!
//! async fn fresh() -> Fresh {
//!     Fresh::new(MemoryStore::new().repositories(), ())
//! }
//! # fn main() {}
//! ```
//!
//! This crate must not know any adapter, nor the world outside of the domain.
#![warn(missing_docs)]

#[doc(hidden)]
pub mod cases;
mod fakes;
mod fresh;
pub mod memory;
mod profile;
pub mod reference;
pub mod samples;
pub mod searches;
pub mod strategies;
mod suite;

pub use fakes::{
    FixedClock, PlainChainSeal, PlainHasher, PlainLegacyLogin, PlainTurns, PlainVault,
    ScriptedSource, SequentialRequestIds,
};
pub use fresh::{Fresh, run};
pub use profile::{Profile, Skipped};
