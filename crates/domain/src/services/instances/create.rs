//! Creating an instance, which is the caller's own.

use super::{InstanceService, ShownInstance, configuration};
use crate::{
    Actor, ConfigurationText, ElementDraft, ElementId, Entity, ExternalAuthentication, Instance,
    InstanceDraft, Name, Problem, Scope, Text,
    ports::{RepositoryError, SecretKind},
    services::ServiceError,
};

/// The permit to create instances.
#[derive(Debug)]
pub struct CreateInstances<'a> {
    pub(super) service: &'a InstanceService,
    pub(super) actor: &'a Actor,
}

/// How a caller names the element of a new instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementName {
    /// By the id of one that is in the catalog.
    Id(ElementId),
    /// The same, where the id stands in the path: one that is not in the catalog is not found instead of invalid.
    Path(ElementId),
    /// By key; one that is not in the catalog yet is registered.
    Key(ElementDraft),
}

/// What is needed to create an instance.
#[derive(Clone, Debug)]
pub struct NewInstance {
    /// Shown to people; also the first tag.
    pub name: Name,
    /// What it connects to.
    pub element: ElementName,
    /// Labels to find it by.
    pub tags: Vec<Text>,
    /// What it is configured with. No key twice.
    pub configuration: Vec<(Text, ConfigurationText)>,
    /// Who authenticates at the element.
    pub external_authentication: ExternalAuthentication,
}

impl CreateInstances<'_> {
    /// Creates the instance; answers it with its token.
    ///
    /// # Errors
    /// `Invalid` for an element id that is not in the catalog, a masked credential, or too many tags or entries;
    /// `NotFound` for such an element id of the path.
    pub async fn create(&self, new: NewInstance) -> Result<ShownInstance, ServiceError> {
        let identity = self.actor.identity();
        let tags = with_name(&new.name, new.tags)?;
        configuration::check_new(&new.configuration)?;
        let organization = Scope::organization(identity.organization_id);
        let element = match new.element {
            ElementName::Key(draft) => draft,
            ElementName::Id(id) | ElementName::Path(id) => {
                let found = self.service.elements.find(&organization, id).await?;
                let found = found.ok_or_else(|| match new.element {
                    ElementName::Path(_) => ServiceError::no_such(Entity::Element, id),
                    _ => unknown_element(id),
                })?;
                ElementDraft {
                    key: found.key,
                    name: found.name,
                    hub: found.hub,
                }
            }
        };
        let token = self.service.vault.issue(SecretKind::Instance);
        let configuration = configuration::of_new(
            self.service.vault.as_ref(),
            token.stored.digest,
            new.configuration,
        );
        let draft = InstanceDraft {
            user_id: identity.user_id,
            name: new.name,
            element,
            tags,
            configuration,
            external_authentication: new.external_authentication,
            token: token.stored,
        };
        let change = self.actor.change(self.service.clock.now());
        let created = self
            .service
            .instances
            .create(identity.organization_id, &draft, &change)
            .await;
        match created {
            // The caller was erased since it was authenticated.
            Err(RepositoryError::Conflict {
                entity: Entity::User,
                ..
            }) => Err(ServiceError::Unauthenticated),
            created => Ok(ShownInstance {
                instance: created?,
                token: Some(token.clear),
            }),
        }
    }
}

/// The name is the first tag (contract, section 11).
fn with_name(name: &Name, given: Vec<Text>) -> Result<Vec<Text>, ServiceError> {
    let name = Text::from(name.clone());
    let others = given.into_iter().filter(|tag| *tag != name);
    distinct(std::iter::once(name.clone()).chain(others).collect())
}

/// Each tag once, if there are not too many.
pub(super) fn distinct(given: Vec<Text>) -> Result<Vec<Text>, ServiceError> {
    // Before anything is compared: a long list would cost the square of its length.
    if given.len() > Instance::MAX_TAGS {
        let message = format!(
            "must be at most {}, the name among them",
            Instance::MAX_TAGS
        );
        return Err(ServiceError::Invalid(vec![Problem::new("tags", message)]));
    }
    let mut tags = Vec::with_capacity(given.len());
    for tag in given {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn unknown_element(id: ElementId) -> ServiceError {
    ServiceError::Invalid(vec![Problem::new(
        "element.id",
        format!("is {id}, which is not in the catalog; name a new element by its key"),
    )])
}
