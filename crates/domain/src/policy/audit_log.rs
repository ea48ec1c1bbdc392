//! Who may read which audit records.

use super::Forbidden;
use crate::{Identity, Privilege, Reach, Scope};

/// The audit records that `caller` may read: the organization's, or those of the own account.
///
/// # Errors
/// If both privileges are missing.
pub fn audit_log(caller: &Identity) -> Result<Scope, Forbidden> {
    if caller.privileges.contains(Privilege::ViewLogsOrg) {
        return Ok(caller.scope(Reach::Organization));
    }
    if caller.privileges.contains(Privilege::ViewLogsAccount) {
        return Ok(caller.scope(Reach::Account(caller.account_id)));
    }
    Err(Forbidden::missing(Privilege::ViewLogsAccount))
}
