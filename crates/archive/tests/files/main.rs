//! Files as their readers and writers see them.

#![expect(clippy::unwrap_used, reason = "tests")]

mod archive;
mod hostile;
mod support;
mod users;
