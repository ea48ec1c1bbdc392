//! An organization that moves out, with what every organization has from its beginning.

use std::sync::Arc;

use tenantry_domain::{
    OrganizationId, SealedSecret,
    ports::{
        CredentialRepository as _, OrganizationRepository as _, PasswordPolicyRepository as _,
        RepositoryError, RoleRepository as _,
    },
    transfer::{OrganizationRecord, PolicyRecord},
};

use super::rows::{account_record_of, account_record_selection};
use crate::{
    credential::PostgresCredentials, database::Database, error::Failure,
    organization::PostgresOrganizations, password_policy::PostgresPasswordPolicies,
    role::PostgresRoles, sql::Statement,
};

pub(super) async fn read(
    database: &Arc<Database>,
    id: OrganizationId,
) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError> {
    let database = || Arc::clone(database);
    let organization = PostgresOrganizations(database()).find(id).await?;
    let secret = PostgresCredentials(database())
        .organization_secret(id)
        .await?;
    let policy = PostgresPasswordPolicies(database()).find(id).await?;
    let (Some(organization), Some(secret)) = (organization, secret) else {
        return Ok(None);
    };
    let statement = Statement::new(concat!(
        account_record_selection!(),
        " WHERE accounts.organization_id = $1 AND accounts.id = $2"
    ))
    .bind(id.get())
    .bind(organization.default_account_id.get());
    let rows = database().read(statement).await?;
    let account = rows.first().ok_or(Failure::Sql(sqlx::Error::RowNotFound))?;
    Ok(Some(OrganizationRecord {
        secret,
        policy: policy
            .filter(|policy| policy.is_set)
            .map(|set| PolicyRecord {
                policy: set.policy,
                created_at: set.created_at,
                updated_at: set.updated_at,
            }),
        roles: PostgresRoles(database()).list(id).await?,
        default_account: account_record_of(account)?,
        organization,
    }))
}
