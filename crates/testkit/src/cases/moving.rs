//! An organization that moves in: Rivendell, and what is of it where it comes from.

use tenantry_domain::{
    Account, AccountId, ConfigurationId, ConfigurationText, ConfigurationValue, Element, ElementId,
    ExternalAuthentication, InstanceId, Organization, OrganizationId, OrganizationKind,
    PasswordPolicy, PasswordState, PrivilegeSet, Revision, Role, RoleId, RoleKey, SealedSecret,
    User, UserId,
    transfer::{
        AccountRecord, Finding, Ids, OrganizationRecord, PolicyRecord, SealedConfiguration,
        SealedInstance, SealedRecord, SourceName, Transfer, UserRecord,
    },
};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::{
    Fresh,
    samples::{change_at, email, full_profile, name, password_hash, secret, text},
};

/// The numbers of Rivendell, where it comes from.
pub(super) const RIVENDELL: OrganizationId = OrganizationId::new(4700);
pub(super) const DEFAULT: AccountId = AccountId::new(8001);
pub(super) const IMLADRIS: AccountId = AccountId::new(8002);
pub(super) const ELROND: UserId = UserId::new(700_001);
pub(super) const ARWEN: UserId = UserId::new(700_002);

/// So many microseconds after it was created there.
pub(super) fn there(micros: i64) -> OffsetDateTime {
    datetime!(2019-03-04 05:06:07.000_001 UTC) + Duration::microseconds(micros)
}

pub(super) fn source() -> SourceName {
    SourceName::new("https://api.example/elements/api-v2 organization 4700")
}

/// Rivendell itself. `admin` has another name there, and allows nothing.
pub(super) fn rivendell() -> OrganizationRecord<SealedSecret> {
    let roles = RoleKey::OF_AN_ORGANIZATION.iter().zip(9001..);
    let mut roles: Vec<_> = roles
        .map(|(key, number)| Role {
            id: RoleId::new(number),
            organization_id: RIVENDELL,
            key: *key,
            name: key.name().to_owned(),
            description: key.description().to_owned(),
            privileges: key.default_privileges(),
        })
        .collect();
    "Steward".clone_into(&mut roles[1].name);
    roles[1].privileges = PrivilegeSet::EMPTY;
    OrganizationRecord {
        organization: Organization {
            id: RIVENDELL,
            name: name("Rivendell"),
            active: true,
            kind: OrganizationKind::Customer,
            default_account_id: DEFAULT,
            external_id: Some(text("RV")),
            created_at: there(0),
            updated_at: there(5),
            revision: Revision::new(17),
        },
        secret: secret("to_Rivendell"),
        policy: Some(PolicyRecord {
            policy: PasswordPolicy {
                min_length: 11,
                expiration_days: 90,
                ..PasswordPolicy::default()
            },
            created_at: there(7),
            updated_at: there(8),
        }),
        roles,
        default_account: AccountRecord {
            account: Account {
                is_default: true,
                name: name("The last homely house"),
                ..account(DEFAULT, "").account
            },
            roles: vec![RoleKey::Admin],
        },
    }
}

/// An account with everything optional.
pub(super) fn account(id: AccountId, external_id: &str) -> AccountRecord {
    AccountRecord {
        account: Account {
            id,
            organization_id: RIVENDELL,
            name: name("Imladris"),
            description: Some(text("East of the Misty Mountains")),
            external_id: Some(text(external_id)).filter(|id| !id.as_str().is_empty()),
            active: true,
            is_default: false,
            created_at: there(10),
            updated_at: there(11),
            revision: Revision::new(3),
        },
        roles: vec![RoleKey::Admin, RoleKey::DefaultUser],
    }
}

/// Imladris, the account beside the default one.
pub(super) fn imladris() -> AccountRecord {
    account(IMLADRIS, "IML")
}

/// A user with everything optional: the secret is `tu_<address>`, the password `s3cret`.
pub(super) fn user(id: UserId, account: AccountId, address: &str) -> UserRecord<SealedSecret> {
    UserRecord {
        user: User {
            id,
            organization_id: RIVENDELL,
            account_id: account,
            email: email(address),
            first_name: name("Elrond"),
            last_name: name("Peredhel"),
            active: true,
            profile: full_profile(),
            password: PasswordState::Set {
                changed_at: there(20),
                must_change: true,
            },
            locked_until: Some(there(21)),
            last_login_at: Some(there(22)),
            created_at: there(23),
            updated_at: there(24),
            revision: Revision::new(29),
        },
        password: Some(password_hash("s3cret")),
        former_passwords: vec![password_hash("older"), password_hash("oldest")],
        secret: secret(&format!("tu_{address}")),
        roles: Some(vec![RoleKey::OrgAdmin, RoleKey::Admin]),
    }
}

