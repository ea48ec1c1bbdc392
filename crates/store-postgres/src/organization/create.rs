//! Creating an organization with everything that comes with it, in one transaction.

use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Entity, Organization, OrganizationDraft,
    OrganizationId, OrganizationKind, PasswordState, Profile, Revision, RoleKey, Snapshot, User,
    UserId, ceql::fold, ports::CreatedOrganization,
};

use super::kind_word;
use crate::{
    audit::{self, Entry},
    error::{EMAIL_IN_USE, Failure},
    row::assigned,
    session::{Session, Work},
    sql::Statement,
    user::columns::{bind_fields, user_columns, user_values},
};

/// The reserved number of the operator's organization, its account and its first user.
const SYSTEM: i64 = 1;

pub(super) struct CreateOrganization<'a> {
    pub(super) draft: &'a OrganizationDraft,
    pub(super) change: &'a Change,
}

impl Work for CreateOrganization<'_> {
    type Output = CreatedOrganization;

    async fn run(&self, session: &mut Session<'_>) -> Result<CreatedOrganization, Failure> {
        let organization = self.insert_organization(session).await?;
        let account = self.insert_default_account(session, &organization).await?;
        self.insert_roles(session, organization.id).await?;
        let admin = self.insert_admin(session, &organization).await?;
        self.insert_secret(session, organization.id).await?;
        self.record(session, &organization, &account, &admin)
            .await?;
        Ok(CreatedOrganization {
            organization,
            account,
            admin,
        })
    }
}

