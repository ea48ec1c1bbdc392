//! Audit records as rows.

use std::collections::BTreeMap;

use rusqlite::Row;
use tenantry_domain::{
    AccountId, AuditAction, AuditField, AuditId, AuditRecord, Author, ChainLink, Change, Entity,
    OrganizationId, Reach, RequestId, Scope, Snapshot, UserId, ports::BoxError,
};

use super::{Cells, audit_head};
use crate::{
    error::Failure,
    selectable::{Column, Selectable},
    sql::Sql,
};

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "audit_records.id, audit_records.organization_id, audit_records.account_id, \
    audit_records.author, audit_records.author_user_id, audit_records.request_id, audit_records.at, \
    audit_records.action, audit_records.target, audit_records.target_id, audit_records.old, audit_records.new";

/// What [`read_linked`] reads behind them.
pub(crate) const LINK_COLUMNS: &str = "audit_records.position, audit_records.hash";

/// The domain has no word for a record in errors, so a corrupt one is a failure of the store that names it.
#[derive(Debug, thiserror::Error)]
#[error("the stored audit record {id} is corrupt")]
struct CorruptRecord {
    id: i64,
    source: BoxError,
}

pub(crate) fn read(row: &Row<'_>) -> Result<AuditRecord, Failure> {
    naming(row, record)
}

pub(crate) fn read_linked(row: &Row<'_>) -> Result<(AuditRecord, ChainLink), Failure> {
    naming(row, |cells| Ok((record(cells)?, audit_head::link(cells)?)))
}

fn naming<T>(
    row: &Row<'_>,
    read: impl FnOnce(&mut Cells<'_>) -> Result<T, BoxError>,
) -> Result<T, Failure> {
    let id = row.get(0)?;
    read(&mut Cells::of(row)).map_err(|source| Failure::backend(CorruptRecord { id, source }))
}

fn record(cells: &mut Cells<'_>) -> Result<AuditRecord, BoxError> {
    Ok(AuditRecord {
        id: AuditId::new(cells.take()?),
        organization_id: OrganizationId::new(cells.take()?),
        account_id: cells.take::<Option<i64>>()?.map(AccountId::new),
        change: Change {
            author: author(&cells.take::<String>()?, cells.take()?)?,
            request_id: RequestId::parse(&cells.take::<String>()?).ok_or("malformed request id")?,
            at: cells.instant()?,
        },
        action: AuditAction::parse(&cells.take::<String>()?).ok_or("unknown action")?,
        target: Entity::parse(&cells.take::<String>()?).ok_or("unknown kind of target")?,
        target_id: cells.take()?,
        old: snapshot(&cells.take::<String>()?)?,
        new: snapshot(&cells.take::<String>()?)?,
    })
}

/// How an author is stored: what it is, and the user's id if it is one.
pub(crate) fn author_columns(author: Author) -> (&'static str, Option<i64>) {
    match author {
        Author::User(id) => ("user", Some(id.get())),
        Author::Operator => ("operator", None),
        Author::Platform => ("platform", None),
    }
}

fn author(kind: &str, user: Option<i64>) -> Result<Author, &'static str> {
    match (kind, user) {
        ("user", Some(id)) => Ok(Author::User(UserId::new(id))),
        ("operator", None) => Ok(Author::Operator),
        ("platform", None) => Ok(Author::Platform),
        _ => Err("unknown author"),
    }
}

fn snapshot(json: &str) -> Result<Snapshot, BoxError> {
    Ok(Snapshot(serde_json::from_str::<BTreeMap<String, String>>(
        json,
    )?))
}

impl Selectable for AuditField {
    const TABLE: &'static str = "audit_records";
    const ID_COLUMN: &'static str = "audit_records.id";
    const IDS: &'static str =
        "SELECT audit_records.id FROM audit_records WHERE audit_records.organization_id = ";

    fn column(self) -> Column {
        Column::plain(match self {
            Self::Id => "audit_records.id",
            Self::CreatedDate => "audit_records.at",
            Self::AuthorId => "audit_records.author_user_id",
            Self::TargetUserId => {
                "CASE WHEN audit_records.target = 'user' THEN audit_records.target_id END"
            }
            Self::AccountId => "audit_records.account_id",
        })
    }

    fn within(scope: &Scope, sql: &mut Sql) {
        sql.push("audit_records.organization_id = ")
            .bind(scope.organization_id().get());
        match scope.reach() {
            Reach::Organization => {}
            Reach::Account(account) => {
                sql.push(" AND audit_records.account_id = ")
                    .bind(account.get());
            }
            Reach::User(user) => {
                sql.push(" AND (audit_records.author_user_id = ")
                    .bind(user.get());
                sql.push(" OR (audit_records.target = 'user' AND audit_records.target_id = ")
                    .bind(user.get());
                sql.push("))");
            }
        }
    }
}