/// Elrond, of the default account.
pub(super) fn elrond() -> UserRecord<SealedSecret> {
    user(ELROND, DEFAULT, "Elrond@Rivendell.example")
}

/// Arwen, of Imladris, without anything optional.
pub(super) fn arwen() -> UserRecord<SealedSecret> {
    let whole = user(ARWEN, IMLADRIS, "arwen@rivendell.example");
    UserRecord {
        user: User {
            profile: tenantry_domain::Profile::default(),
            password: PasswordState::Absent,
            locked_until: None,
            last_login_at: None,
            ..whole.user
        },
        password: None,
        former_passwords: Vec::new(),
        roles: Some(Vec::new()),
        ..whole
    }
}

pub(super) fn element(number: i64, key: &str) -> Element {
    Element {
        id: ElementId::new(number),
        organization_id: RIVENDELL,
        key: text(key),
        name: text("Palantír"),
        hub: text("seeing"),
    }
}

/// An instance of Elrond's with everything optional: the token is `ti_<number>`.
pub(super) fn instance(number: i64) -> SealedInstance {
    SealedInstance {
        id: InstanceId::new(number),
        account_id: DEFAULT,
        user_id: ELROND,
        name: name("Tickets"),
        element: element(42, "palantir"),
        tags: vec![text("Red"), text("blue"), text("Red tape")],
        configuration: vec![
            entry(number * 10, "site.address", "stone.example"),
            SealedConfiguration {
                id: Some(ConfigurationId::new(number * 10 + 1)),
                key: text("password"),
                value: ConfigurationValue::Sealed(secret("mellon").sealed),
            },
        ],
        external_authentication: ExternalAuthentication::Initial,
        valid: false,
        disabled: true,
        token: secret(&format!("ti_{number}")),
        created_at: there(30),
        updated_at: there(31),
        revision: Revision::new(6),
    }
}

pub(super) fn entry(number: i64, key: &str, value: &str) -> SealedConfiguration {
    let Ok(value) = ConfigurationText::parse(value) else {
        panic!("{value} is no value");
    };
    SealedConfiguration {
        id: Some(ConfigurationId::new(number)),
        key: text(key),
        value: ConfigurationValue::Clear(value),
    }
}

/// Everything of Rivendell, in the order in which it moves.
pub(super) fn everything() -> Vec<SealedRecord> {
    vec![
        imladris().into_record(),
        SealedRecord::Element(element(41, "jira")),
        elrond().into_record(),
        arwen().into_record(),
        instance(600_001).into_record(),
    ]
}

/// What stands among the records of a batch.
pub(super) trait IntoRecord {
    fn into_record(self) -> SealedRecord;
}

impl IntoRecord for AccountRecord {
    fn into_record(self) -> SealedRecord {
        SealedRecord::Account(self)
    }
}

impl IntoRecord for Element {
    fn into_record(self) -> SealedRecord {
        SealedRecord::Element(self)
    }
}

impl IntoRecord for UserRecord<SealedSecret> {
    fn into_record(self) -> SealedRecord {
        SealedRecord::User(Box::new(self))
    }
}

impl IntoRecord for SealedInstance {
    fn into_record(self) -> SealedRecord {
        SealedRecord::Instance(Box::new(self))
    }
}

/// The number of what was created.
pub(super) fn created(finding: &Finding) -> i64 {
    match finding {
        Finding::Created(id) => *id,
        other => panic!("not created: {other:?}"),
    }
}

impl Fresh {
    /// Begins to move Rivendell in, a minute after [`START`](crate::samples::START).
    pub(super) async fn begin(&self, ids: Ids) -> Transfer {
        let transfers = &self.repositories.transfers;
        let begun = transfers
            .begin(&source(), ids, &rivendell(), &change_at(60))
            .await;
        begun.unwrap()
    }

    /// What becomes of these records, two minutes after [`START`](crate::samples::START).
    pub(super) async fn write(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
    ) -> Vec<Finding> {
        let transfers = &self.repositories.transfers;
        transfers
            .write(transfer, records, &change_at(120))
            .await
            .unwrap()
    }

    /// The same of one.
    pub(super) async fn write_one(&self, transfer: &Transfer, record: impl IntoRecord) -> Finding {
        let records = [record.into_record()];
        self.write(transfer, &records).await.remove(0)
    }

    /// Rivendell with everything that is of it, under the numbers from there.
    pub(super) async fn move_everything_in(&self) -> Transfer {
        let transfer = self.begin(Ids::Kept).await;
        let findings = self.write(&transfer, &everything()).await;
        for (finding, record) in findings.iter().zip(everything()) {
            assert_eq!(*finding, Finding::Created(record.id()));
        }
        transfer
    }
}