impl CreateOrganization<'_> {
    async fn insert_organization(
        &self,
        session: &mut Session<'_>,
    ) -> Result<Organization, Failure> {
        let OrganizationDraft { name, kind, .. } = self.draft;
        let statement = Statement::new(
            "INSERT INTO organizations \
             (id, name, kind, active, default_account_id, created_at, updated_at, revision) \
             SELECT coalesce($1, nextval(pg_get_serial_sequence('organizations', 'id'))), $2, $3, TRUE, \
             coalesce($1, nextval(pg_get_serial_sequence('accounts', 'id'))), $4, $4, 1 \
             RETURNING id, default_account_id",
        )
        .bind(self.reserved())
        .bind(name.as_str())
        .bind(kind_word(*kind))
        .bind(self.change.at);
        let row = session
            .row(statement)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        Ok(Organization {
            id: OrganizationId::new(assigned(&row, "id")?),
            name: name.clone(),
            active: true,
            kind: *kind,
            default_account_id: AccountId::new(assigned(&row, "default_account_id")?),
            external_id: None,
            created_at: self.change.at,
            updated_at: self.change.at,
            revision: Revision::FIRST,
        })
    }

    async fn insert_default_account(
        &self,
        session: &mut Session<'_>,
        of: &Organization,
    ) -> Result<Account, Failure> {
        let statement = Statement::new(
            "INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision) \
             VALUES ($1, $2, $3, $4, TRUE, TRUE, $5, $5, 1)",
        )
        .bind(of.id.get())
        .bind(of.default_account_id.get())
        .bind(of.name.as_str())
        .bind(fold(of.name.as_str()))
        .bind(self.change.at);
        session.execute(statement).await?;
        Ok(Account {
            id: of.default_account_id,
            organization_id: of.id,
            name: of.name.clone(),
            description: None,
            external_id: None,
            active: true,
            is_default: true,
            created_at: self.change.at,
            updated_at: self.change.at,
            revision: Revision::FIRST,
        })
    }

    async fn insert_roles(
        &self,
        session: &mut Session<'_>,
        organization: OrganizationId,
    ) -> Result<(), Failure> {
        let mut keys = RoleKey::OF_AN_ORGANIZATION.to_vec();
        if self.draft.kind == OrganizationKind::System {
            keys.push(RoleKey::SysAdmin);
        }
        // An array cannot hold arrays of different lengths, and privilege keys hold no comma.
        let privileges = |key: &RoleKey| {
            let keys: Vec<_> = key
                .default_privileges()
                .iter()
                .map(tenantry_domain::Privilege::key)
                .collect();
            keys.join(",")
        };
        // The counter begins at 2, and an applied migration is never changed. The operator's roles begin at 1 all the same, as in
        // every other store: so the numbers of a customer's roles are the same there and here, and can be kept.
        let statement = Statement::new(
            "INSERT INTO roles (id, organization_id, key, name, description, privileges) \
             SELECT CASE WHEN $6::bigint IS NOT NULL AND role.place = 1 \
             AND NOT EXISTS (SELECT FROM roles WHERE roles.id = $6) THEN $6 \
             ELSE nextval(pg_get_serial_sequence('roles', 'id')) END, \
             $1, role.key, role.name, role.description, string_to_array(role.privileges, ',') \
             FROM (SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY \
             AS role (key, name, description, privileges, place) ORDER BY place) AS role",
        )
        .bind(organization.get())
        .bind(keys.iter().map(|key| key.as_str()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.name()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.description()).collect::<Vec<_>>())
        .bind(keys.iter().map(privileges).collect::<Vec<_>>())
        .bind(self.reserved());
        session.execute(statement).await?;
        Ok(())
    }

    async fn insert_admin(
        &self,
        session: &mut Session<'_>,
        of: &Organization,
    ) -> Result<User, Failure> {
        let draft = &self.draft.admin;
        let password = match draft.password {
            None => PasswordState::Absent,
            Some(_) => PasswordState::Set {
                changed_at: self.change.at,
                must_change: draft.must_change,
            },
        };
        let mut admin = User {
            id: UserId::new(0),
            organization_id: of.id,
            account_id: of.default_account_id,
            email: draft.email.clone(),
            first_name: draft.first_name.clone(),
            last_name: draft.last_name.clone(),
            active: true,
            profile: Profile::default(),
            password,
            locked_until: None,
            last_login_at: None,
            created_at: self.change.at,
            updated_at: self.change.at,
            revision: Revision::FIRST,
        };
        let role = self.granted();
        let statement = Statement::new(concat!(
            "WITH created AS (INSERT INTO users (",
            user_columns!(),
            ", id) SELECT ",
            user_values!(),
            ", coalesce($38, nextval(pg_get_serial_sequence('users', 'id'))) \
             ON CONFLICT (email_folded) DO NOTHING RETURNING organization_id, id), \
             secret AS (INSERT INTO user_secrets (digest, organization_id, user_id, sealed, key_id, created_at) \
             SELECT $34, created.organization_id, created.id, $35, $36, $31 FROM created), \
             granted AS (INSERT INTO user_roles (organization_id, user_id, role_id) \
             SELECT created.organization_id, created.id, roles.id FROM created \
             JOIN roles ON roles.organization_id = created.organization_id AND roles.key = $37) \
             SELECT id FROM created",
        ));
        let statement = bind_fields(
            statement
                .bind(of.id.get())
                .bind(of.default_account_id.get()),
            &admin,
        )
        .bind(Revision::FIRST.get())
        .bind(
            draft
                .password
                .as_ref()
                .map(tenantry_domain::PasswordHash::expose),
        )
        .bind(draft.secret.digest.as_bytes().as_slice())
        .bind(draft.secret.sealed.bytes.as_slice())
        .bind(draft.secret.sealed.key_id.0)
        .bind(role.as_str())
        .bind(self.reserved());
        let row = session.row(statement).await?.ok_or(EMAIL_IN_USE)?;
        admin.id = UserId::new(assigned(&row, "id")?);
        Ok(admin)
    }

    async fn insert_secret(
        &self,
        session: &mut Session<'_>,
        organization: OrganizationId,
    ) -> Result<(), Failure> {
        let secret = &self.draft.secret;
        let statement = Statement::new(
            "INSERT INTO organization_secrets (digest, organization_id, sealed, key_id, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(secret.digest.as_bytes().as_slice())
        .bind(organization.get())
        .bind(secret.sealed.bytes.as_slice())
        .bind(secret.sealed.key_id.0)
        .bind(self.change.at);
        session.execute(statement).await?;
        Ok(())
    }

    async fn record(
        &self,
        session: &mut Session<'_>,
        organization: &Organization,
        account: &Account,
        admin: &User,
    ) -> Result<(), Failure> {
        let created =
            |account: Option<AccountId>, target: Entity, target_id: i64, new: Snapshot| Entry {
                account,
                action: AuditAction::Created,
                target,
                target_id,
                old: Snapshot::new(),
                new,
            };
        let of_organization = Snapshot::new()
            .field("name", &organization.name)
            .field("active", organization.active);
        let entries = [
            created(
                None,
                Entity::Organization,
                organization.id.get(),
                of_organization,
            ),
            created(
                Some(account.id),
                Entity::Account,
                account.id.get(),
                account.snapshot(),
            ),
            created(
                Some(account.id),
                Entity::User,
                admin.id.get(),
                admin.creation(&[self.granted()]),
            ),
        ];
        audit::record(session, organization.id, self.change, &entries).await
    }

    /// What its administrator is granted.
    fn granted(&self) -> RoleKey {
        match self.draft.kind {
            OrganizationKind::System => RoleKey::SysAdmin,
            OrganizationKind::Customer => RoleKey::OrgAdmin,
        }
    }

    /// The ids of the operator's organization are fixed, those of others come from the counters.
    fn reserved(&self) -> Option<i64> {
        (self.draft.kind == OrganizationKind::System).then_some(SYSTEM)
    }
}
