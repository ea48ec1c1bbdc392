//! Accounts.

pub(crate) mod update;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, AuditAction, Change, Entity,
    OrganizationId, Reach, Revision, Scope, Text,
    ceql::{Filter, fold},
    page::{Count, Page, PageRequest, Sort},
    ports::{AccountRepository, RepositoryError},
};

use self::update::{ERASURE, UpdateAccount};
use crate::{
    audit,
    database::Database,
    error::Failure,
    list,
    row::{Fields, assigned},
    sql::Sql,
    sql::Statement,
    table::{Column, Table, narrowed},
};

/// What [`account_of`] reads. Named one by one: a prepared `*` fails once a newer release has added a column.
macro_rules! account_selection {
    () => {
        "SELECT accounts.organization_id, accounts.id, accounts.name, accounts.description, accounts.external_id, \
         accounts.active, accounts.is_default, accounts.created_at, accounts.updated_at, accounts.revision \
         FROM accounts"
    };
}

pub(crate) use account_selection;

/// Accounts in this database.
pub(crate) struct PostgresAccounts(pub(crate) Arc<Database>);

#[async_trait]
impl AccountRepository for PostgresAccounts {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &AccountDraft,
        change: &Change,
    ) -> Result<Account, RepositoryError> {
        let mut account = Account {
            id: AccountId::new(0),
            organization_id: organization,
            name: draft.name.clone(),
            description: draft.description.clone(),
            external_id: draft.external_id.clone(),
            active: true,
            is_default: false,
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        let snapshot = account.snapshot();
        let statement = Statement::new(
            "WITH created AS (\
             INSERT INTO accounts (organization_id, name, name_folded, description, description_folded, \
             external_id, external_id_folded, active, is_default, created_at, updated_at, revision) \
             VALUES ($5, $6, $7, $8, $9, $10, $11, TRUE, FALSE, $1, $1, 1) RETURNING id), \
             recorded AS (\
             INSERT INTO audit_records \
             (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
             SELECT $5, created.id, $1, $2, $3, $4, $12, $13, created.id, '{}', $14 FROM created) \
             SELECT id FROM created",
        );
        let statement = audit::bind_change(statement, change)
            .bind(organization.get())
            .bind(draft.name.as_str())
            .bind(fold(draft.name.as_str()))
            .bind(draft.description.as_ref().map(Text::as_str))
            .bind(draft.description.as_ref().map(|text| fold(text.as_str())))
            .bind(draft.external_id.as_ref().map(Text::as_str))
            .bind(draft.external_id.as_ref().map(|text| fold(text.as_str())))
            .bind(AuditAction::Created.as_str())
            .bind(Entity::Account.as_str())
            .bind(audit::json(&snapshot));
        let rows = self.0.write(statement).await?;
        let row = rows.first().ok_or(Failure::Sql(sqlx::Error::RowNotFound))?;
        account.id = AccountId::new(assigned(row, "id")?);
        Ok(account)
    }

    async fn find(&self, scope: &Scope, id: AccountId) -> Result<Option<Account>, RepositoryError> {
        let (account, user) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    account_selection!(),
                    " WHERE organization_id = $1 AND id = $2 \
                     AND ($3::bigint IS NULL OR id = $3) \
                     AND ($4::bigint IS NULL OR id = (SELECT users.account_id FROM users \
                     WHERE users.organization_id = $1 AND users.id = $4))"
                ))
                .bind(scope.organization_id().get())
                .bind(id.get())
                .bind(account)
                .bind(user),
            )
            .await?;
        rows.first().map(account_of).transpose()
    }

    async fn was_assigned(&self, id: AccountId) -> Result<bool, RepositoryError> {
        // A sequence that nobody has asked yet names its first value all the same.
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT id FROM (SELECT $1::bigint AS id) AS asked, accounts_id_seq \
                     WHERE id BETWEEN 1 AND last_value - CASE WHEN is_called THEN 0 ELSE 1 END",
                )
                .bind(id.get()),
            )
            .await?;
        Ok(!rows.is_empty())
    }

    async fn update(
        &self,
        scope: &Scope,
        id: AccountId,
        patch: &AccountPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Account>, RepositoryError> {
        let update = UpdateAccount {
            scope,
            id,
            patch,
            expected,
            change,
        };
        if patch.erase_users {
            return self.0.transact_within(ERASURE, &update).await;
        }
        self.0.transact(&update).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
    ) -> Result<Page<Account>, RepositoryError> {
        list::page(&self.0, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        list::count(&self.0, scope, filter, up_to).await
    }
}

impl Table for AccountField {
    type Item = Account;

    const SELECT: &'static str = account_selection!();
    const FROM: &'static str = " FROM accounts";

    fn column(self) -> Column {
        match self {
            Self::Id => Column::required("accounts.id"),
            Self::Name => Column::text("accounts.name", "accounts.name_folded").with_trigrams(),
            Self::Description => {
                Column::text("accounts.description", "accounts.description_folded").or_null()
            }
            Self::ExternalId => {
                Column::text("accounts.external_id", "accounts.external_id_folded").or_null()
            }
            Self::Active => Column::required("accounts.active"),
            Self::CreatedDate => Column::required("accounts.created_at"),
            Self::UpdatedDate => Column::required("accounts.updated_at"),
            Self::DefaultAccount => Column::required("accounts.is_default"),
            Self::Type => Column::text(
                r#"(CASE WHEN accounts.is_default THEN 'Default' ELSE 'CompanyAccount' END COLLATE "C")"#,
                r#"(CASE WHEN accounts.is_default THEN 'default' ELSE 'companyaccount' END COLLATE "C")"#,
            ),
            Self::CompanyId => Column::required("accounts.organization_id"),
        }
    }

    fn within(sql: &mut Sql, scope: &Scope) {
        sql.push("accounts.organization_id = ")
            .bind(scope.organization_id().get());
        match scope.reach() {
            Reach::Organization => {}
            Reach::Account(account) => {
                sql.push(" AND accounts.id = ").bind(account.get());
            }
            Reach::User(user) => {
                sql.push(" AND accounts.id = (SELECT users.account_id FROM users WHERE users.organization_id = ");
                sql.bind(scope.organization_id().get())
                    .push(" AND users.id = ")
                    .bind(user.get())
                    .push(")");
            }
        }
    }

    fn item(row: &PgRow) -> Result<Account, RepositoryError> {
        account_of(row)
    }
}

/// Reads a row of [`account_selection`].
pub(crate) fn account_of(row: &PgRow) -> Result<Account, RepositoryError> {
    let fields = Fields::of(Entity::Account, row)?;
    Ok(Account {
        id: AccountId::new(fields.id()),
        organization_id: OrganizationId::new(fields.get("organization_id")?),
        name: fields.name("name")?,
        description: fields.optional_text("description")?,
        external_id: fields.optional_text("external_id")?,
        active: fields.get("active")?,
        is_default: fields.get("is_default")?,
        created_at: fields.get("created_at")?,
        updated_at: fields.get("updated_at")?,
        revision: fields.revision("revision")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_the_domain_names_them() {
        let column = AccountField::Type.column();
        for (name, of) in [("Default", true), ("CompanyAccount", false)] {
            assert!(column.expression.contains(&format!("'{name}'")), "{of}");
            assert!(
                column
                    .folded
                    .is_some_and(|folded| folded.contains(&format!("'{}'", fold(name)))),
                "{of}"
            );
        }
    }
}
