//! Beginning a transfer, with the organization or into one.

use std::collections::HashMap;

use tenantry_domain::{
    Account, AccountId, Change, Entity, Organization, OrganizationId, OrganizationKind, Role,
    RoleId, RoleKey, SealedSecret,
    ports::RepositoryError,
    transfer::{AccountRecord, Ids, OrganizationRecord, SourceName, Transfer, plan::can_be_kept},
};

use super::{
    batch::remember_numbers,
    counters::{self, Counter},
    create_organization::create_organization,
    transfer_of,
};
use crate::{
    error::Failure,
    row::assigned,
    session::{Session, Work},
    sql::Statement,
};

/// The transfer that was begun from there, as [`transfer_of`] reads it.
pub(super) fn by_source(source: &SourceName) -> Statement {
    Statement::new("SELECT id, organization_id, ids, finished FROM transfers WHERE source = $1")
        .bind(source.as_str())
}

pub(super) struct Begin<'a> {
    pub(super) source: &'a SourceName,
    pub(super) ids: Ids,
    pub(super) record: &'a OrganizationRecord<SealedSecret>,
    pub(super) change: &'a Change,
}

impl Work for Begin<'_> {
    type Output = Transfer;

    async fn run(&self, session: &mut Session<'_>) -> Result<Transfer, Failure> {
        self.attempt(session).await.map_err(Failure::or_overtaken)
    }
}

impl Begin<'_> {
    async fn attempt(&self, session: &mut Session<'_>) -> Result<Transfer, Failure> {
        check_source(session, self.source).await?;
        let (organization, account, roles) = match self.ids {
            Ids::Kept => self.kept(session).await?,
            Ids::Assigned => self.assigned(session).await?,
        };
        self.check_secret(session).await?;
        let there = self.record.default_account.account.id;
        let here = account.account.id;
        let id = organization.id;
        let new = OrganizationRecord {
            organization,
            secret: self.record.secret.clone(),
            policy: self.record.policy.clone(),
            roles,
            default_account: account,
        };
        create_organization(session, &new, self.change).await?;
        begun(session, self.source, self.ids, id, (there, here)).await
    }

    /// Everything under the numbers that it has, if they are free.
    async fn kept(
        &self,
        session: &mut Session<'_>,
    ) -> Result<(Organization, AccountRecord, Vec<Role>), Failure> {
        let record = self.record;
        let (organization, account) = (record.organization.id, record.default_account.account.id);
        let roles = self.roles();
        let numbers = [
            (Entity::Organization, vec![organization.get()]),
            (Entity::Account, vec![account.get()]),
            (
                Entity::Role,
                roles.iter().map(|role| role.id.get()).collect(),
            ),
        ];
        for (entity, numbers) in &numbers {
            let text = match entity {
                Entity::Organization => "SELECT id FROM organizations WHERE id = ANY($1)",
                Entity::Account => "SELECT id FROM accounts WHERE id + 0 = ANY($1)",
                _ => "SELECT id FROM roles WHERE id + 0 = ANY($1)",
            };
            let taken = Statement::new(text).bind(numbers.clone());
            let can_be_kept = |number: &i64| can_be_kept(*entity, *number);
            if !numbers.iter().all(can_be_kept) || session.row(taken).await?.is_some() {
                return Err(conflict(*entity, "id"));
            }
        }
        let greatest = numbers.iter().filter_map(|(entity, numbers)| {
            let greatest = numbers.iter().max()?;
            Some((Counter::Of(*entity), *greatest))
        });
        counters::lead(session, &greatest.collect()).await?;
        Ok(self.renumbered(organization, account, roles))
    }

    async fn assigned(
        &self,
        session: &mut Session<'_>,
    ) -> Result<(Organization, AccountRecord, Vec<Role>), Failure> {
        let mut roles = self.roles();
        let count = i64::try_from(roles.len()).unwrap_or(i64::MAX);
        let of = Counter::Of;
        let wanted = HashMap::from([
            (of(Entity::Organization), 1),
            (of(Entity::Account), 1),
            (of(Entity::Role), count),
        ]);
        let reserved = counters::reserve(session, &wanted).await?;
        let first = |entity| reserved.get(&of(entity)).copied().unwrap_or_default();
        for (role, number) in roles.iter_mut().zip(first(Entity::Role)..) {
            role.id = RoleId::new(number);
        }
        let organization = OrganizationId::new(first(Entity::Organization));
        let account = AccountId::new(first(Entity::Account));
        Ok(self.renumbered(organization, account, roles))
    }

    /// The roles that a customer's organization has.
    fn roles(&self) -> Vec<Role> {
        let mut roles = self.record.roles.clone();
        roles.retain(|role| RoleKey::OF_AN_ORGANIZATION.contains(&role.key));
        roles
    }

    fn renumbered(
        &self,
        id: OrganizationId,
        account: AccountId,
        roles: Vec<Role>,
    ) -> (Organization, AccountRecord, Vec<Role>) {
        let record = self.record;
        let organization = Organization {
            id,
            kind: OrganizationKind::Customer,
            default_account_id: account,
            ..record.organization.clone()
        };
        let default = AccountRecord {
            account: Account {
                id: account,
                organization_id: id,
                is_default: true,
                active: true,
                ..record.default_account.account.clone()
            },
            roles: record.default_account.roles.clone(),
        };
        (organization, default, roles)
    }

    async fn check_secret(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        let statement = Statement::new("SELECT 1 FROM organization_secrets WHERE digest = $1")
            .bind(self.record.secret.digest.as_bytes().as_slice());
        match session.row(statement).await? {
            None => Ok(()),
            Some(_) => Err(conflict(Entity::Organization, "secret")),
        }
    }
}

