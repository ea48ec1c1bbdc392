//! CEQL from outside: what is read, what is refused and with which words, what is selected, and the limits.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accepted;
mod documentation;
mod limits;
mod patterns;
mod properties;
mod refused;
mod sample;
mod selection;
