//! Users as the API writes and reads them (contract, sections 6 and 7).

mod body;
mod input;
#[cfg(feature = "openapi")]
mod schema;

#[cfg(feature = "openapi")]
pub use self::schema::{NewUserBody, UserPatchBody, UserReplacementBody};
pub use self::{
    body::{FIELDS, Shown, UserBody},
    input::{changes_of_patch, changes_of_put, new_user},
};

/// What stands for a password in replies; sent back, it changes nothing.
pub const SECURED: &str = "secured";
