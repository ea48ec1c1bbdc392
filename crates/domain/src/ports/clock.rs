//! The time and the request ids: given, never taken from the air.

use time::OffsetDateTime;

use crate::RequestId;

/// What time it is.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now, in UTC, in whole microseconds (the precision that every store keeps).
    fn now(&self) -> OffsetDateTime;
}

/// Where request ids come from.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait RequestIds: Send + Sync {
    /// An id that no other request has.
    fn next(&self) -> RequestId;
}
