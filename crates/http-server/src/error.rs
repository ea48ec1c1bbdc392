//! From what went wrong to what is answered: the only place that knows status codes.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tenantry_domain::{
    Entity, Problem, RequestId,
    ports::{HashError, LegacyLoginError, RepositoryError},
    services::ServiceError,
};
use tenantry_wire::error::{ErrorBody, FieldProblem, PROBLEM_JSON, ProblemBody, UNAUTHENTICATED};

use crate::{negotiation::ErrorFormat, throttle::RetryAfter};

/// How long a client should wait before it asks again while the store is away, in seconds.
const STORE_IS_AWAY: u64 = 1;
/// The same after a list that took too long: it would again.
const STORE_IS_TOO_SLOW: u64 = 30;
/// The same while the queue of passwords is full.
const HASHER_IS_BUSY: u64 = 1;
/// The same while the legacy platform is away, which is further away than the store.
const LEGACY_IS_AWAY: u64 = 5;

/// What is answered instead of what was asked for.
///
/// As a response it is empty and carries itself along; `exchange` renders it, because only there the request id and the
/// wanted format are known.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    problems: Vec<Problem>,
    /// For the log alone, never for the client.
    cause: Option<String>,
    /// After how many seconds it makes sense to ask again.
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            problems: Vec::new(),
            cause: None,
            retry_after: None,
        }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, UNAUTHENTICATED)
    }

    pub(crate) fn password_must_change() -> Self {
        let message = "The password must be changed first: POST /authentication/passwords with {\"password\": …}.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn instance_disabled() -> Self {
        let message = "The instance is disabled; PUT /instances/enabled enables it.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn changed_meanwhile() -> Self {
        let message =
            "What the caller may do was changed while the body was sent. Send the request again.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// A list without a hit. Clients know it by this very text.
    pub(crate) fn none_found(what: &str) -> Self {
        Self::not_found(format!("No {what} found"))
    }

    pub(crate) fn no_such(entity: Entity, id: &str) -> Self {
        Self::not_found(format!("No {entity} found with ID {id}"))
    }

    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        let message = problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        Self {
            problems,
            ..Self::new(StatusCode::BAD_REQUEST, message)
        }
    }

    pub(crate) fn still_running() -> Self {
        let message = "The first call under this Idempotency-Key is still running. Try again.";
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(crate) fn other_call() -> Self {
        let message = "This Idempotency-Key was used for another call: take a new key for each call, and the same one only \
                       to repeat it.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This path has no such method; see the header Allow.",
        )
    }

    pub(crate) fn not_acceptable() -> Self {
        let message =
            "The header Accept admits neither application/json nor application/problem+json.";
        Self::new(StatusCode::NOT_ACCEPTABLE, message)
    }

    pub(crate) fn unsupported_media_type() -> Self {
        let message = "The body must be JSON: send Content-Type: application/json, in UTF-8, without Content-Encoding.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let message = format!("The body is larger than {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body did not arrive in time.",
        )
    }

    pub(crate) fn too_many_attempts(seconds: u64) -> Self {
        let message =
            format!("Too many failed attempts from this address. Try again in {seconds} seconds.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, message)
        }
    }

    pub(crate) fn unavailable(cause: String) -> Self {
        let message = "The store cannot be reached now. Try again.";
        Self {
            cause: Some(cause),
            retry_after: Some(STORE_IS_AWAY),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    /// The store is there, but broke the list off.
    pub(crate) fn too_slow(cause: String) -> Self {
        let message = "This takes longer than the server allows: narrow 'where', leave out includeTotal, or follow nextPage \
                       instead of a large offset.";
        Self {
            cause: Some(cause),
            retry_after: Some(STORE_IS_TOO_SLOW),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    /// The store is there, but too many passwords are waiting to be checked.
    pub(crate) fn busy() -> Self {
        let message = "Too many passwords are being checked now. Try again.";
        Self {
            cause: Some(HashError::Busy.to_string()),
            retry_after: Some(HASHER_IS_BUSY),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    /// The legacy platform that may hold the password does not say whether it is right.
    fn unverified(cause: &LegacyLoginError) -> Self {
        let message = "The password cannot be checked now, because another server does not answer. Try again.";
        Self {
            cause: Some(chain(cause)),
            retry_after: Some(LEGACY_IS_AWAY),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    pub(crate) fn internal(cause: String) -> Self {
        let message = "Something went wrong here. The log has more under this request id.";
        Self {
            cause: Some(cause),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }

    /// For errors that a library answered without us.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(
            status,
            status.canonical_reason().unwrap_or("The request failed"),
        )
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What the log should say about it, if anybody must look.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The reply: `response`'s headers, and the error as body in the wanted form.
    pub(crate) fn render(
        &self,
        response: Response,
        path: &str,
        id: RequestId,
        format: ErrorFormat,
    ) -> Response {
        let (kept, _) = response.into_parts();
        let mut rendered = match format {
            ErrorFormat::Legacy => Json(ErrorBody {
                request_id: id.to_string(),
                message: &self.message,
            })
            .into_response(),
            ErrorFormat::Problem => self.problem(path, id),
        };
        *rendered.status_mut() = self.status;
        for (name, value) in &kept.headers {
            let of_the_body = name == header::CONTENT_TYPE || name == header::CONTENT_LENGTH;
            // It would tell paths that exist from others to who may not know.
            let reveals = self.status == StatusCode::UNAUTHORIZED && name == header::ALLOW;
            if !of_the_body && !reveals {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        rendered
    }

    fn problem(&self, path: &str, id: RequestId) -> Response {
        let errors = self
            .problems
            .iter()
            .map(|problem| FieldProblem::new(&problem.field, &problem.message))
            .collect();
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.message,
            instance: path,
            request_id: id.to_string(),
            errors,
        };
        let mut response = Json(body).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        // A body that is not read to its end leaves nothing to go on with.
        if matches!(
            self.status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Unauthenticated => Self::unauthenticated(),
            ServiceError::Forbidden(forbidden) => {
                Self::new(StatusCode::FORBIDDEN, forbidden.reason)
            }
            ServiceError::Invalid(problems) => Self::invalid(problems),
            ServiceError::WrongCurrentPassword => {
                Self::invalid(vec![Problem::new("currentPassword", "is wrong")])
            }
            ServiceError::NotFound { entity, key } => {
                Self::not_found(format!("No {entity} found with {key}"))
            }
            ServiceError::AlreadyGranted { role, to } => Self::new(
                StatusCode::CONFLICT,
                format!("The role key '{role}' is granted to this {to} already."),
            ),
            ServiceError::Repository(error) => error.into(),
            ServiceError::Hash(HashError::Busy) => Self::busy(),
            ServiceError::Hash(error) => Self::internal(chain(&error)),
            ServiceError::LegacyLogin(error) => Self::unverified(&error),
            ServiceError::Vault(error) => Self::internal(chain(&error)),
            error @ ServiceError::BrokenChain { .. } => Self::internal(chain(&error)),
        }
    }
}

impl From<RepositoryError> for ApiError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Conflict {
                entity: Entity::Account,
                field: "active",
            } => Self::new(
                StatusCode::CONFLICT,
                "The account is inactive: its field active must be true before users can be created in it.",
            ),
            RepositoryError::Conflict { entity, field } => Self::new(
                StatusCode::CONFLICT,
                format!("The {field} is in use by another {entity} already."),
            ),
            RepositoryError::Stale { entity } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                format!(
                    "The {entity} was changed meanwhile: read it again and repeat the change on what it is now."
                ),
            ),
            RepositoryError::InvalidCursor => Self::invalid(vec![Problem::new(
                "nextPage",
                "is damaged, or belongs to another list: use a token only with the filter and the order it came from",
            )]),
            RepositoryError::Denied { reason } => Self::new(StatusCode::FORBIDDEN, reason),
            RepositoryError::Unavailable { .. } => Self::unavailable(chain(&error)),
            RepositoryError::TooSlow { .. } => Self::too_slow(chain(&error)),
            RepositoryError::Unsupported { .. }
            | RepositoryError::Corrupt { .. }
            | RepositoryError::Backend { .. } => Self::internal(chain(&error)),
        }
    }
}

impl From<RetryAfter> for ApiError {
    fn from(RetryAfter(seconds): RetryAfter) -> Self {
        Self::too_many_attempts(seconds)
    }
}

/// The error and all its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_held_up_is_told_for_how_long() {
        let error = ApiError::from(RetryAfter(42));
        let response = error.into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "42");
        let away = ApiError::unavailable(String::new()).into_response();
        assert_eq!(away.headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn a_full_queue_of_passwords_is_not_blamed_on_the_store() {
        let busy = ApiError::from(ServiceError::Hash(HashError::Busy));
        assert_eq!(
            busy.message,
            "Too many passwords are being checked now. Try again."
        );
        let response = busy.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
