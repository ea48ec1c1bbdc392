//! What is here of what a batch asks for: one statement for each kind of question, however large the batch.
//!
//! Each number is looked for by itself (`LATERAL … LIMIT 1`): whatever PostgreSQL believes of the table, it then does not
//! read all of it. `id + 0` is what numbers are unique by in the deployment.

use std::collections::{BTreeSet, HashMap};

use sqlx::{Row as _, postgres::PgRow};
use tenantry_domain::{
    ConfigurationId, Email, Entity, OrganizationId, SecretDigest, Text,
    transfer::plan::{Asked, Here},
};

use super::rows::{
    account_record_of, account_record_selection, known_user_of, known_user_selection,
};
use crate::{
    element::{element_of, element_selection},
    error::{Failure, corrupt},
    instance::columns::{instance_of, instance_selection},
    row::{Fields, assigned},
    session::Session,
    sql::Statement,
};

/// What the transfer remembers of these numbers.
pub(super) async fn remembered(
    session: &mut Session<'_>,
    transfer: i64,
    asked: &BTreeSet<(Entity, i64)>,
) -> Result<HashMap<(Entity, i64), i64>, Failure> {
    let statement = Statement::new(
        "SELECT found.entity, found.source_id, found.id \
         FROM unnest($2::text[], $3::bigint[]) AS asked (entity, source_id) \
         CROSS JOIN LATERAL (SELECT entity, source_id, id FROM transfer_numbers AS numbers \
         WHERE numbers.transfer_id = $1 AND numbers.entity = asked.entity AND numbers.source_id = asked.source_id \
         LIMIT 1) AS found",
    )
    .bind(transfer)
    .bind(asked.iter().map(|(of, _)| of.as_str()).collect::<Vec<_>>())
    .bind(asked.iter().map(|(_, source)| *source).collect::<Vec<_>>());
    let mut numbers = HashMap::new();
    for row in session.rows(statement).await? {
        let id = assigned(&row, "id")?;
        let word: &str = row.try_get("entity")?;
        // An entity that this binary does not know is none that it asks for.
        if let Some(entity) = Entity::parse(word) {
            numbers.insert((entity, assigned(&row, "source_id")?), id);
        }
    }
    Ok(numbers)
}

/// Looks everything up; what the transfer remembers is known already.
pub(super) async fn here(
    session: &mut Session<'_>,
    organization: OrganizationId,
    asked: &Asked,
    numbers: HashMap<(Entity, i64), i64>,
) -> Result<Here, Failure> {
    let mut looking = Looking {
        session,
        organization,
        asked,
        here: Here {
            numbers,
            ..Here::default()
        },
    };
    looking.roles().await?;
    looking.accounts().await?;
    looking.users().await?;
    looking.elements().await?;
    looking.instances().await?;
    looking.secrets().await?;
    Ok(looking.here)
}

struct Looking<'s, 'c, 'a> {
    session: &'s mut Session<'c>,
    organization: OrganizationId,
    asked: &'a Asked,
    here: Here,
}

