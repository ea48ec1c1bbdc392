//! Organizations and users in files, as the ports `TransferTarget` and `TransferSource`:
//!
//! * an *archive* is one organization, whole: written by [`ArchiveWriter`], read by [`Archive`]
//!   (`docs/decisions/014-archive.md`),
//! * a *file of users* comes from elsewhere, as NDJSON or CSV: read by [`UsersFile`].
//!
//! Everything is read and written a line at a time, so a file may be larger than the memory. This crate decides what stands in
//! such files. It must not know how anything is sealed or hashed, any store, or where files lie.
#![warn(missing_docs)]

mod archive;
mod detect;
mod error;
mod instant;
mod lines;
mod users;

pub use archive::{Archive, ArchiveWriter, Counts, PasswordsTaken};
pub use detect::{FileKind, detect};
pub use error::FileError;
pub use users::{Accounts, Format, UsersFile, UsersOptions};
