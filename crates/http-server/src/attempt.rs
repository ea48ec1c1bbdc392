//! Trying a password, held up by the throttle, and carried to its end whatever becomes of the client: who hangs up before
//! the answer has tried as well.

use std::{future::Future, net::IpAddr, sync::Arc};

use tenantry_domain::services::ServiceError;
use tracing::Instrument as _;

use crate::{error::ApiError, router::AppState};

/// Runs `attempt` from `address`, if that has not failed too often; a password that is refused counts as a failure.
pub(crate) async fn try_password<T: Send + 'static>(
    state: &AppState,
    address: IpAddr,
    attempt: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, ApiError> {
    let counted = Arc::clone(&state.throttle).attempt(address)?;
    let run = async move {
        let outcome = attempt.await;
        let failed = matches!(
            outcome,
            Err(ServiceError::Unauthenticated | ServiceError::WrongCurrentPassword)
        );
        if !failed {
            counted.passed();
        }
        outcome
    };
    let outcome = tokio::spawn(run.in_current_span()).await;
    Ok(outcome
        .map_err(|error| ApiError::internal(format!("a password that was tried: {error}")))??)
}
