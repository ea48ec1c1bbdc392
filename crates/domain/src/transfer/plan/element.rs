//! What becomes of an element, and which one an instance means.

use super::{Creation, Planner, compared};
use crate::{
    Element, ElementId, Entity, Snapshot,
    transfer::{Finding, Refusal},
};

impl Planner {
    pub(super) fn element(&mut self, there: &Element) -> Result<Finding, Refusal> {
        let source = there.id.get();
        let known = self.remembered(Entity::Element, source);
        let known = known.and_then(|id| self.element_of(ElementId::new(id)));
        if let Some(here) = known {
            return Ok(compared(here.id.get(), &shown(here), &shown(there)));
        }
        if let Some(here) = self.here.elements.get(&there.key) {
            if self.recognition.keeps_ids() && here.id != there.id {
                return Err(Refusal::KeyInUse);
            }
            let finding = compared(here.id.get(), &shown(here), &shown(there));
            let id = here.id.get();
            self.remember(Entity::Element, source, id);
            return Ok(finding);
        }
        self.can_have(Entity::Element, source)?;
        let id = self.number(Entity::Element, source);
        self.register(there, id);
        Ok(Finding::Created(id))
    }

    /// The element that an instance means: the one of that key, registered if there is none, under its number if that
    /// can be.
    pub(super) fn element_meant(&mut self, there: &Element) -> Element {
        if let Some(here) = self.here.elements.get(&there.key) {
            return here.clone();
        }
        let source = there.id.get();
        let id = if self.recognition.keeps_ids() && self.is_free(Entity::Element, source) {
            source
        } else {
            self.here.last.next(Entity::Element)
        };
        self.register(there, id)
    }

    fn register(&mut self, there: &Element, id: i64) -> Element {
        let new = Element {
            id: ElementId::new(id),
            organization_id: self.organization,
            ..there.clone()
        };
        self.here.elements.insert(new.key.clone(), new.clone());
        self.remember(Entity::Element, there.id.get(), id);
        self.plan.create.push(Creation::Element(new.clone()));
        new
    }

    fn element_of(&self, id: ElementId) -> Option<&Element> {
        self.here.elements.values().find(|element| element.id == id)
    }
}

fn shown(element: &Element) -> Snapshot {
    Snapshot::new()
        .field("key", &element.key)
        .field("name", &element.name)
        .field("hub", &element.hub)
}
