//! The chain of the audit log. Links are written beside records that are committed already, and only who moves the head
//! may write them, so nobody who writes a record ever waits for the chain.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    AuditId, AuditRecord, ChainHead, ChainLink, ChainSignature, Entity, KeyId, OrganizationId,
    ports::{AuditChain, RepositoryError},
};

use crate::{
    audit::{record_columns, record_of},
    database::Database,
    error::Failure,
    row::{Fields, assigned},
    session::{Session, Work},
    sql::Statement,
};

/// The chains of the log in this database.
pub(crate) struct PostgresAuditChain(pub(crate) Arc<Database>);

#[async_trait]
impl AuditChain for PostgresAuditChain {
    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        let statement =
            Statement::new("SELECT id FROM organizations WHERE id > $1 ORDER BY id LIMIT $2")
                .bind(after.map_or(i64::MIN, OrganizationId::get))
                .bind(i64::from(limit));
        ids(&self.0.read(statement).await?)
    }

    async fn unlinked_organizations(
        &self,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        // From one organization to the next through the index of unlinked records, however many each has.
        let statement = Statement::new(
            "WITH RECURSIVE found (id) AS (\
             (SELECT organization_id FROM audit_records WHERE position IS NULL ORDER BY organization_id LIMIT 1) \
             UNION ALL \
             SELECT (SELECT organization_id FROM audit_records WHERE position IS NULL AND organization_id > found.id \
             ORDER BY organization_id LIMIT 1) FROM found WHERE found.id IS NOT NULL) \
             SELECT id FROM found WHERE id IS NOT NULL LIMIT $1",
        )
        .bind(i64::from(limit));
        ids(&self.0.read(statement).await?)
    }

    async fn head(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<ChainHead>, RepositoryError> {
        let statement = Statement::new(
            "SELECT organization_id AS id, start_position, start_hash, end_position, end_hash, key_id, code \
             FROM audit_heads WHERE organization_id = $1",
        )
        .bind(organization.get());
        let rows = self.0.read(statement).await?;
        rows.first().map(head_of).transpose()
    }

    async fn unlinked(
        &self,
        organization: OrganizationId,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RepositoryError> {
        let statement = Statement::new(concat!(
            "SELECT ",
            record_columns!(),
            " FROM audit_records WHERE organization_id = $1 AND position IS NULL ORDER BY id LIMIT $2"
        ))
        .bind(organization.get())
        .bind(i64::from(limit));
        let rows = self.0.read(statement).await?;
        rows.iter().map(record_of).collect()
    }

    async fn link<'a>(
        &self,
        organization: OrganizationId,
        old: Option<&'a ChainHead>,
        links: &[(AuditId, ChainLink)],
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        self.0
            .transact(&Link {
                organization,
                old,
                links,
                new,
            })
            .await
    }

    async fn linked(
        &self,
        organization: OrganizationId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(AuditRecord, ChainLink)>, RepositoryError> {
        let statement = Statement::new(concat!(
            "SELECT ",
            record_columns!(),
            ", audit_records.position, audit_records.hash FROM audit_records \
             WHERE organization_id = $1 AND position > $2 ORDER BY position LIMIT $3"
        ))
        .bind(organization.get())
        .bind(after)
        .bind(i64::from(limit));
        let rows = self.0.read(statement).await?;
        rows.iter()
            .map(|row| {
                let record = record_of(row)?;
                let link = link_of(
                    &Fields::named(record.target, row, "target_id")?,
                    "position",
                    "hash",
                )?;
                Ok((record, link))
            })
            .collect()
    }

    async fn prune(
        &self,
        organization: OrganizationId,
        old: &ChainHead,
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        self.0
            .transact(&Prune {
                organization,
                old,
                new,
            })
            .await
    }
}

struct Link<'a> {
    organization: OrganizationId,
    old: Option<&'a ChainHead>,
    links: &'a [(AuditId, ChainLink)],
    new: &'a ChainHead,
}

impl Work for Link<'_> {
    type Output = bool;

    async fn run(&self, session: &mut Session<'_>) -> Result<bool, Failure> {
        let moved = match self.old {
            Some(old) => advance(session, self.organization, old, self.new).await?,
            None => begin(session, self.organization, self.new).await?,
        };
        if moved {
            self.write(session).await?;
        }
        Ok(moved)
    }
}

