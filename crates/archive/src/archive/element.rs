//! An element of the catalog in an archive: a line of its own, and a part of each of its instances.

use serde::{Deserialize, Serialize};
use tenantry_domain::{Element, ElementId, OrganizationId};

use super::field::{id, text};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElementBody {
    pub(super) id: i64,
    key: String,
    name: String,
    hub: String,
}

impl ElementBody {
    pub(super) fn of(element: &Element) -> Self {
        Self {
            id: element.id.get(),
            key: element.key.as_str().to_owned(),
            name: element.name.as_str().to_owned(),
            hub: element.hub.as_str().to_owned(),
        }
    }

    pub(super) fn into_element(self, organization_id: OrganizationId) -> Result<Element, String> {
        Ok(Element {
            id: ElementId::new(id("id", self.id)?),
            organization_id,
            key: text("key", self.key)?,
            name: text("name", self.name)?,
            hub: text("hub", self.hub)?,
        })
    }
}
