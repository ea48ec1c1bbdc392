//! Which instance a call is about, and who calls: an argument of handlers, by the way in which the instance is named.

use axum::{extract::FromRequestParts, http::request::Parts};
use tenantry_domain::{
    Actor, CalledInstance, InstanceId,
    services::{EditInstance, ElementKey, ViewInstances},
};

use crate::{
    caller::{Caller, CallerThroughInstance},
    error::ApiError,
    extract::{Id, PathParameters},
    router::AppState,
    routes::NO_INSTANCE,
};

/// The instance that a call is about, and who calls.
#[derive(Debug)]
pub(crate) struct Target {
    actor: Actor,
    id: Id<InstanceId>,
    element: Result<Option<ElementKey>, ApiError>,
}

impl Target {
    /// The permit to see it, and its id: first the privilege, then whether the path makes sense.
    pub(super) fn view<'a>(
        &'a self,
        state: &'a AppState,
    ) -> Result<(ViewInstances<'a>, InstanceId), ApiError> {
        let permit = state.platform.instances.view(&self.actor)?;
        let id = self.id.get()?;
        Ok((permit.of(self.element.clone()?), id))
    }

    /// The permit to change it.
    pub(super) fn edit<'a>(&'a self, state: &'a AppState) -> Result<EditInstance<'a>, ApiError> {
        let id = self.id.or(NO_INSTANCE);
        let permit = state.platform.instances.edit(&self.actor, id)?;
        self.id.get()?;
        Ok(permit.of(self.element.clone()?))
    }

    /// The permit to erase it.
    pub(super) fn delete<'a>(&'a self, state: &'a AppState) -> Result<EditInstance<'a>, ApiError> {
        let id = self.id.or(NO_INSTANCE);
        let permit = state.platform.instances.delete(&self.actor, id)?;
        self.id.get()?;
        Ok(permit.of(self.element.clone()?))
    }

    fn called(CallerThroughInstance(actor, called): CallerThroughInstance) -> Self {
        Self {
            actor,
            id: Id::known(called.id),
            element: Ok(None),
        }
    }
}

/// The path names it: `/instances/{instance}`, also below `/elements/{element}`.
#[derive(Debug)]
pub(crate) struct Named(pub(super) Target);

impl FromRequestParts<AppState> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        let Ok(path) = PathParameters::from_request_parts(parts, state).await;
        Ok(Self(Target {
            actor,
            id: path.instance(),
            element: path.element_of_instance(),
        }))
    }
}

/// The caller presents its token. A disabled one is refused.
#[derive(Debug)]
pub(crate) struct Called(pub(super) Target);

impl FromRequestParts<AppState> for Called {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = CallerThroughInstance::from_request_parts(parts, state).await?;
        match caller {
            CallerThroughInstance(_, CalledInstance { disabled: true, .. }) => {
                Err(ApiError::instance_disabled())
            }
            enabled => Ok(Self(Target::called(enabled))),
        }
    }
}

/// The same, disabled or not.
#[derive(Debug)]
pub(crate) struct CalledThoughDisabled(pub(super) Target);

impl FromRequestParts<AppState> for CalledThoughDisabled {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = CallerThroughInstance::from_request_parts(parts, state).await?;
        Ok(Self(Target::called(caller)))
    }
}
