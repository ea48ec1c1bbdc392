//! Organizations, each created with its default account, its roles and its first user.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{
    Account, AccountId, Change, Entity, Name, Organization, OrganizationDraft, OrganizationId,
    OrganizationKind, PasswordState, Profile, Revision, RoleKey, Snapshot, User, UserId,
    ports::{CreatedOrganization, OrganizationRepository, RepositoryError},
};

use super::role::grant_all;
use crate::{
    engine::Engine,
    error::Failure,
    instant::to_micros,
    record,
    rows::{
        account,
        organization::{COLUMNS, insert, read},
        role,
        secret::{self, Owner},
        user,
    },
    sql::Sql,
};

/// Number of the system organization, of its default account and of its first user.
const SYSTEM: i64 = 1;

pub(crate) struct Organizations(pub(crate) Engine);

#[async_trait]
impl OrganizationRepository for Organizations {
    async fn create(
        &self,
        draft: &OrganizationDraft,
        change: &Change,
    ) -> Result<CreatedOrganization, RepositoryError> {
        let (draft, change) = (draft.clone(), *change);
        self.0
            .write(move |connection| create(connection, draft, &change))
            .await
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, RepositoryError> {
        self.0.look_up(move |connection| find(connection, id)).await
    }

    async fn rename(
        &self,
        id: OrganizationId,
        name: &Name,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Organization>, RepositoryError> {
        let (name, change) = (name.clone(), *change);
        self.0
            .write(move |connection| rename(connection, id, name, expected, &change))
            .await
    }

    async fn find_system(&self) -> Result<Option<Organization>, RepositoryError> {
        self.0.look_up(find_system).await
    }

    async fn count_customers(&self, up_to: u64) -> Result<u64, RepositoryError> {
        let mut sql = Sql::new(
            "SELECT count(*) FROM (SELECT 1 FROM organizations WHERE kind = 'customer' LIMIT ",
        );
        sql.bind(i64::try_from(up_to).unwrap_or(i64::MAX)).push(")");
        let found: Option<i64> = self
            .0
            .read(move |connection| sql.row(connection, |row| Ok(row.get(0)?)))
            .await?;
        Ok(found
            .and_then(|found| u64::try_from(found).ok())
            .unwrap_or(0))
    }
}

pub(super) fn find(
    connection: &Connection,
    id: OrganizationId,
) -> Result<Option<Organization>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM organizations WHERE id = ")
        .bind(id.get());
    sql.row(connection, read)
}

/// That the organization was written, although nothing in its own row changed; answers its revision then.
pub(super) fn count_as_write(
    connection: &Connection,
    organization: &Organization,
    change: &Change,
) -> Result<Revision, Failure> {
    let revision = organization.revision.next();
    connection
        .prepare_cached("UPDATE organizations SET updated_at = ?, revision = ? WHERE id = ?")?
        .execute([to_micros(change.at), revision.get(), organization.id.get()])?;
    Ok(revision)
}

/// Refuses if the organization is not at the revision that the caller expects.
pub(super) fn check_revision(
    organization: &Organization,
    expected: Option<Revision>,
) -> Result<(), Failure> {
    match expected {
        Some(expected) if expected != organization.revision => Err(RepositoryError::Stale {
            entity: Entity::Organization,
        }
        .into()),
        _ => Ok(()),
    }
}

fn rename(
    connection: &Connection,
    id: OrganizationId,
    name: Name,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Organization>, Failure> {
    let Some(old) = find(connection, id)? else {
        return Ok(None);
    };
    check_revision(&old, expected)?;
    let new = Organization {
        name,
        updated_at: change.at,
        revision: old.revision.next(),
        ..old.clone()
    };
    connection
        .prepare_cached(
            "UPDATE organizations SET name = ?, updated_at = ?, revision = ? WHERE id = ?",
        )?
        .execute((
            new.name.as_str(),
            to_micros(new.updated_at),
            new.revision.get(),
            id.get(),
        ))?;
    let named = |organization: &Organization| Snapshot::new().field("name", &organization.name);
    record::updated(connection, &new, &named(&old), &named(&new), change)?;
    Ok(Some(new))
}

fn find_system(connection: &Connection) -> Result<Option<Organization>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM organizations WHERE kind = 'system'");
    sql.row(connection, read)
}

fn create(
    connection: &Connection,
    draft: OrganizationDraft,
    change: &Change,
) -> Result<CreatedOrganization, Failure> {
    let system = draft.kind == OrganizationKind::System;
    let given_id = system.then_some(SYSTEM);
    if system && exists(connection, SYSTEM)? {
        return Err(Failure::conflict(Entity::Organization, "kind"));
    }
    let mut organization = Organization {
        id: OrganizationId::new(0),
        name: draft.name.clone(),
        active: true,
        kind: draft.kind,
        default_account_id: AccountId::new(0),
        external_id: None,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    organization.id = insert(connection, &organization, given_id)?;
    secret::insert(
        connection,
        organization.id.get(),
        Owner::Organization,
        &draft.secret,
        change.at,
    )?;

    let mut account = Account {
        id: AccountId::new(0),
        organization_id: organization.id,
        name: draft.name,
        description: None,
        external_id: None,
        active: true,
        is_default: true,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    account.id = account::insert(connection, &account, given_id)?;
    organization.default_account_id = account.id;
    connection
        .prepare_cached("UPDATE organizations SET default_account_id = ? WHERE id = ?")?
        .execute([account.id.get(), organization.id.get()])?;

    for key in RoleKey::OF_AN_ORGANIZATION
        .iter()
        .copied()
        .chain(system.then_some(RoleKey::SysAdmin))
    {
        role::insert(connection, organization.id, key)?;
    }

    let mut admin = User {
        id: UserId::new(0),
        organization_id: organization.id,
        account_id: account.id,
        email: draft.admin.email,
        first_name: draft.admin.first_name,
        last_name: draft.admin.last_name,
        active: true,
        profile: Profile::default(),
        password: match draft.admin.password {
            Some(_) => PasswordState::Set {
                changed_at: change.at,
                must_change: draft.admin.must_change,
            },
            None => PasswordState::Absent,
        },
        locked_until: None,
        last_login_at: None,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    admin.id = user::insert(connection, &admin, draft.admin.password.as_ref(), given_id)?;
    let owner = Owner::User(admin.id.get());
    secret::insert(
        connection,
        organization.id.get(),
        owner,
        &draft.admin.secret,
        change.at,
    )?;
    let grant = if system {
        RoleKey::SysAdmin
    } else {
        RoleKey::OrgAdmin
    };
    grant_all(connection, organization.id, admin.id, &[grant])?;

    let snapshot = Snapshot::new()
        .field("name", &organization.name)
        .field("active", organization.active);
    record::created(connection, &organization, &snapshot, change)?;
    record::created(connection, &account, &account.snapshot(), change)?;
    record::created(connection, &admin, &admin.creation(&[grant]), change)?;
    Ok(CreatedOrganization {
        organization,
        account,
        admin,
    })
}

fn exists(connection: &Connection, id: i64) -> Result<bool, Failure> {
    let found = connection
        .prepare_cached("SELECT 1 FROM organizations WHERE id = ?")?
        .query_row([id], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}
