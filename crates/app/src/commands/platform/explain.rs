//! What a refusal means to whoever gave the command: what happened, and what to do next.

use anyhow::anyhow;
use tenantry_api_client::{ApiError, Refusal};

use crate::failure::Failure;

/// The failure that an error of the API is.
pub(super) fn explain(error: ApiError, local: bool) -> Failure {
    let refusal = match error {
        ApiError::Refused(refusal) => refusal,
        ApiError::Credentials => return Failure::usage(error),
        ApiError::Unreachable(what) => {
            return Failure::Failed(anyhow!(
                "the server cannot be reached: start it, or put --server right: {what}"
            ));
        }
        ApiError::Unreadable(what) => {
            return Failure::Failed(anyhow!(
                "the server's reply cannot be understood: is --server the address of this API? {what}"
            ));
        }
    };
    let text = format!("{}{}", sentence(&refusal, local), request(&refusal));
    match refusal.status {
        400 | 401 | 422 => Failure::usage(anyhow!("{text}")),
        _ => Failure::Failed(anyhow!("{text}")),
    }
}

fn sentence(refusal: &Refusal, local: bool) -> String {
    let said = refusal.said().trim_end_matches('.');
    match refusal.status {
        401 => "the server does not accept the secrets: log in anew with `tenantry login`, or put TENANTRY_USER_SECRET and \
                TENANTRY_ORGANIZATION_SECRET right"
            .to_owned(),
        403 if local => said.to_owned(),
        403 => format!("{said}: call with the secrets of a user who may"),
        404 if refusal.message.is_none() => {
            "there is no API at the server's address: put --server right".to_owned()
        }
        404 => match list_of(said) {
            Some(list) => format!("{said}; `tenantry {list} list` shows those that there are"),
            None => said.to_owned(),
        },
        412 => "it was changed meanwhile: look at it, and try again".to_owned(),
        408 | 429 | 502 | 503 | 504 => {
            format!("the server has no time ({said}): try again later")
        }
        500.. => format!("the server failed ({said}): its log says why"),
        _ => said.to_owned(),
    }
}

/// The command that lists what was not found: `No user found with ID 7`.
fn list_of(said: &str) -> Option<&'static str> {
    let kinds = [
        ("user", "users"),
        ("account", "accounts"),
        ("instance", "instances"),
    ];
    let what = said.strip_prefix("No ")?.split(' ').next()?;
    kinds
        .into_iter()
        .find(|(kind, _)| *kind == what)
        .map(|(_, list)| list)
}

fn request(refusal: &Refusal) -> String {
    match &refusal.request_id {
        Some(id) => format!(" (request {id})"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::*;

    #[test]
    fn errors_say_what_to_do_next() {
        for (status, message, local, code, expected) in [
            (
                400,
                Some("where is wrong"),
                true,
                2,
                "where is wrong (request 59)",
            ),
            (
                403,
                Some("The privilege 'viewUsersOrg' is missing."),
                false,
                1,
                "The privilege 'viewUsersOrg' is missing: call with the secrets of a user who may (request 59)",
            ),
            (
                404,
                Some("No user found with ID 7"),
                true,
                1,
                "No user found with ID 7; `tenantry users list` shows those that there are (request 59)",
            ),
            (
                404,
                Some("No such path."),
                true,
                1,
                "No such path (request 59)",
            ),
            (
                404,
                None,
                false,
                1,
                "there is no API at the server's address: put --server right (request 59)",
            ),
            (
                409,
                Some("The email is in use."),
                true,
                1,
                "The email is in use (request 59)",
            ),
            (
                503,
                Some("Busy"),
                false,
                1,
                "the server has no time (Busy): try again later (request 59)",
            ),
            (
                500,
                Some("Bad luck"),
                true,
                1,
                "the server failed (Bad luck): its log says why (request 59)",
            ),
        ] {
            let refusal = Refusal {
                status,
                message: message.map(str::to_owned),
                request_id: Some("59".to_owned()),
            };
            let failure = explain(ApiError::Refused(refusal), local);
            assert_eq!(failure.error().to_string(), expected);
            assert_eq!(failure.exit_code(), ExitCode::from(code), "{expected}");
        }
    }
}
