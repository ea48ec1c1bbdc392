//! Accounts and elements, many at once.

use tenantry_domain::{Element, OrganizationId, Text, ceql::fold, transfer::AccountRecord};

use crate::{error::Failure, session::Session, sql::Statement, unnested::Columns};

/// Creates accounts, each with the roles granted to it.
pub(super) async fn create_accounts(
    session: &mut Session<'_>,
    organization: OrganizationId,
    accounts: &[&AccountRecord],
) -> Result<(), Failure> {
    if accounts.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO accounts (organization_id, id, name, name_folded, description, description_folded, external_id, \
         external_id_folded, active, is_default, created_at, updated_at, revision) \
         SELECT $1, entry.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::text[], $9::boolean[], $10::boolean[], $11::timestamptz[], $12::timestamptz[], $13::bigint[]) AS entry",
    )
    .bind(organization.get());
    let folded = |text: &Option<Text>| text.as_ref().map(|text| fold(text.as_str()));
    let statement = Columns::new(statement, accounts)
        .of(|record| record.account.id.get())
        .of(|record| record.account.name.as_str())
        .of(|record| fold(record.account.name.as_str()))
        .of(|record| record.account.description.as_ref().map(Text::as_str))
        .of(|record| folded(&record.account.description))
        .of(|record| record.account.external_id.as_ref().map(Text::as_str))
        .of(|record| folded(&record.account.external_id))
        .of(|record| record.account.active)
        .of(|record| record.account.is_default)
        .of(|record| record.account.created_at)
        .of(|record| record.account.updated_at)
        .of(|record| record.account.revision.get())
        .statement();
    session.execute(statement).await?;
    grant(session, organization, accounts).await
}

async fn grant(
    session: &mut Session<'_>,
    organization: OrganizationId,
    accounts: &[&AccountRecord],
) -> Result<(), Failure> {
    let grants: Vec<_> = accounts
        .iter()
        .flat_map(|record| {
            let roles = record.roles.iter();
            roles.map(|role| (record.account.id.get(), role.as_str()))
        })
        .collect();
    if grants.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO account_roles (organization_id, account_id, role_id) \
         SELECT $1, entry.account_id, roles.id FROM unnest($2::bigint[], $3::text[]) AS entry (account_id, key) \
         JOIN roles ON roles.organization_id = $1 AND roles.key = entry.key",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, &grants)
        .of(|(account, _)| *account)
        .of(|(_, role)| *role)
        .statement();
    Ok(session.execute(statement).await?)
}

/// Registers elements of the catalog.
pub(super) async fn create_elements(
    session: &mut Session<'_>,
    organization: OrganizationId,
    elements: &[&Element],
) -> Result<(), Failure> {
    if elements.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO elements (organization_id, id, key, key_folded, name, name_folded, hub, hub_folded) \
         SELECT $1, entry.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
         $8::text[]) AS entry",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, elements)
        .of(|element| element.id.get())
        .of(|element| element.key.as_str())
        .of(|element| fold(element.key.as_str()))
        .of(|element| element.name.as_str())
        .of(|element| fold(element.name.as_str()))
        .of(|element| element.hub.as_str())
        .of(|element| fold(element.hub.as_str()))
        .statement();
    Ok(session.execute(statement).await?)
}
