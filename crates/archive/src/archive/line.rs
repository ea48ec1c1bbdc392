//! What a line of an archive may be. The order of fields here is their order in the file. It must not know what is true of the
//! lines together.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use tenantry_domain::{ports::SealParameters, transfer::Part};

use super::{
    account::AccountBody, element::ElementBody, instance::InstanceBody,
    organization::OrganizationBody, user::UserBody,
};

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum Line {
    #[serde(rename = "tenantry-archive")]
    Header(Header),
    Organization(Box<OrganizationBody>),
    Account(AccountBody),
    Element(ElementBody),
    User(Box<UserBody>),
    Instance(Box<InstanceBody>),
    End(End),
}

impl Line {
    /// What its first field says that it is.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Header(_) => "tenantry-archive",
            Self::Organization(_) => "organization",
            Self::Account(_) => "account",
            Self::Element(_) => "element",
            Self::User(_) => "user",
            Self::Instance(_) => "instance",
            Self::End(_) => "end",
        }
    }

    /// With the end of the line.
    pub(super) fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        Ok(text)
    }
}

/// The first line.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) organization_id: i64,
    /// Only where secrets are inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seal: Option<SealHeader>,
}

/// How the key is made from the passphrase.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SealHeader {
    /// Of what a key is made, and what it is used for. There is one suite so far.
    suite: String,
    #[serde(rename = "memoryKiB")]
    memory_kib: u32,
    passes: u32,
    salt: String,
    check: String,
}

const SUITE: &str = "argon2id+xchacha20poly1305";

impl SealHeader {
    pub(super) fn of(parameters: &SealParameters) -> Self {
        Self {
            suite: SUITE.to_owned(),
            memory_kib: parameters.memory_kib,
            passes: parameters.passes,
            salt: STANDARD.encode(parameters.salt),
            check: STANDARD.encode(parameters.check),
        }
    }

    pub(super) fn parameters(&self) -> Result<SealParameters, String> {
        if self.suite != SUITE {
            return Err(format!(
                "seal.suite is none that this version knows: it reads {SUITE}"
            ));
        }
        let bytes = |field: &str, text: &str| {
            let bytes = STANDARD.decode(text).ok();
            bytes
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| format!("seal.{field} must be 16 bytes in base64"))
        };
        Ok(SealParameters {
            memory_kib: self.memory_kib,
            passes: self.passes,
            salt: bytes("salt", &self.salt)?,
            check: bytes("check", &self.check)?,
        })
    }
}

/// The last line: without it the file is torn off.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct End {
    accounts: u64,
    elements: u64,
    users: u64,
    instances: u64,
    /// SHA-256 of all lines before, in lower case.
    pub(super) sha256: String,
    /// The same, sealed: whoever alters the archive can compute the other one anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

impl End {
    pub(super) fn new(counts: Counts, sha256: String, sealed: Option<String>) -> Self {
        Self {
            accounts: counts.accounts,
            elements: counts.elements,
            users: counts.users,
            instances: counts.instances,
            sha256,
            sealed,
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            accounts: self.accounts,
            elements: self.elements,
            users: self.users,
            instances: self.instances,
        }
    }
}

/// How many records an archive has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accounts, but for the default one.
    pub accounts: u64,
    /// Elements of the catalog.
    pub elements: u64,
    /// Users.
    pub users: u64,
    /// Instances.
    pub instances: u64,
}

impl Counts {
    /// One more of this kind.
    pub(super) fn add(&mut self, part: Part) {
        *match part {
            Part::Accounts => &mut self.accounts,
            Part::Elements => &mut self.elements,
            Part::Users => &mut self.users,
            Part::Instances => &mut self.instances,
        } += 1;
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.accounts + self.elements + self.users + self.instances
    }
}
