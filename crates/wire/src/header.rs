//! Names and fixed values of the API's headers (contract, section 3).

/// Names one request, in every reply; the same as `requestId` in error bodies and logs.
pub const REQUEST_ID: &str = "elements-request-id";
/// How many items this page has.
pub const RETURNED_COUNT: &str = "elements-returned-count";
/// How many items the whole list has; left out where nobody counted that far.
pub const TOTAL_COUNT: &str = "elements-total-count";
/// The token of the next page; left out on the last.
pub const NEXT_PAGE_TOKEN: &str = "elements-next-page-token";
/// A warning on a reply of 200.
pub const WARNING: &str = "elements-error";
/// The password of the user that is looked up: with the right one the reply has that user's `secret`.
pub const USER_PASSWORD: &str = "elements-user-password";
/// What scripts of other origins may read: exactly this, in this order and spacing.
pub const EXPOSED: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, \
                           Elements-Trace-Id, Elements-Error, Content-Disposition";
