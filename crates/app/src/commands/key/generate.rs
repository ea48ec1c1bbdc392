//! `tenantry key generate`: a new key on standard output, for those who keep keys in an environment variable.

use std::io;

use serde_json::json;

use crate::{master_key, output::Output};

/// Prints a key that belongs to no store yet.
pub(super) fn run(output: Output) -> io::Result<()> {
    let key = master_key::generate();
    let text = key.to_text();
    let report = json!({"keyId": key.id().to_string(), "key": text.as_str()});
    output.result(&report, || text.to_string())
}
