//! Organizations.

mod create;
mod rename;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    AccountId, Change, Entity, Name, Organization, OrganizationDraft, OrganizationId,
    OrganizationKind, Revision,
    ports::{CreatedOrganization, OrganizationRepository, RepositoryError},
};

use self::{create::CreateOrganization, rename::RenameOrganization};
use crate::{
    database::Database,
    row::{Fields, number},
    sql::Statement,
};

/// What [`organization_of`] reads. Named one by one: a prepared `*` fails once a newer release has added a column.
macro_rules! organization_selection {
    () => {
        "SELECT id, name, kind, active, default_account_id, external_id, created_at, updated_at, revision \
         FROM organizations"
    };
}

use organization_selection;

/// Organizations in this database.
pub(crate) struct PostgresOrganizations(pub(crate) Arc<Database>);

#[async_trait]
impl OrganizationRepository for PostgresOrganizations {
    async fn create(
        &self,
        draft: &OrganizationDraft,
        change: &Change,
    ) -> Result<CreatedOrganization, RepositoryError> {
        self.0.transact(&CreateOrganization { draft, change }).await
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, RepositoryError> {
        let rows = self
            .0
            .read(
                Statement::new(concat!(organization_selection!(), " WHERE id = $1")).bind(id.get()),
            )
            .await?;
        rows.first().map(organization_of).transpose()
    }

    async fn rename(
        &self,
        id: OrganizationId,
        name: &Name,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Organization>, RepositoryError> {
        self.0
            .transact(&RenameOrganization {
                id,
                name,
                expected,
                change,
            })
            .await
    }

    async fn find_system(&self) -> Result<Option<Organization>, RepositoryError> {
        let rows = self
            .0
            .read(Statement::new(concat!(
                organization_selection!(),
                " WHERE kind = 'system'"
            )))
            .await?;
        rows.first().map(organization_of).transpose()
    }

    async fn count_customers(&self, up_to: u64) -> Result<u64, RepositoryError> {
        let limit = i64::try_from(up_to).unwrap_or(i64::MAX);
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT count(*) FROM (SELECT 1 FROM organizations WHERE kind = 'customer' LIMIT $1) AS found",
                )
                .bind(limit)
            )
            .await?;
        number(rows.first())
    }
}

/// How stores write the kind.
fn kind_word(kind: OrganizationKind) -> &'static str {
    match kind {
        OrganizationKind::System => "system",
        OrganizationKind::Customer => "customer",
    }
}

fn organization_of(row: &PgRow) -> Result<Organization, RepositoryError> {
    let fields = Fields::of(Entity::Organization, row)?;
    let kind = match fields.get::<String>("kind")?.as_str() {
        "system" => OrganizationKind::System,
        "customer" => OrganizationKind::Customer,
        _ => return Err(fields.corrupt("there is no such kind")),
    };
    Ok(Organization {
        id: OrganizationId::new(fields.id()),
        name: fields.name("name")?,
        active: fields.get("active")?,
        kind,
        default_account_id: AccountId::new(fields.get("default_account_id")?),
        external_id: fields.optional_text("external_id")?,
        created_at: fields.get("created_at")?,
        updated_at: fields.get("updated_at")?,
        revision: fields.revision("revision")?,
    })
}
