//! The links of the audit log, and where the chain of each organization begins and ends.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row};
use tenantry_domain::{
    AuditId, AuditRecord, ChainHead, ChainLink, Entity, OrganizationId,
    ports::{AuditChain, RepositoryError},
};

use crate::{
    engine::Engine,
    error::Failure,
    rows::{
        audit::{COLUMNS, LINK_COLUMNS, read, read_linked},
        audit_head,
    },
    sql::Sql,
};

pub(crate) struct Chains(pub(crate) Engine);

#[async_trait]
impl AuditChain for Chains {
    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        // Ids are positive.
        let mut sql = Sql::new("SELECT id FROM organizations WHERE id > ");
        sql.bind(after.map_or(0, OrganizationId::get))
            .push(" ORDER BY id LIMIT ")
            .bind(i64::from(limit));
        self.0
            .read(move |connection| sql.rows(connection, organization))
            .await
    }

    async fn unlinked_organizations(
        &self,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        let sql = waiting(limit);
        self.0
            .read(move |connection| sql.rows(connection, organization))
            .await
    }

    async fn head(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<ChainHead>, RepositoryError> {
        self.0
            .look_up(move |connection| head(connection, organization))
            .await
    }

    async fn unlinked(
        &self,
        organization: OrganizationId,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RepositoryError> {
        let sql = unlinked(organization, limit);
        self.0
            .read(move |connection| sql.rows(connection, read))
            .await
    }

    async fn link<'a>(
        &self,
        organization: OrganizationId,
        old: Option<&'a ChainHead>,
        links: &[(AuditId, ChainLink)],
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        let (old, links, new) = (old.cloned(), links.to_vec(), new.clone());
        self.0
            .write(move |connection| link(connection, organization, old.as_ref(), &links, &new))
            .await
    }

    async fn linked(
        &self,
        organization: OrganizationId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(AuditRecord, ChainLink)>, RepositoryError> {
        let sql = linked(organization, after, limit);
        self.0
            .read(move |connection| sql.rows(connection, read_linked))
            .await
    }

    async fn prune(
        &self,
        organization: OrganizationId,
        old: &ChainHead,
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        let (old, new) = (old.clone(), new.clone());
        self.0
            .write(move |connection| prune(connection, organization, &old, &new))
            .await
    }
}

fn organization(row: &Row<'_>) -> Result<OrganizationId, Failure> {
    Ok(OrganizationId::new(row.get(0)?))
}

/// The organizations with unlinked records: from each the index leads to the next, past all records of the one.
fn waiting(limit: u32) -> Sql {
    let mut sql = Sql::new(
        "WITH RECURSIVE waiting (id) AS ( \
           SELECT min(organization_id) FROM audit_records WHERE position IS NULL \
           UNION ALL \
           SELECT (SELECT min(organization_id) FROM audit_records \
             WHERE position IS NULL AND organization_id > waiting.id) \
           FROM waiting WHERE waiting.id IS NOT NULL) \
         SELECT id FROM waiting WHERE id IS NOT NULL LIMIT ",
    );
    sql.bind(i64::from(limit));
    sql
}

fn unlinked(organization: OrganizationId, limit: u32) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(
            " FROM audit_records INDEXED BY audit_records_unlinked_idx \
             WHERE position IS NULL AND organization_id = ",
        )
        .bind(organization.get());
    sql.push(" ORDER BY id LIMIT ").number(i64::from(limit));
    sql
}

fn linked(organization: OrganizationId, after: i64, limit: u32) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(", ")
        .push(LINK_COLUMNS)
        .push(" FROM audit_records WHERE organization_id = ")
        .bind(organization.get());
    sql.push(" AND position > ").bind(after);
    sql.push(" ORDER BY position LIMIT ")
        .number(i64::from(limit));
    sql
}

fn head(
    connection: &Connection,
    organization: OrganizationId,
) -> Result<Option<ChainHead>, Failure> {
    let id = organization.get();
    let head = connection
        .prepare_cached(audit_head::SELECT)?
        .query_row([id], |row| Ok(audit_head::read(row)))
        .optional()?;
    head.transpose()
        .map_err(|source| Failure::corrupt(Entity::Organization, id, source))
}

/// Writes come one after the other, so the head that is compared is the head that is replaced.
fn link(
    connection: &Connection,
    organization: OrganizationId,
    old: Option<&ChainHead>,
    links: &[(AuditId, ChainLink)],
    new: &ChainHead,
) -> Result<bool, Failure> {
    if head(connection, organization)?.as_ref() != old {
        return Ok(false);
    }
    let mut update = connection.prepare_cached(
        "UPDATE audit_records SET position = ?, hash = ? WHERE organization_id = ? AND id = ? AND position IS NULL",
    )?;
    // A record that is gone by now leaves a gap, which whoever verifies the chain finds.
    for (id, link) in links {
        update.execute((link.position, link.hash, organization.get(), id.get()))?;
    }
    audit_head::store(connection, organization, new)?;
    Ok(true)
}

fn prune(
    connection: &Connection,
    organization: OrganizationId,
    old: &ChainHead,
    new: &ChainHead,
) -> Result<bool, Failure> {
    if head(connection, organization)?.as_ref() != Some(old) {
        return Ok(false);
    }
    connection
        .prepare_cached("DELETE FROM audit_records WHERE organization_id = ? AND position <= ?")?
        .execute([organization.get(), new.start.position])?;
    audit_head::store(connection, organization, new)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;

    const SHIRE: OrganizationId = OrganizationId::new(7);

    #[test]
    fn organizations_that_wait_are_found_one_after_the_other_by_the_index_of_unlinked_records() {
        assert_eq!(
            plan(waiting(9)),
            [
                "CO-ROUTINE waiting",
                "SETUP",
                "SEARCH audit_records USING INDEX audit_records_unlinked_idx",
                "RECURSIVE STEP",
                "SCAN waiting",
                "CORRELATED SCALAR SUBQUERY 2",
                "SEARCH audit_records USING INDEX audit_records_unlinked_idx (organization_id>?)",
                "SCAN waiting",
            ]
        );
    }

    #[test]
    fn records_are_read_in_the_order_of_an_index() {
        assert_eq!(
            plan(unlinked(SHIRE, 9)),
            ["SEARCH audit_records USING INDEX audit_records_unlinked_idx (organization_id=?)"]
        );
        assert_eq!(
            plan(linked(SHIRE, 3, 9)),
            [
                "SEARCH audit_records USING INDEX audit_records_position_key (organization_id=? AND position>?)"
            ]
        );
    }
}
