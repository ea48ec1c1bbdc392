//! What cannot be done through the API.

use tenantry_testkit::Profile;

pub(crate) const REMOTE: Profile = Profile {
    adapter: "a remote server",
    skipped: &[],
};
