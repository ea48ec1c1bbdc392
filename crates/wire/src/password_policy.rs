//! Password policies as the API writes and reads them (contract, sections 6 and 10).

use serde::Serialize;
use tenantry_domain::{PasswordPolicy, Problem, ports::PolicyInForce};

use crate::{
    instant,
    object::{JsonObject, Problems},
};

/// A password policy in a reply.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PasswordPolicy))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct PasswordPolicyBody {
    pub min_length: u32,
    pub min_uppercase: u32,
    pub min_lowercase: u32,
    pub min_numbers: u32,
    pub min_symbols: u32,
    pub symbol_character_set: String,
    pub previous_password_count: u32,
    pub expiration_days: u32,
    pub created_dt: String,
    pub updated_dt: String,
}

/// A password policy in a request; all eight fields are required. Fields that are not listed are ignored.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = NewPasswordPolicy, rename_all = "camelCase", example = json!({
    "minLength": 12, "minUppercase": 1, "minLowercase": 1, "minNumbers": 1, "minSymbols": 1, "symbolCharacterSet": "!#$%&*+-",
    "previousPasswordCount": 5, "expirationDays": 90
}))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct NewPasswordPolicyBody {
    #[schema(minimum = 8, maximum = 128)]
    pub min_length: u32,
    #[schema(maximum = 10)]
    pub min_uppercase: u32,
    #[schema(maximum = 10)]
    pub min_lowercase: u32,
    #[schema(maximum = 10)]
    pub min_numbers: u32,
    #[schema(maximum = 10)]
    pub min_symbols: u32,
    /// The characters that count as symbols; not empty while `minSymbols` is above 0.
    #[schema(max_length = 255)]
    pub symbol_character_set: String,
    #[schema(maximum = 9)]
    pub previous_password_count: u32,
    /// 0 means never.
    #[schema(maximum = 100_000)]
    pub expiration_days: u32,
}

impl From<&PolicyInForce> for PasswordPolicyBody {
    fn from(in_force: &PolicyInForce) -> Self {
        let policy = &in_force.policy;
        Self {
            min_length: policy.min_length,
            min_uppercase: policy.min_uppercase,
            min_lowercase: policy.min_lowercase,
            min_numbers: policy.min_numbers,
            min_symbols: policy.min_symbols,
            symbol_character_set: policy.symbol_character_set.clone(),
            previous_password_count: policy.previous_password_count,
            expiration_days: policy.expiration_days,
            created_dt: instant(in_force.created_at),
            updated_dt: instant(in_force.updated_at),
        }
    }
}

/// Reads the body of a PUT. Whether the numbers are in their ranges is for [`PasswordPolicy::problems`] to say, so that one
/// reply lists everything that is wrong.
///
/// # Errors
/// Everything that is wrong with it.
pub fn new_policy(object: &JsonObject) -> Result<PasswordPolicy, Vec<Problem>> {
    let mut problems = Problems::default();
    for field in NUMBERS.into_iter().chain(["symbolCharacterSet"]) {
        problems.require(object, field);
    }
    let mut numbers = NUMBERS
        .map(|field| problems.number(object, field))
        .into_iter();
    // What is missing or wrong is reported above; a value in range keeps it from being reported twice.
    let mut next = |default: u32| numbers.next().flatten().unwrap_or(default);
    let default = PasswordPolicy::default();
    let policy = PasswordPolicy {
        min_length: next(default.min_length),
        min_uppercase: next(default.min_uppercase),
        min_lowercase: next(default.min_lowercase),
        min_numbers: next(default.min_numbers),
        min_symbols: next(default.min_symbols),
        previous_password_count: next(default.previous_password_count),
        expiration_days: next(default.expiration_days),
        symbol_character_set: problems
            .text(
                object,
                "symbolCharacterSet",
                Ok::<_, std::convert::Infallible>,
            )
            .unwrap_or(default.symbol_character_set),
    };
    for problem in policy.problems() {
        problems.add(problem.field, problem.message);
    }
    problems.finish(Some(policy))
}

/// The fields that are numbers, in the order in which [`new_policy`] takes them.
const NUMBERS: [&str; 7] = [
    "minLength",
    "minUppercase",
    "minLowercase",
    "minNumbers",
    "minSymbols",
    "previousPasswordCount",
    "expirationDays",
];
