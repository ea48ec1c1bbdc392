//! Password policies in requests.

use serde_json::Value;
use tenantry_domain::PasswordPolicy;

use super::Body;

/// The body of a PUT.
pub fn password_policy(policy: &PasswordPolicy) -> Value {
    Body::default()
        .with("minLength", policy.min_length)
        .with("minUppercase", policy.min_uppercase)
        .with("minLowercase", policy.min_lowercase)
        .with("minNumbers", policy.min_numbers)
        .with("minSymbols", policy.min_symbols)
        .with("symbolCharacterSet", policy.symbol_character_set.as_str())
        .with("previousPasswordCount", policy.previous_password_count)
        .with("expirationDays", policy.expiration_days)
        .done()
}