pub(super) struct BeginInto<'a> {
    pub(super) source: &'a SourceName,
    pub(super) ids: Ids,
    pub(super) organization: OrganizationId,
    pub(super) default_account: AccountId,
}

impl Work for BeginInto<'_> {
    type Output = Option<Transfer>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Transfer>, Failure> {
        self.attempt(session).await.map_err(Failure::or_overtaken)
    }
}

impl BeginInto<'_> {
    async fn attempt(&self, session: &mut Session<'_>) -> Result<Option<Transfer>, Failure> {
        let statement =
            Statement::new("SELECT default_account_id FROM organizations WHERE id = $1")
                .bind(self.organization.get());
        let Some(row) = session.row(statement).await? else {
            return Ok(None);
        };
        check_source(session, self.source).await?;
        let here = AccountId::new(assigned(&row, "default_account_id")?);
        let accounts = (self.default_account, here);
        begun(session, self.source, self.ids, self.organization, accounts)
            .await
            .map(Some)
    }
}

async fn check_source(session: &mut Session<'_>, source: &SourceName) -> Result<(), Failure> {
    match session.row(by_source(source)).await? {
        None => Ok(()),
        Some(_) => Err(conflict(Entity::Organization, "source")),
    }
}

/// Notes that the transfer was begun, and which default account, there and here, are the same.
async fn begun(
    session: &mut Session<'_>,
    source: &SourceName,
    ids: Ids,
    organization: OrganizationId,
    (there, here): (AccountId, AccountId),
) -> Result<Transfer, Failure> {
    let statement = Statement::new(
        "INSERT INTO transfers (organization_id, source, ids, finished) VALUES ($1, $2, $3, FALSE) \
         RETURNING id, organization_id, ids, finished",
    )
    .bind(organization.get())
    .bind(source.as_str())
    .bind(ids.as_str());
    let row = session.row(statement).await?;
    let row = row.ok_or(sqlx::Error::RowNotFound)?;
    let account = (Entity::Account.as_str(), there.get());
    let numbers = HashMap::from([(account, here.get())]);
    remember_numbers(session, assigned(&row, "id")?, numbers).await?;
    Ok(transfer_of(&row)?)
}

fn conflict(entity: Entity, field: &'static str) -> Failure {
    RepositoryError::Conflict { entity, field }.into()
}