impl Looking<'_, '_, '_> {
    async fn roles(&mut self) -> Result<(), Failure> {
        let statement = Statement::new("SELECT id, key FROM roles WHERE organization_id = $1")
            .bind(self.organization.get());
        for row in self.session.rows(statement).await? {
            let key = Fields::of(Entity::Role, &row)?.role_key("key")?;
            self.here.roles.push(key);
        }
        Ok(())
    }

    async fn accounts(&mut self) -> Result<(), Failure> {
        let ids = self.numbers_of(Entity::Account);
        let text = concat!(
            "SELECT found.* FROM unnest($1::bigint[]) AS asked (id) CROSS JOIN LATERAL (",
            account_record_selection!(),
            " WHERE accounts.id + 0 = asked.id LIMIT 1) AS found"
        );
        for row in self.found(text, ids).await? {
            if self.is_ours(Entity::Account, &row)? {
                let record = account_record_of(&row)?;
                self.here.accounts.insert(record.account.id, record);
            }
        }
        if self.asked.external_ids.is_empty() {
            return Ok(());
        }
        let statement = Statement::new(
            "SELECT id, external_id FROM accounts WHERE organization_id = $1 AND active AND external_id = ANY($2)",
        )
        .bind(self.organization.get())
        .bind(self.asked.external_ids.iter().map(Text::as_str).collect::<Vec<_>>());
        for row in self.session.rows(statement).await? {
            let id = Fields::of(Entity::Account, &row)?.text("external_id")?;
            self.here.external_ids.insert(id);
        }
        Ok(())
    }

    async fn users(&mut self) -> Result<(), Failure> {
        let ids = self.numbers_of(Entity::User);
        let by_id = concat!(
            "SELECT found.* FROM unnest($1::bigint[]) AS asked (id) CROSS JOIN LATERAL (",
            known_user_selection!(),
            " FROM users WHERE users.id + 0 = asked.id LIMIT 1) AS found"
        );
        let mut rows = self.found(by_id, ids).await?;
        if !self.asked.emails.is_empty() {
            let by_email = Statement::new(concat!(
                "SELECT found.* FROM unnest($1::text[]) AS asked (email) CROSS JOIN LATERAL (",
                known_user_selection!(),
                " FROM users WHERE users.email_folded = asked.email LIMIT 1) AS found"
            ))
            .bind(
                self.asked
                    .emails
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>(),
            );
            rows.extend(self.session.rows(by_email).await?);
        }
        for row in &rows {
            let record = known_user_of(row)?;
            let (id, folded) = (record.user.id, Email::folded(&record.user.email));
            self.here.emails.insert(folded.to_owned(), id);
            if self.is_ours(Entity::User, row)? {
                self.here.users.insert(id, record);
            }
        }
        Ok(())
    }

    async fn elements(&mut self) -> Result<(), Failure> {
        let ids = self.numbers_of(Entity::Element);
        let by_id = concat!(
            "SELECT found.* FROM unnest($1::bigint[]) AS asked (id) CROSS JOIN LATERAL (",
            element_selection!(),
            " WHERE elements.id + 0 = asked.id LIMIT 1) AS found"
        );
        let mut rows = self.found(by_id, ids).await?;
        if !self.asked.element_keys.is_empty() {
            let by_key = Statement::new(concat!(
                element_selection!(),
                " WHERE elements.organization_id = $1 AND elements.key = ANY($2)"
            ))
            .bind(self.organization.get())
            .bind(
                self.asked
                    .element_keys
                    .iter()
                    .map(Text::as_str)
                    .collect::<Vec<_>>(),
            );
            rows.extend(self.session.rows(by_key).await?);
        }
        for row in &rows {
            if self.is_ours(Entity::Element, row)? {
                let element = element_of(row)?;
                self.here.elements.insert(element.key.clone(), element);
            }
        }
        Ok(())
    }

    async fn instances(&mut self) -> Result<(), Failure> {
        let ids = self.numbers_of(Entity::Instance);
        let text = concat!(
            "SELECT found.* FROM unnest($1::bigint[]) AS asked (id) CROSS JOIN LATERAL (",
            instance_selection!(),
            " WHERE instances.id + 0 = asked.id LIMIT 1) AS found"
        );
        for row in self.found(text, ids).await? {
            if self.is_ours(Entity::Instance, &row)? {
                let instance = instance_of(&row)?;
                self.here.instances.insert(instance.id, instance.into());
            }
        }
        let entries: Vec<_> = self.asked.entries.iter().map(|id| id.get()).collect();
        let text = "SELECT found.id FROM unnest($1::bigint[]) AS asked (id) \
             CROSS JOIN LATERAL (SELECT entries.id FROM instance_configurations AS entries \
             WHERE entries.id + 0 = asked.id LIMIT 1) AS found";
        for row in self.found(text, entries).await? {
            let id = ConfigurationId::new(assigned(&row, "id")?);
            self.here.entries.insert(id);
        }
        Ok(())
    }

    async fn secrets(&mut self) -> Result<(), Failure> {
        let users = "SELECT found.digest FROM unnest($1::bytea[]) AS asked (digest) \
             CROSS JOIN LATERAL (SELECT digest FROM user_secrets AS secrets \
             WHERE secrets.digest = asked.digest LIMIT 1) AS found";
        let instances = "SELECT found.digest FROM unnest($1::bytea[]) AS asked (digest) \
             CROSS JOIN LATERAL (SELECT digest FROM instance_secrets AS secrets \
             WHERE secrets.digest = asked.digest LIMIT 1) AS found";
        self.here.secrets = self.digests(users, &self.asked.secrets).await?;
        self.here.tokens = self.digests(instances, &self.asked.tokens).await?;
        Ok(())
    }

    async fn digests<C: FromIterator<SecretDigest> + Default>(
        &mut self,
        text: &'static str,
        asked: &BTreeSet<SecretDigest>,
    ) -> Result<C, Failure> {
        if asked.is_empty() {
            return Ok(C::default());
        }
        let digests: Vec<_> = asked.iter().map(|of| of.as_bytes().as_slice()).collect();
        let rows = self
            .session
            .rows(Statement::new(text).bind(digests))
            .await?;
        let found = rows.iter().map(|row| {
            let bytes: &[u8] = row.try_get("digest")?;
            let bytes = bytes
                .try_into()
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok(SecretDigest::new(bytes))
        });
        Ok(found.collect::<Result<_, sqlx::Error>>()?)
    }

    fn numbers_of(&self, entity: Entity) -> Vec<i64> {
        self.asked.of(entity).collect()
    }

    async fn found(&mut self, text: &'static str, ids: Vec<i64>) -> Result<Vec<PgRow>, Failure> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.session.rows(Statement::new(text).bind(ids)).await?)
    }

    /// Notes that the number is in use, and says whether by something of this organization.
    fn is_ours(&mut self, entity: Entity, row: &PgRow) -> Result<bool, Failure> {
        let id = assigned(row, "id")?;
        self.here.taken.insert((entity, id));
        let of: i64 = row
            .try_get("organization_id")
            .map_err(|error| corrupt(entity, id, error))?;
        Ok(of == self.organization.get())
    }
}
