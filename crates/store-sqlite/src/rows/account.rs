//! Accounts as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    Account, AccountField, AccountId, Entity, Name, OrganizationId, Reach, Revision, Scope, Text,
};

use super::{Assignments, Cells};
use crate::{
    error::Failure,
    selectable::{Column, Selectable},
    sql::Sql,
};

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "accounts.id, accounts.organization_id, accounts.name, accounts.description, \
    accounts.external_id, accounts.active, accounts.is_default, accounts.created_at, accounts.updated_at, \
    accounts.revision";

pub(crate) fn read(row: &Row<'_>) -> Result<Account, Failure> {
    Cells::entity(row, Entity::Account, |cells| {
        Ok(Account {
            id: AccountId::new(cells.take()?),
            organization_id: OrganizationId::new(cells.take()?),
            name: cells.name()?,
            description: cells.text()?,
            external_id: cells.text()?,
            active: cells.take()?,
            is_default: cells.take()?,
            created_at: cells.instant()?,
            updated_at: cells.instant()?,
            revision: Revision::new(cells.take()?),
        })
    })
}

/// Stores a new account, under `id` if one is given; answers the id that it has.
pub(crate) fn insert(
    connection: &Connection,
    account: &Account,
    id: Option<i64>,
) -> Result<AccountId, Failure> {
    let id = assignments(account)
        .set("id", id)
        .set("organization_id", account.organization_id.get())
        .set("is_default", account.is_default)
        .instant("created_at", account.created_at)
        .insert(connection, "accounts")?;
    Ok(AccountId::new(id))
}

/// What an update writes of an account.
pub(crate) fn assignments(account: &Account) -> Assignments {
    Assignments::new()
        .text("name", "name_folded", Some(Name::as_str(&account.name)))
        .text(
            "description",
            "description_folded",
            account.description.as_ref().map(Text::as_str),
        )
        .text(
            "external_id",
            "external_id_folded",
            account.external_id.as_ref().map(Text::as_str),
        )
        .set("active", account.active)
        .instant("updated_at", account.updated_at)
        .set("revision", account.revision.get())
}

/// The account of that id in `scope`.
pub(crate) fn find(
    connection: &Connection,
    scope: &Scope,
    id: AccountId,
) -> Result<Option<Account>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(" FROM accounts WHERE ");
    AccountField::within(scope, &mut sql);
    sql.push(" AND accounts.id = ").bind(id.get());
    sql.row(connection, read)
}

impl Selectable for AccountField {
    const TABLE: &'static str = "accounts";
    const ID_COLUMN: &'static str = "accounts.id";
    const IDS: &'static str = "SELECT accounts.id FROM accounts WHERE accounts.organization_id = ";

    fn rare(self) -> Option<(bool, &'static str)> {
        match self {
            Self::Active => Some((false, "accounts.active = 0")),
            Self::DefaultAccount => Some((true, "accounts.is_default")),
            _ => None,
        }
    }

    fn column(self) -> Column {
        match self {
            Self::Id => Column::plain("accounts.id"),
            Self::Name => Column::text("accounts.name", "accounts.name_folded"),
            Self::Description => {
                Column::text("accounts.description", "accounts.description_folded")
            }
            Self::ExternalId => Column::text("accounts.external_id", "accounts.external_id_folded"),
            Self::Active => Column::plain("accounts.active"),
            Self::CreatedDate => Column::plain("accounts.created_at"),
            Self::UpdatedDate => Column::plain("accounts.updated_at"),
            Self::DefaultAccount => Column::plain("accounts.is_default"),
            Self::Type => Column::text(
                "CASE WHEN accounts.is_default THEN 'Default' ELSE 'CompanyAccount' END",
                "CASE WHEN accounts.is_default THEN 'default' ELSE 'companyaccount' END",
            ),
            Self::CompanyId => Column::plain("accounts.organization_id"),
        }
    }

    fn within(scope: &Scope, sql: &mut Sql) {
        let organization = scope.organization_id().get();
        sql.push("accounts.organization_id = ").bind(organization);
        match scope.reach() {
            Reach::Organization => {}
            Reach::Account(account) => {
                sql.push(" AND accounts.id = ").bind(account.get());
            }
            Reach::User(user) => {
                sql.push(" AND accounts.id = (SELECT users.account_id FROM users WHERE users.organization_id = ");
                sql.bind(organization)
                    .push(" AND users.id = ")
                    .bind(user.get())
                    .push(")");
            }
        }
    }
}
