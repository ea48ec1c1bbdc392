//! Instances as the API writes and reads them (contract, sections 6, 7 and 11).

mod body;
mod input;
mod markup;
#[cfg(feature = "openapi")]
mod schema;

#[cfg(feature = "openapi")]
pub use self::schema::{
    ConfigurationChangeBody, ElementNameBody, InstancePatchBody, InstanceReplacementBody,
    NewInstanceBody, NewInstanceOfElementBody,
};
pub use self::{
    body::{ConfigurationEntryBody, FIELDS, InstanceBody, InstanceCountBody, InstanceUserBody},
    input::{Selection, changes_of_patch, changes_of_put, new_instance, property_value, selection},
};
