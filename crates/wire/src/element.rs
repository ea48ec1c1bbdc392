//! Elements as the API writes them (contract, section 6).

use serde::Serialize;
use tenantry_domain::Element;

/// An element of the catalog.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Element))]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct ElementBody {
    pub id: i64,
    pub key: String,
    pub name: String,
    pub hub: String,
    pub active: bool,
    pub deleted: bool,
}

/// Every field that an element can have: what the parameter `fields` may name.
pub const FIELDS: &[&str] = &["id", "key", "name", "hub", "active", "deleted"];

impl From<&Element> for ElementBody {
    fn from(element: &Element) -> Self {
        Self {
            id: element.id.get(),
            key: element.key.to_string(),
            name: element.name.to_string(),
            hub: element.hub.to_string(),
            // What is in the catalog stays there, and can be used.
            active: true,
            deleted: false,
        }
    }
}
