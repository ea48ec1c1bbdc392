//! Password policies.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, PasswordPolicy, Revision, Snapshot,
    ports::{PasswordPolicyRepository, PolicyInForce, RepositoryError},
};

use crate::{
    audit::{self, Entry},
    database::Database,
    error::Failure,
    row::Fields,
    session::{Session, Work},
    sql::Statement,
};

const SELECT: &str = "SELECT organizations.id, organizations.revision, coalesce(policies.is_set, FALSE) AS is_set, \
    coalesce(policies.created_at, organizations.created_at) AS created_at, \
    coalesce(policies.updated_at, organizations.created_at) AS updated_at, \
    policies.min_length, policies.min_uppercase, policies.min_lowercase, policies.min_numbers, policies.min_symbols, \
    policies.symbol_character_set, policies.previous_password_count, policies.expiration_days \
    FROM organizations LEFT JOIN password_policies AS policies ON policies.organization_id = organizations.id \
    WHERE organizations.id = $1";

/// Password policies in this database.
pub(crate) struct PostgresPasswordPolicies(pub(crate) Arc<Database>);

#[async_trait]
impl PasswordPolicyRepository for PostgresPasswordPolicies {
    async fn find(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let rows = self
            .0
            .read(Statement::new(SELECT).bind(organization.get()))
            .await?;
        rows.first().map(policy_of).transpose()
    }

    async fn set<'a>(
        &self,
        organization: OrganizationId,
        policy: Option<&'a PasswordPolicy>,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        self.0
            .transact(&SetPolicy {
                organization,
                policy,
                expected,
                change,
            })
            .await
    }
}

struct SetPolicy<'a> {
    organization: OrganizationId,
    policy: Option<&'a PasswordPolicy>,
    expected: Option<Revision>,
    change: &'a Change,
}

impl Work for SetPolicy<'_> {
    type Output = Option<PolicyInForce>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<PolicyInForce>, Failure> {
        // A statement of its own: the one after it sees what was committed before the lock.
        let lock = Statement::new("SELECT id FROM organizations WHERE id = $1 FOR NO KEY UPDATE")
            .bind(self.organization.get());
        session.execute(lock).await?;
        let read = Statement::new(SELECT).bind(self.organization.get());
        let Some(row) = session.row(read).await? else {
            return Ok(None);
        };
        let before = policy_of(&row)?;
        if self
            .expected
            .is_some_and(|expected| expected != before.revision)
        {
            let entity = Entity::Organization;
            return Err(RepositoryError::Stale { entity }.into());
        }
        let at = self.change.at;
        let goes_on = before.is_set && self.policy.is_some();
        let after = PolicyInForce {
            policy: self.policy.cloned().unwrap_or_default(),
            is_set: self.policy.is_some(),
            created_at: if goes_on { before.created_at } else { at },
            updated_at: at,
            revision: before.revision.next(),
        };
        self.write(session, &after).await?;
        self.record(session, &before, &after).await?;
        Ok(Some(after))
    }
}

impl SetPolicy<'_> {
    async fn write(&self, session: &mut Session<'_>, after: &PolicyInForce) -> Result<(), Failure> {
        let policy = &after.policy;
        let statement = Statement::new(
            "WITH organization AS (UPDATE organizations SET revision = $2, updated_at = $3 WHERE id = $1) \
             INSERT INTO password_policies (organization_id, updated_at, created_at, is_set, min_length, min_uppercase, \
             min_lowercase, min_numbers, min_symbols, symbol_character_set, previous_password_count, expiration_days) \
             VALUES ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (organization_id) DO UPDATE SET updated_at = excluded.updated_at, \
             created_at = excluded.created_at, is_set = excluded.is_set, min_length = excluded.min_length, \
             min_uppercase = excluded.min_uppercase, min_lowercase = excluded.min_lowercase, \
             min_numbers = excluded.min_numbers, min_symbols = excluded.min_symbols, \
             symbol_character_set = excluded.symbol_character_set, \
             previous_password_count = excluded.previous_password_count, expiration_days = excluded.expiration_days",
        )
        .bind(self.organization.get())
        .bind(after.revision.get())
        .bind(after.updated_at)
        .bind(after.created_at)
        .bind(after.is_set)
        .bind(i64::from(policy.min_length))
        .bind(i64::from(policy.min_uppercase))
        .bind(i64::from(policy.min_lowercase))
        .bind(i64::from(policy.min_numbers))
        .bind(i64::from(policy.min_symbols))
        .bind(policy.symbol_character_set.as_str())
        .bind(i64::from(policy.previous_password_count))
        .bind(i64::from(policy.expiration_days));
        Ok(session.execute(statement).await?)
    }

    async fn record(
        &self,
        session: &mut Session<'_>,
        before: &PolicyInForce,
        after: &PolicyInForce,
    ) -> Result<(), Failure> {
        let (old, new) = Snapshot::difference(&before.policy.snapshot(), &after.policy.snapshot());
        if old.is_empty() && new.is_empty() {
            return Ok(());
        }
        let entry = Entry {
            account: None,
            action: AuditAction::Updated,
            target: Entity::Organization,
            target_id: self.organization.get(),
            old,
            new,
        };
        audit::record(session, self.organization, self.change, &[entry]).await
    }
}

fn policy_of(row: &PgRow) -> Result<PolicyInForce, RepositoryError> {
    let fields = Fields::of(Entity::Organization, row)?;
    let is_set: bool = fields.get("is_set")?;
    let policy = if is_set {
        PasswordPolicy {
            min_length: fields.count("min_length")?,
            min_uppercase: fields.count("min_uppercase")?,
            min_lowercase: fields.count("min_lowercase")?,
            min_numbers: fields.count("min_numbers")?,
            min_symbols: fields.count("min_symbols")?,
            symbol_character_set: fields.get("symbol_character_set")?,
            previous_password_count: fields.count("previous_password_count")?,
            expiration_days: fields.count("expiration_days")?,
        }
    } else {
        PasswordPolicy::default()
    };
    Ok(PolicyInForce {
        policy,
        is_set,
        created_at: fields.get("created_at")?,
        updated_at: fields.get("updated_at")?,
        revision: fields.revision("revision")?,
    })
}
