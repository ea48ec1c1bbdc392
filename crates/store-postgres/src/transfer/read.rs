//! Organizations that move out, in pages by number: one statement for each page.

use tenantry_domain::{
    OrganizationId,
    ports::RepositoryError,
    transfer::{Part, SealedRecord},
};

use super::rows::{
    account_record_of, account_record_selection, user_record_of, user_record_selection,
};
use crate::{
    database::Database,
    element::{element_of, element_selection},
    instance::columns::{instance_of, instance_selection},
    row::number,
    sql::Statement,
};

/// Up to `limit` records of this part with numbers beyond `after`.
pub(super) async fn page(
    database: &Database,
    organization: OrganizationId,
    part: Part,
    after: i64,
    limit: u32,
) -> Result<Vec<SealedRecord>, RepositoryError> {
    let text = match part {
        Part::Accounts => concat!(
            account_record_selection!(),
            " WHERE accounts.organization_id = $1 AND accounts.id > $2 AND NOT accounts.is_default \
             ORDER BY accounts.id LIMIT $3"
        ),
        Part::Elements => concat!(
            element_selection!(),
            " WHERE elements.organization_id = $1 AND elements.id > $2 ORDER BY elements.id LIMIT $3"
        ),
        Part::Users => concat!(
            user_record_selection!(),
            " WHERE users.organization_id = $1 AND users.id > $2 ORDER BY users.id LIMIT $3"
        ),
        Part::Instances => concat!(
            instance_selection!(),
            " WHERE instances.organization_id = $1 AND instances.id > $2 ORDER BY instances.id LIMIT $3"
        ),
    };
    let statement = Statement::new(text)
        .bind(organization.get())
        .bind(after)
        .bind(i64::from(limit));
    let rows = database.read(statement).await?;
    let records = rows.iter().map(|row| {
        Ok(match part {
            Part::Accounts => SealedRecord::Account(account_record_of(row)?),
            Part::Elements => SealedRecord::Element(element_of(row)?),
            Part::Users => SealedRecord::User(Box::new(user_record_of(row)?)),
            Part::Instances => SealedRecord::Instance(Box::new(instance_of(row)?.into())),
        })
    });
    records.collect()
}

/// How many records the part has.
pub(super) async fn count(
    database: &Database,
    organization: OrganizationId,
    part: Part,
) -> Result<u64, RepositoryError> {
    let text = match part {
        Part::Accounts => {
            "SELECT count(*) FROM accounts WHERE organization_id = $1 AND NOT is_default"
        }
        Part::Elements => "SELECT count(*) FROM elements WHERE organization_id = $1",
        Part::Users => "SELECT count(*) FROM users WHERE organization_id = $1",
        Part::Instances => "SELECT count(*) FROM instances WHERE organization_id = $1",
    };
    let rows = database
        .read(Statement::new(text).bind(organization.get()))
        .await?;
    number(rows.first())
}
