//! A password policy in a reply.

use tenantry_domain::{PasswordPolicy, ports::PolicyInForce};

use super::{Known, Unreadable, fields::Fields};
use crate::JsonObject;

/// Reads a password policy. What is missing is as in the default. Replies do not say whether a policy was set: one that is
/// not the default was.
///
/// # Errors
/// If a field cannot be what it is.
pub fn password_policy(object: &JsonObject, known: &Known) -> Result<PolicyInForce, Unreadable> {
    let fields = Fields::without_id(object);
    let default = PasswordPolicy::default();
    let number = |name: &'static str, default: u32| match fields.integer(&[name])? {
        None => Ok(default),
        Some(number) => u32::try_from(number).map_err(|error| fields.wrong(name, error)),
    };
    let policy = PasswordPolicy {
        min_length: number("minLength", default.min_length)?,
        min_uppercase: number("minUppercase", default.min_uppercase)?,
        min_lowercase: number("minLowercase", default.min_lowercase)?,
        min_numbers: number("minNumbers", default.min_numbers)?,
        min_symbols: number("minSymbols", default.min_symbols)?,
        symbol_character_set: fields
            .text(&["symbolCharacterSet"])
            .unwrap_or_else(|| default.symbol_character_set.clone()),
        previous_password_count: number("previousPasswordCount", default.previous_password_count)?,
        expiration_days: number("expirationDays", default.expiration_days)?,
    };
    let created_at = fields.created()?;
    Ok(PolicyInForce {
        is_set: policy != default,
        policy,
        created_at,
        updated_at: fields
            .instant(&["updatedDt", "updatedDate"])?
            .unwrap_or(created_at),
        revision: known.revision(),
    })
}
