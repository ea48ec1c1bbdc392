//! `POST /signup-partners`: the platform's operator signs a partner up (contract, section 7).

use axum::{Json, extract::State};
use tenantry_wire::sign_up::{SignUpBody, SignedUpBody, new_organization};

use crate::{body::UnreadBody, caller::Caller, error::ApiError, router::AppState};

/// Create an organization with its first user
///
/// For the operator of the platform (`sys-admin`); everybody else is answered 401. The first user must change the password at
/// the first login. Both secrets are shown this once.
#[utoipa::path(
    post, path = "/signup-partners", tag = "sign-up",
    request_body = SignUpBody,
    responses((status = 200, body = SignedUpBody), (status = 409, description = "The e-mail is in use."))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: UnreadBody,
) -> Result<Json<SignedUpBody>, ApiError> {
    let permit = state.platform.organizations.sign_up(&actor)?;
    let new = new_organization(&body.object().await?).map_err(ApiError::invalid)?;
    let issued = permit.create(new).await?;
    Ok(Json(SignedUpBody::from(&issued)))
}
