//! Beginning a transfer, with the organization or into one.

use std::collections::{HashMap, HashSet};

use sqlx::{Row as _, postgres::PgRow};
use tenantry_domain::{
    AccountId, Change, Entity, OrganizationId, Role, RoleId, SealedSecret, SecretDigest,
    ports::RepositoryError,
    transfer::{
        Holder, Ids, OrganizationRecord, Recognition, SourceName, Transfer, plan::can_be_kept,
    },
};

use super::{
    batch::remember_numbers,
    counters::{self, Counter},
    create_organization::create_organization,
};
use crate::{
    error::Failure,
    row::assigned,
    session::{Session, Work},
    sql::Statement,
};

/// The transfer that was begun from there, as `transfer_of` reads it.
pub(super) fn by_source(source: &SourceName) -> Statement {
    Statement::new(
        "SELECT id, organization_id, ids, finished, EXISTS (SELECT 1 FROM transfer_numbers AS own \
         WHERE own.transfer_id = transfers.id AND own.entity = 'organization') AS is_own \
         FROM transfers WHERE source = $1",
    )
    .bind(source.as_str())
}

/// Of a role that did not come along.
const NONE: RoleId = RoleId::new(0);

/// Whether a transfer can begin.
pub(super) struct Check<'a> {
    pub(super) source: &'a SourceName,
    pub(super) ids: Ids,
    pub(super) record: &'a OrganizationRecord<SealedSecret>,
}

impl Work for Check<'_> {
    type Output = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        self.attempt(session).await.map(drop)
    }
}

impl Check<'_> {
    /// The organization as it arrives.
    async fn attempt(
        &self,
        session: &mut Session<'_>,
    ) -> Result<OrganizationRecord<SealedSecret>, Failure> {
        check_source(session, self.source).await?;
        let record = self.record.clone().arriving();
        let holder = holder(record.secret.digest);
        if session.row(holder).await?.is_some() {
            return Err(conflict(Entity::Organization, "secret"));
        }
        if self.ids == Ids::Kept {
            check_numbers(session, &record).await?;
            let in_use = roles_in_use(session, &record.roles).await?;
            return Ok(record.without_role_numbers(&in_use));
        }
        Ok(record)
    }
}

/// The organization that has this secret, as [`holder_of`] reads it.
pub(super) fn holder(secret: SecretDigest) -> Statement {
    Statement::new(
        "SELECT one.organization_id, (SELECT transfers.source FROM transfers JOIN transfer_numbers AS own \
         ON own.transfer_id = transfers.id AND own.entity = 'organization' \
         WHERE transfers.organization_id = one.organization_id) AS source \
         FROM organization_secrets AS one WHERE one.digest = $1",
    )
    .bind(secret.as_bytes().as_slice())
}

/// Reads a row of [`holder`].
pub(super) fn holder_of(row: &PgRow) -> Result<Holder, Failure> {
    let source: Option<String> = row.try_get("source")?;
    Ok(Holder {
        organization: OrganizationId::new(assigned(row, "organization_id")?),
        source: source.map(SourceName::new),
    })
}

/// Whether everything can keep the numbers that it has.
async fn check_numbers(
    session: &mut Session<'_>,
    record: &OrganizationRecord<SealedSecret>,
) -> Result<(), Failure> {
    let account = record.default_account.account.id;
    for (entity, numbers, text) in [
        (
            Entity::Organization,
            vec![record.organization.id.get()],
            "SELECT id FROM organizations WHERE id = ANY($1)",
        ),
        (
            Entity::Account,
            vec![account.get()],
            "SELECT id FROM accounts WHERE id + 0 = ANY($1)",
        ),
    ] {
        let can_be_kept = numbers.iter().all(|number| can_be_kept(entity, *number));
        let taken = Statement::new(text).bind(numbers);
        if !can_be_kept || session.row(taken).await?.is_some() {
            return Err(conflict(entity, "id"));
        }
    }
    Ok(())
}

/// Which of their numbers are in use.
async fn roles_in_use(
    session: &mut Session<'_>,
    roles: &[Role],
) -> Result<HashSet<RoleId>, Failure> {
    let numbers: Vec<_> = roles.iter().map(|role| role.id.get()).collect();
    let in_use = Statement::new("SELECT id FROM roles WHERE id + 0 = ANY($1)").bind(numbers);
    let rows = session.rows(in_use).await?;
    let numbers = rows.iter().map(|row| Ok(RoleId::new(assigned(row, "id")?)));
    numbers.collect()
}

