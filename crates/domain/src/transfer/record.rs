//! What travels: everything that is known of a thing, secrets in clear.

use time::OffsetDateTime;

use crate::{
    Account, AccountId, ConfigurationId, ConfigurationText, Element, Entity,
    ExternalAuthentication, InstanceId, Name, Organization, PasswordHash, PasswordPolicy, Revision,
    Role, RoleKey, SecretText, Text, User, UserId,
};

/// An organization itself, with what every organization has from its beginning. `S` is its secret: in clear, or as a store
/// keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRecord<S> {
    /// The organization.
    pub organization: Organization,
    /// Its secret.
    pub secret: S,
    /// The password policy that it set; `None` if the default is in force.
    pub policy: Option<PolicyRecord>,
    /// Its four roles, in the order in which they are listed. One that the source does not number has the number 0, and
    /// gets a new one.
    pub roles: Vec<Role>,
    /// Its default account.
    pub default_account: AccountRecord,
}

/// A password policy that an organization set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// The policy.
    pub policy: PasswordPolicy,
    /// When the organization first set a policy.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// An account, and the roles granted to all of its users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub account: Account,
    /// The roles granted to it, in the order of [`RoleKey`].
    pub roles: Vec<RoleKey>,
}

/// A user, and what is kept of a user beside. `S` is its secret: in clear, or as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord<S> {
    /// The user.
    pub user: User,
    /// The hash of the password; [`User::password`] says since when there is one.
    pub password: Option<PasswordHash>,
    /// Hashes of former passwords, the newest first.
    pub former_passwords: Vec<PasswordHash>,
    /// Its secret.
    pub secret: S,
    /// The roles granted directly, in the order of [`RoleKey`]; `None` if the source was not asked.
    pub roles: Option<Vec<RoleKey>>,
}

/// An instance, without what it shows of its owner. `T` is its token and `C` an entry of its configuration: in clear, as they
/// travel, or as a store keeps them ([`SealedInstance`](super::SealedInstance)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRecord<T = Option<SecretText>, C = ConfigurationRecord> {
    /// Its number.
    pub id: InstanceId,
    /// The account of its user.
    pub account_id: AccountId,
    /// Whose it is.
    pub user_id: UserId,
    /// Shown to people.
    pub name: Name,
    /// What it connects to.
    pub element: Element,
    /// Labels to find it by, in the order given.
    pub tags: Vec<Text>,
    /// What it is configured with, in the order in which the entries came into being.
    pub configuration: Vec<C>,
    /// Who authenticates at the element.
    pub external_authentication: ExternalAuthentication,
    /// Whether the credentials it holds were accepted by the element.
    pub valid: bool,
    /// Calls through a disabled instance are refused.
    pub disabled: bool,
    /// Its token; in clear, `None` if the source does not reveal it.
    pub token: T,
    /// When it was created, to the microsecond.
    pub created_at: OffsetDateTime,
    /// When it was last changed, to the microsecond.
    pub updated_at: OffsetDateTime,
    /// How often it was written.
    pub revision: Revision,
}

/// One entry of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationRecord {
    /// Its number, if the source says it; the store assigns one otherwise.
    pub id: Option<ConfigurationId>,
    /// By what requests name it.
    pub key: Text,
    /// Its value; `None` for a credential that the source does not reveal. Then the entry moves, empty.
    pub value: Option<ConfigurationText>,
}

/// One thing that travels. An organization itself does not stand among them: it comes first, and once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An account beside the default one.
    Account(AccountRecord),
    /// An element of the catalog.
    Element(Element),
    /// A user. Its secret is `None` if the source does not reveal it; then it gets a new one.
    User(Box<UserRecord<Option<SecretText>>>),
    /// An instance.
    Instance(Box<InstanceRecord>),
}

impl Record {
    /// Its number where it comes from.
    pub fn id(&self) -> i64 {
        match self {
            Self::Account(record) => record.account.id.get(),
            Self::Element(element) => element.id.get(),
            Self::User(record) => record.user.id.get(),
            Self::Instance(record) => record.id.get(),
        }
    }

    /// Of what kind it is.
    pub fn entity(&self) -> Entity {
        match self {
            Self::Account(_) => Entity::Account,
            Self::Element(_) => Entity::Element,
            Self::User(_) => Entity::User,
            Self::Instance(_) => Entity::Instance,
        }
    }
}

/// What a source hands out at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What could be read.
    pub records: Vec<Record>,
    /// What could not.
    pub unreadable: Vec<UnreadableRecord>,
}

/// Something that a source has, and that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRecord {
    /// Of what kind it is.
    pub entity: Entity,
    /// Its number there, or 0 if that is what cannot be read.
    pub id: i64,
    /// A sentence, or the rest of one, that says what is wrong with it. Holds no secret.
    pub what: String,
}

impl Batch {
    /// These records, all of them read.
    pub fn of(records: Vec<Record>) -> Self {
        Self {
            records,
            unreadable: Vec::new(),
        }
    }
}
