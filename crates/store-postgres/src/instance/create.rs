//! Creating an instance, and with it the element of the catalog if it is new there.

use tenantry_domain::{
    AccountId, AuditAction, Change, Element, ElementDraft, Entity, Instance, InstanceDraft,
    InstanceId, InstanceOwner, OrganizationId, Revision, Snapshot, Text, ceql::fold,
    ports::RepositoryError,
};

use super::configuration;
use crate::{
    audit::{self, Entry},
    element::{element_of, element_selection},
    error::Failure,
    row::{Fields, assigned},
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct CreateInstance<'a> {
    pub(super) organization: OrganizationId,
    pub(super) draft: &'a InstanceDraft,
    pub(super) change: &'a Change,
}

impl Work for CreateInstance<'_> {
    type Output = Instance;

    async fn run(&self, session: &mut Session<'_>) -> Result<Instance, Failure> {
        let (account_id, user) = self.owner(session).await?;
        let element = self.element(session).await?;
        let mut instance = Instance {
            id: InstanceId::new(0),
            organization_id: self.organization,
            account_id,
            user,
            name: self.draft.name.clone(),
            element,
            tags: self.draft.tags.clone(),
            configuration: Vec::new(),
            external_authentication: self.draft.external_authentication,
            valid: true,
            disabled: false,
            token: self.draft.token.clone(),
            created_at: self.change.at,
            updated_at: self.change.at,
            revision: Revision::FIRST,
        };
        instance.id = self.insert(session, &instance).await?;
        instance.configuration = configuration::insert(
            session,
            self.organization,
            instance.id,
            &self.draft.configuration,
        )
        .await?;
        let entry = Entry {
            account: Some(account_id),
            action: AuditAction::Created,
            target: Entity::Instance,
            target_id: instance.id.get(),
            old: Snapshot::new(),
            new: instance.snapshot(),
        };
        audit::record(session, self.organization, self.change, &[entry]).await?;
        Ok(instance)
    }
}

impl CreateInstance<'_> {
    /// The user, who stays in its account until the commit, and that account.
    async fn owner(
        &self,
        session: &mut Session<'_>,
    ) -> Result<(AccountId, InstanceOwner), Failure> {
        let statement = Statement::new(
            "SELECT id, account_id, email, first_name, last_name FROM users \
             WHERE organization_id = $1 AND id = $2 FOR SHARE",
        )
        .bind(self.organization.get())
        .bind(self.draft.user_id.get());
        let Some(row) = session.row(statement).await? else {
            return Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "id",
            }
            .into());
        };
        let fields = Fields::of(Entity::User, &row)?;
        let owner = InstanceOwner {
            id: self.draft.user_id,
            email: fields.email("email")?,
            first_name: fields.name("first_name")?,
            last_name: fields.name("last_name")?,
        };
        Ok((AccountId::new(fields.get("account_id")?), owner))
    }

    /// The element of the key, registered if nobody has done so yet. Whoever is just about to is waited for.
    async fn element(&self, session: &mut Session<'_>) -> Result<Element, Failure> {
        if let Some(element) = self.registered(session).await? {
            return Ok(element);
        }
        let ElementDraft { key, name, hub } = &self.draft.element;
        let statement = Statement::new(
            "INSERT INTO elements (organization_id, key, key_folded, name, name_folded, hub, hub_folded) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization_id, key) DO NOTHING",
        )
        .bind(self.organization.get());
        let statement = [key, name, hub]
            .into_iter()
            .fold(statement, |statement, text| {
                statement.bind(text.as_str()).bind(fold(text.as_str()))
            });
        session.execute(statement).await?;
        Ok(self
            .registered(session)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?)
    }

    async fn registered(&self, session: &mut Session<'_>) -> Result<Option<Element>, Failure> {
        let statement = Statement::new(concat!(
            element_selection!(),
            " WHERE organization_id = $1 AND key = $2"
        ))
        .bind(self.organization.get())
        .bind(self.draft.element.key.as_str());
        let row = session.row(statement).await?;
        Ok(row.map(|row| element_of(&row)).transpose()?)
    }

    async fn insert(
        &self,
        session: &mut Session<'_>,
        instance: &Instance,
    ) -> Result<InstanceId, Failure> {
        let token = &self.draft.token;
        let statement = Statement::new(
            "WITH created AS (INSERT INTO instances (organization_id, account_id, user_id, name, name_folded, \
             element_id, valid, disabled, created_at, updated_at, revision, external_authentication) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $16) RETURNING id), \
             tagged AS (INSERT INTO instance_tags (organization_id, instance_id, position, tag, tag_folded) \
             SELECT $1, created.id, tags.place, tags.tag, tags.folded FROM created, \
             unnest($11::text[], $12::text[]) WITH ORDINALITY AS tags (tag, folded, place)), \
             secret AS (INSERT INTO instance_secrets (digest, organization_id, instance_id, sealed, key_id, created_at) \
             SELECT $13, $1, created.id, $14, $15, $9 FROM created) \
             SELECT id FROM created",
        )
        .bind(instance.organization_id.get())
        .bind(instance.account_id.get())
        .bind(instance.user.id.get())
        .bind(instance.name.as_str())
        .bind(fold(instance.name.as_str()))
        .bind(instance.element.id.get())
        .bind(instance.valid)
        .bind(instance.disabled)
        .bind(self.change.at)
        .bind(instance.revision.get())
        .bind(instance.tags.iter().map(Text::as_str).collect::<Vec<_>>())
        .bind(instance.tags.iter().map(|tag| fold(tag.as_str())).collect::<Vec<_>>())
        .bind(token.digest.as_bytes().as_slice())
        .bind(token.sealed.bytes.as_slice())
        .bind(token.sealed.key_id.0)
        .bind(instance.external_authentication.as_str());
        let row = session
            .row(statement)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        Ok(InstanceId::new(assigned(&row, "id")?))
    }
}
