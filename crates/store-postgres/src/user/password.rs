//! What a change of a user leaves behind or takes away of former passwords and login tokens.

use tenantry_domain::{Change, NewPassword, PasswordHash, SecretDigest, User};

use crate::{error::Failure, session::Session, sql::Statement};

/// Moves the present hash of a user, who must be locked, to the former ones, unless the password is held elsewhere, and forgets those beyond `new.remember`.
pub(super) async fn remember(
    session: &mut Session<'_>,
    user: &User,
    new: &NewPassword,
    change: &Change,
) -> Result<(), Failure> {
    let keep = Statement::new(
        "INSERT INTO password_history (organization_id, user_id, hash, replaced_at) \
         SELECT organization_id, id, password_hash, $3 FROM users \
         WHERE organization_id = $1 AND id = $2 AND password_hash <> $4",
    )
    .bind(user.organization_id.get())
    .bind(user.id.get())
    .bind(change.at)
    .bind(PasswordHash::held_elsewhere().expose().to_owned());
    session.execute(keep).await?;
    let trim = Statement::new(
        "DELETE FROM password_history WHERE organization_id = $1 AND user_id = $2 \
         AND id <= (SELECT id FROM password_history WHERE organization_id = $1 AND user_id = $2 \
         ORDER BY id DESC OFFSET $3 LIMIT 1)",
    )
    .bind(user.organization_id.get())
    .bind(user.id.get())
    .bind(i64::from(new.remember));
    Ok(session.execute(trim).await?)
}

/// Ends the login tokens of a user, who must be locked so that no other comes into being; all but `keep`.
pub(super) async fn end_tokens(
    session: &mut Session<'_>,
    user: &User,
    keep: Option<SecretDigest>,
) -> Result<(), Failure> {
    let statement = Statement::new(
        "DELETE FROM login_tokens WHERE organization_id = $1 AND user_id = $2 AND digest IS DISTINCT FROM $3",
    )
    .bind(user.organization_id.get())
    .bind(user.id.get())
    .bind(keep.as_ref().map(|digest| digest.as_bytes().as_slice()));
    Ok(session.execute(statement).await?)
}
