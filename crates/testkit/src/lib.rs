//! For tests alone: the contract suite that every store passes, a store in memory, fakes, and sample values.
//!
//! An adapter proves itself with one line:
//!
//! ```ignore
//! async fn fresh() -> tenantry_testkit::Fresh { … }
//! tenantry_testkit::repository_suite!(fresh);
//! ```
//!
//! This crate must not know any adapter, nor the world outside of the domain.
#![warn(missing_docs)]

#[doc(hidden)]
pub mod cases;
mod fakes;
mod fresh;
pub mod memory;
pub mod reference;
pub mod samples;
pub mod strategies;
mod suite;

pub use fakes::{FixedClock, PlainHasher, PlainVault, SequentialRequestIds};
pub use fresh::{Fresh, run};
