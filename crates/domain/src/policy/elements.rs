//! Who may look at the catalog of elements.

use super::Forbidden;
use crate::{Identity, Privilege, Reach, Scope};

/// Whether `caller` may look at the catalog of elements. An account's `viewElements` is the organization's: there is one
/// catalog.
///
/// # Errors
/// If the privilege is missing.
pub fn elements(caller: &Identity) -> Result<Scope, Forbidden> {
    let privilege = Privilege::ViewElements;
    if caller.privileges.allows(privilege) {
        return Ok(caller.scope(Reach::Organization));
    }
    Err(Forbidden::missing(privilege))
}
