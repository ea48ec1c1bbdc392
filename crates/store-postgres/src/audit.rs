//! The audit log: written together with what it records, read by nobody else than [`AuditLog`].

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use sqlx::{postgres::PgRow, types::Json};
use tenantry_domain::{
    AccountId, AuditAction, AuditField, AuditId, AuditRecord, Author, Change, Entity,
    OrganizationId, Reach, RequestId, Scope, Snapshot, UserId,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AuditLog, RepositoryError},
};

use crate::{
    database::Database,
    error::Failure,
    list,
    row::Fields,
    session::Session,
    sql::{Sql, Statement},
    table::{Column, Table},
};

/// What [`record_of`] reads.
macro_rules! record_columns {
    () => {
        "audit_records.organization_id, audit_records.id, audit_records.account_id, audit_records.at, \
         audit_records.author, audit_records.author_user_id, audit_records.request_id, audit_records.action, \
         audit_records.target, audit_records.target_id, audit_records.old, audit_records.new"
    };
}
pub(crate) use record_columns;

/// The log over this database.
pub(crate) struct PostgresAuditLog(pub(crate) Arc<Database>);

#[async_trait]
impl AuditLog for PostgresAuditLog {
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        sort: &Sort<AuditField>,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, RepositoryError> {
        list::page(&self.0, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        list::count(&self.0, scope, filter, up_to).await
    }
}

/// What is to be recorded of one target.
pub(crate) struct Entry {
    pub(crate) account: Option<AccountId>,
    pub(crate) action: AuditAction,
    pub(crate) target: Entity,
    pub(crate) target_id: i64,
    pub(crate) old: Snapshot,
    pub(crate) new: Snapshot,
}

/// Records all entries in one statement, in their order.
pub(crate) async fn record(
    session: &mut Session<'_>,
    organization: OrganizationId,
    change: &Change,
    entries: &[Entry],
) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let statement = bind_change(
        Statement::new(
            "INSERT INTO audit_records \
             (at, author, author_user_id, request_id, organization_id, account_id, action, target, target_id, old, new) \
             SELECT $1, $2, $3, $4, $5, entry.account_id, entry.action, entry.target, entry.target_id, entry.old, entry.new \
             FROM unnest($6::bigint[], $7::text[], $8::text[], $9::bigint[], $10::jsonb[], $11::jsonb[]) WITH ORDINALITY \
             AS entry (account_id, action, target, target_id, old, new, place) \
             ORDER BY entry.place",
        ),
        change,
    );
    let statement = statement
        .bind(organization.get())
        .bind(
            entries
                .iter()
                .map(|entry| entry.account.map(AccountId::get))
                .collect::<Vec<_>>(),
        )
        .bind(
            entries
                .iter()
                .map(|entry| entry.action.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            entries
                .iter()
                .map(|entry| entry.target.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            entries
                .iter()
                .map(|entry| entry.target_id)
                .collect::<Vec<_>>(),
        )
        .bind(
            entries
                .iter()
                .map(|entry| Json(&entry.old.0))
                .collect::<Vec<_>>(),
        )
        .bind(
            entries
                .iter()
                .map(|entry| Json(&entry.new.0))
                .collect::<Vec<_>>(),
        );
    session.execute(statement).await?;
    Ok(())
}

/// Binds instant, author, author's user id and request id, in this order.
pub(crate) fn bind_change(statement: Statement, change: &Change) -> Statement {
    let (author, user) = author(change);
    statement
        .bind(change.at)
        .bind(author)
        .bind(user)
        .bind(change.request_id.to_string())
}

/// The columns `author` and `author_user_id`.
pub(crate) fn author(change: &Change) -> (&'static str, Option<i64>) {
    match change.author {
        Author::User(user) => ("user", Some(user.get())),
        Author::Operator => ("operator", None),
        Author::Platform => ("platform", None),
    }
}

/// A snapshot to be bound as a JSON object.
pub(crate) fn json(snapshot: &Snapshot) -> Json<&BTreeMap<String, String>> {
    Json(&snapshot.0)
}

/// One of several snapshots.
pub(crate) fn owned_json(snapshot: Snapshot) -> Json<BTreeMap<String, String>> {
    Json(snapshot.0)
}

impl Table for AuditField {
    type Item = AuditRecord;

    const SELECT: &'static str = concat!("SELECT ", record_columns!(), " FROM audit_records");
    const FROM: &'static str = " FROM audit_records";

    fn column(self) -> Column {
        match self {
            Self::Id => Column::required("audit_records.id"),
            Self::CreatedDate => Column::required("audit_records.at"),
            Self::AuthorId => Column::required("audit_records.author_user_id").or_null(),
            Self::TargetUserId => Column::required(
                "(CASE WHEN audit_records.target = 'user' THEN audit_records.target_id END)",
            )
            .or_null(),
            Self::AccountId => Column::required("audit_records.account_id").or_null(),
        }
    }

    fn within(sql: &mut Sql, scope: &Scope) {
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
                sql.push(" OR (CASE WHEN audit_records.target = 'user' THEN audit_records.target_id END) = ");
                sql.bind(user.get()).push(")");
            }
        }
    }

    fn item(row: &PgRow) -> Result<AuditRecord, RepositoryError> {
        record_of(row)
    }
}

/// Reads a row of [`record_columns`].
pub(crate) fn record_of(row: &PgRow) -> Result<AuditRecord, RepositoryError> {
    // Errors have no word for a record, so they name its target.
    let fields = Fields::named(Entity::User, row, "target_id")?;
    let target = fields.parse("target", |word| {
        Entity::parse(&word).ok_or("there is no such target")
    })?;
    let fields = Fields::named(target, row, "target_id")?;
    let author = match (
        fields.get::<String>("author")?.as_str(),
        fields.get::<Option<i64>>("author_user_id")?,
    ) {
        ("user", Some(user)) => Author::User(UserId::new(user)),
        ("operator", None) => Author::Operator,
        ("platform", None) => Author::Platform,
        _ => return Err(fields.corrupt("there is no such author")),
    };
    let snapshot = |column| {
        fields
            .get::<Json<BTreeMap<String, String>>>(column)
            .map(|json| Snapshot(json.0))
    };
    Ok(AuditRecord {
        id: AuditId::new(fields.get("id")?),
        organization_id: OrganizationId::new(fields.get("organization_id")?),
        account_id: fields.get::<Option<i64>>("account_id")?.map(AccountId::new),
        change: Change {
            author,
            request_id: fields.parse("request_id", |id| {
                RequestId::parse(&id).ok_or("the request id is malformed")
            })?,
            at: fields.get("at")?,
        },
        action: fields.parse("action", |word| {
            AuditAction::parse(&word).ok_or("there is no such action")
        })?,
        target,
        target_id: fields.id(),
        old: snapshot("old")?,
        new: snapshot("new")?,
    })
}