pub(super) struct Begin<'a> {
    pub(super) check: Check<'a>,
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
        let record = self.check.attempt(session).await?;
        let there = numbers_of(&record);
        let record = match self.check.ids {
            Ids::Kept => kept(session, record).await?,
            Ids::Assigned => assigned_anew(session, record).await?,
        };
        create_organization(session, &record, self.change).await?;
        let here = numbers_of(&record);
        let numbers = there
            .into_iter()
            .zip(here)
            .map(|(there, (_, id))| (there, id));
        let Check { source, ids, .. } = self.check;
        begun(
            session,
            source,
            ids,
            record.organization.id,
            numbers.collect(),
        )
        .await
    }
}

/// The numbers that a transfer remembers from its beginning. That of the organization says that it came into being with it.
fn numbers_of(record: &OrganizationRecord<SealedSecret>) -> [(&'static str, i64); 2] {
    [
        (Entity::Organization.as_str(), record.organization.id.get()),
        (
            Entity::Account.as_str(),
            record.default_account.account.id.get(),
        ),
    ]
}

/// Everything under the numbers that it has; a role without one gets the next.
async fn kept(
    session: &mut Session<'_>,
    mut record: OrganizationRecord<SealedSecret>,
) -> Result<OrganizationRecord<SealedSecret>, Failure> {
    let (organization, account) = (record.organization.id, record.default_account.account.id);
    let roles = record.roles.iter().map(|role| role.id.get());
    let greatest = HashMap::from([
        (Counter::Of(Entity::Organization), organization.get()),
        (Counter::Of(Entity::Account), account.get()),
        (Counter::Of(Entity::Role), roles.max().unwrap_or_default()),
    ]);
    counters::lead(session, &greatest).await?;
    let unnumbered = record.roles.iter_mut().filter(|role| role.id == NONE);
    number_roles(session, unnumbered.collect()).await?;
    Ok(record.numbered(organization, account))
}

async fn assigned_anew(
    session: &mut Session<'_>,
    mut record: OrganizationRecord<SealedSecret>,
) -> Result<OrganizationRecord<SealedSecret>, Failure> {
    let of = Counter::Of;
    let wanted = HashMap::from([(of(Entity::Organization), 1), (of(Entity::Account), 1)]);
    let reserved = counters::reserve(session, &wanted).await?;
    let first = |entity| reserved.get(&of(entity)).copied().unwrap_or_default();
    number_roles(session, record.roles.iter_mut().collect()).await?;
    let organization = OrganizationId::new(first(Entity::Organization));
    Ok(record.numbered(organization, AccountId::new(first(Entity::Account))))
}

async fn number_roles(session: &mut Session<'_>, roles: Vec<&mut Role>) -> Result<(), Failure> {
    let counter = Counter::Of(Entity::Role);
    let count = i64::try_from(roles.len()).unwrap_or(i64::MAX);
    let reserved = counters::reserve(session, &HashMap::from([(counter, count)])).await?;
    let first = reserved.get(&counter).copied().unwrap_or_default();
    for (role, number) in roles.into_iter().zip(first..) {
        role.id = RoleId::new(number);
    }
    Ok(())
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
        let default = (Entity::Account.as_str(), self.default_account.get());
        let numbers = HashMap::from([(default, assigned(&row, "default_account_id")?)]);
        begun(session, self.source, self.ids, self.organization, numbers)
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

/// Notes that the transfer was begun, and what became of these numbers.
async fn begun(
    session: &mut Session<'_>,
    source: &SourceName,
    ids: Ids,
    organization: OrganizationId,
    numbers: HashMap<(&'static str, i64), i64>,
) -> Result<Transfer, Failure> {
    let statement = Statement::new(
        "INSERT INTO transfers (organization_id, source, ids, finished) VALUES ($1, $2, $3, FALSE) RETURNING id",
    )
    .bind(organization.get())
    .bind(source.as_str())
    .bind(ids.as_str());
    let row = session.row(statement).await?;
    let row = row.ok_or(sqlx::Error::RowNotFound)?;
    let organizations = Entity::Organization.as_str();
    let is_own = numbers.keys().any(|(entity, _)| *entity == organizations);
    let transfer = assigned(&row, "id")?;
    remember_numbers(session, transfer, numbers).await?;
    Ok(Transfer {
        organization,
        is_own,
        recognition: Recognition::ByNumber { transfer, ids },
        finished: false,
    })
}

fn conflict(entity: Entity, field: &'static str) -> Failure {
    RepositoryError::Conflict { entity, field }.into()
}
