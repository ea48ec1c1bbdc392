//! Creating an instance, with its element if that is new.

use rusqlite::Connection;
use tenantry_domain::{
    Change, Element, ElementDraft, Entity, Instance, InstanceDraft, InstanceId, InstanceOwner,
    OrganizationId, Revision, Scope,
};

use crate::{
    error::Failure,
    record,
    rows::{
        configuration, element, instance,
        secret::{self, Owner},
        user,
    },
};

pub(super) fn create(
    connection: &Connection,
    organization: OrganizationId,
    draft: InstanceDraft,
    change: &Change,
) -> Result<Instance, Failure> {
    let Some(user) = user::find(
        connection,
        &Scope::organization(organization),
        draft.user_id,
    )?
    else {
        return Err(Failure::conflict(Entity::User, "id"));
    };
    let mut instance = Instance {
        id: InstanceId::new(0),
        organization_id: organization,
        account_id: user.account_id,
        user: InstanceOwner {
            id: user.id,
            email: user.email,
            first_name: user.first_name,
            last_name: user.last_name,
        },
        name: draft.name,
        element: element(connection, organization, draft.element)?,
        tags: draft.tags,
        configuration: Vec::new(),
        external_authentication: draft.external_authentication,
        valid: true,
        disabled: false,
        token: draft.token,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    instance.id = instance::insert(connection, &instance, None)?;
    for (key, value) in draft.configuration {
        let entry = configuration::insert(connection, &instance, None, key, value)?;
        instance.configuration.push(entry);
    }
    let owner = Owner::Instance(instance.id.get());
    secret::insert(
        connection,
        organization.get(),
        owner,
        &instance.token,
        change.at,
    )?;
    record::created(connection, &instance, &instance.snapshot(), change)?;
    Ok(instance)
}

/// The element of that key in the organization's catalog, registered now if it is new.
fn element(
    connection: &Connection,
    organization: OrganizationId,
    draft: ElementDraft,
) -> Result<Element, Failure> {
    if let Some(known) = element::find_by_key(connection, organization, &draft.key)? {
        return Ok(known);
    }
    let id = element::insert(connection, organization, &draft, None)?;
    Ok(Element {
        id,
        organization_id: organization,
        key: draft.key,
        name: draft.name,
        hub: draft.hub,
    })
}