impl Link<'_> {
    /// A record that is gone by now leaves a gap, which whoever verifies the chain finds.
    async fn write(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        let (ids, links): (Vec<_>, Vec<_>) = self.links.iter().copied().unzip();
        let statement = Statement::new(
            "UPDATE audit_records SET position = link.position, hash = link.hash \
             FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS link (id, position, hash) \
             WHERE audit_records.organization_id = $1 AND audit_records.id = link.id \
             AND audit_records.position IS NULL",
        )
        .bind(self.organization.get())
        .bind(ids.iter().map(|id| id.get()).collect::<Vec<_>>())
        .bind(links.iter().map(|link| link.position).collect::<Vec<_>>())
        .bind(
            links
                .iter()
                .map(|link| link.hash.to_vec())
                .collect::<Vec<_>>(),
        );
        Ok(session.execute(statement).await?)
    }
}

struct Prune<'a> {
    organization: OrganizationId,
    old: &'a ChainHead,
    new: &'a ChainHead,
}

impl Work for Prune<'_> {
    type Output = bool;

    async fn run(&self, session: &mut Session<'_>) -> Result<bool, Failure> {
        if !advance(session, self.organization, self.old, self.new).await? {
            return Ok(false);
        }
        let statement = Statement::new(
            "DELETE FROM audit_records WHERE organization_id = $1 AND position <= $2",
        )
        .bind(self.organization.get())
        .bind(self.new.start.position);
        session.execute(statement).await?;
        Ok(true)
    }
}

/// Puts the first head in place, unless there is one. Whoever is just about to is waited for.
async fn begin(
    session: &mut Session<'_>,
    organization: OrganizationId,
    new: &ChainHead,
) -> Result<bool, Failure> {
    let statement = Statement::new(
        "INSERT INTO audit_heads (organization_id, start_position, start_hash, end_position, end_hash, key_id, code) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization_id) DO NOTHING RETURNING organization_id",
    )
    .bind(organization.get());
    Ok(session.row(bind_head(statement, new)).await?.is_some())
}

/// Puts `new` in the place of `old`, if that is still the head. Whoever moves it just now is waited for.
async fn advance(
    session: &mut Session<'_>,
    organization: OrganizationId,
    old: &ChainHead,
    new: &ChainHead,
) -> Result<bool, Failure> {
    let statement = Statement::new(
        "UPDATE audit_heads SET start_position = $2, start_hash = $3, end_position = $4, end_hash = $5, key_id = $6, \
         code = $7 WHERE organization_id = $1 AND start_position = $8 AND start_hash = $9 AND end_position = $10 \
         AND end_hash = $11 AND key_id = $12 AND code = $13 RETURNING organization_id",
    )
    .bind(organization.get());
    let statement = bind_head(bind_head(statement, new), old);
    Ok(session.row(statement).await?.is_some())
}

/// Binds six arguments.
fn bind_head(statement: Statement, head: &ChainHead) -> Statement {
    statement
        .bind(head.start.position)
        .bind(head.start.hash.as_slice())
        .bind(head.end.position)
        .bind(head.end.hash.as_slice())
        .bind(head.signature.key_id.0)
        .bind(head.signature.code.as_slice())
}

fn head_of(row: &PgRow) -> Result<ChainHead, RepositoryError> {
    let fields = Fields::of(Entity::Organization, row)?;
    Ok(ChainHead {
        start: link_of(&fields, "start_position", "start_hash")?,
        end: link_of(&fields, "end_position", "end_hash")?,
        signature: ChainSignature {
            key_id: KeyId(fields.get("key_id")?),
            code: fields.hash("code")?,
        },
    })
}

fn link_of(fields: &Fields<'_>, position: &str, hash: &str) -> Result<ChainLink, RepositoryError> {
    Ok(ChainLink {
        position: fields.get(position)?,
        hash: fields.hash(hash)?,
    })
}

fn ids(rows: &[PgRow]) -> Result<Vec<OrganizationId>, RepositoryError> {
    rows.iter()
        .map(|row| Ok(OrganizationId::new(assigned(row, "id")?)))
        .collect()
}
