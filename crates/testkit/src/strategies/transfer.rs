//! Random organizations on their way from one store to another, whole: what travels, with the oddest values that a store may
//! hold.

use proptest::{
    collection::{btree_set, vec},
    option,
    prelude::{BoxedStrategy, Strategy, any},
    sample::{select, subsequence},
};
use tenantry_domain::{
    Account, AccountId, ConfigurationId, ConfigurationText, Element, ElementId, Email,
    ExternalAuthentication, InstanceId, Organization, OrganizationId, OrganizationKind,
    PasswordHash, PasswordPolicy, PasswordState, Privilege, Revision, Role, RoleId, RoleKey,
    SecretText, User, UserId,
    transfer::{
        AccountRecord, ConfigurationRecord, InstanceRecord, OrganizationRecord, PolicyRecord,
        Record, UserRecord,
    },
};
use time::{Duration, OffsetDateTime};

use super::{names, profiles, texts};
use crate::samples;

/// An organization, and its records in the order in which they move. Without `secrets`, as whoever is not to learn them gets
/// it.
pub fn whole_organizations(
    secrets: bool,
) -> impl Strategy<Value = (OrganizationRecord<Option<SecretText>>, Vec<Record>)> {
    let organization = (1i64..1 << 40).prop_map(OrganizationId::new);
    organization.prop_flat_map(move |id| (organizations(id, secrets), records(id, secrets)))
}

fn organizations(
    id: OrganizationId,
    secrets: bool,
) -> impl Strategy<Value = OrganizationRecord<Option<SecretText>>> {
    // Behind those of `records`.
    let default = accounts(AccountId::new(1_000_000), id, true);
    let facts = (
        names(),
        any::<bool>(),
        option::of(texts()),
        instants(),
        instants(),
    );
    (
        facts,
        default,
        policies(),
        roles(id),
        secret(secrets),
        1i64..9,
    )
        .prop_map(
            move |(
                (name, active, external_id, created_at, updated_at),
                account,
                policy,
                roles,
                secret,
                n,
            )| {
                OrganizationRecord {
                    organization: Organization {
                        id,
                        name,
                        active,
                        kind: OrganizationKind::Customer,
                        default_account_id: account.account.id,
                        external_id: external_id.as_deref().map(samples::text),
                        created_at,
                        updated_at,
                        revision: Revision::new(n),
                    },
                    secret,
                    policy,
                    roles,
                    default_account: account,
                }
            },
        )
}

fn policies() -> impl Strategy<Value = Option<PolicyRecord>> {
    let policy = (8u32..=128, 0u32..=10, 0u32..=9, 0u32..=100_000, texts());
    option::of((policy, instants(), instants()).prop_map(
        |(
            (min_length, few, previous_password_count, expiration_days, symbols),
            created_at,
            updated_at,
        )| {
            PolicyRecord {
                policy: PasswordPolicy {
                    min_length,
                    min_uppercase: few,
                    min_symbols: 0,
                    symbol_character_set: symbols.replace('\t', ""),
                    previous_password_count,
                    expiration_days,
                    ..PasswordPolicy::default()
                },
                created_at,
                updated_at,
            }
        },
    ))
}

fn roles(organization_id: OrganizationId) -> impl Strategy<Value = Vec<Role>> {
    let one = (names(), texts(), subsequence(Privilege::ALL.to_vec(), 0..5));
    vec(one, 4).prop_map(move |made| {
        let numbered = RoleKey::OF_AN_ORGANIZATION.iter().zip(made).zip(1i64..);
        numbered
            .map(|((key, (name, description, privileges)), id)| Role {
                id: RoleId::new(id),
                organization_id,
                key: *key,
                name: name.as_str().to_owned(),
                description,
                privileges: privileges.into_iter().collect(),
            })
            .collect()
    })
}

fn records(id: OrganizationId, secrets: bool) -> impl Strategy<Value = Vec<Record>> {
    let numbers = || btree_set(1i64..1000, 0..4);
    (numbers(), numbers(), numbers(), numbers()).prop_flat_map(
        move |(account_ids, element_ids, user_ids, instance_ids)| {
            let mut parts: Vec<BoxedStrategy<Record>> = Vec::new();
            for number in account_ids {
                let account = accounts(AccountId::new(number), id, false);
                parts.push(account.prop_map(Record::Account).boxed());
            }
            for number in element_ids {
                let element = elements(ElementId::new(number), id);
                parts.push(element.prop_map(Record::Element).boxed());
            }
            for number in user_ids {
                let user = users(UserId::new(number), id, secrets);
                parts.push(user.prop_map(|it| Record::User(Box::new(it))).boxed());
            }
            for number in instance_ids {
                let instance = instances(InstanceId::new(number), id, secrets);
                parts.push(
                    instance
                        .prop_map(|it| Record::Instance(Box::new(it)))
                        .boxed(),
                );
            }
            parts
        },
    )
}

fn accounts(
    id: AccountId,
    organization_id: OrganizationId,
    is_default: bool,
) -> impl Strategy<Value = AccountRecord> {
    let facts = (
        names(),
        option::of(texts()),
        option::of(texts()),
        any::<bool>(),
    );
    (facts, granted(), instants(), instants(), 1i64..i64::MAX).prop_map(
        move |((name, description, external_id, active), roles, created_at, updated_at, n)| {
            AccountRecord {
                account: Account {
                    id,
                    organization_id,
                    name,
                    description: description.as_deref().map(samples::text),
                    external_id: external_id.as_deref().map(samples::text),
                    active,
                    is_default,
                    created_at,
                    updated_at,
                    revision: Revision::new(n),
                },
                roles,
            }
        },
    )
}

fn elements(id: ElementId, organization_id: OrganizationId) -> impl Strategy<Value = Element> {
    (texts(), texts(), texts()).prop_map(move |(key, name, hub)| Element {
        id,
        organization_id,
        key: samples::text(&key),
        name: samples::text(&name),
        hub: samples::text(&hub),
    })
}

fn users(
    id: UserId,
    organization_id: OrganizationId,
    secrets: bool,
) -> impl Strategy<Value = UserRecord<Option<SecretText>>> {
    let facts = (
        1i64..99,
        texts(),
        names(),
        names(),
        any::<bool>(),
        profiles(),
    );
    let times = (
        option::of(instants()),
        option::of(instants()),
        instants(),
        instants(),
    );
    let kept = (
        option::of((hashes(), instants(), any::<bool>())),
        vec(hashes(), 0..4),
        secret(secrets),
    );
    (facts, times, kept, granted(), 1i64..9).prop_map(
        move |(
            (account, local, first_name, last_name, active, profile),
            (locked_until, last_login_at, created_at, updated_at),
            (password, former_passwords, secret),
            roles,
            n,
        )| {
            let local: String = local.split_whitespace().collect();
            let email = format!("{local}{id}@Example.test");
            let password = password.filter(|_| secrets);
            UserRecord {
                user: User {
                    id,
                    organization_id,
                    account_id: AccountId::new(account),
                    email: Email::parse(&email).unwrap_or_else(|error| panic!("{email}: {error}")),
                    first_name,
                    last_name,
                    active,
                    profile,
                    password: match &password {
                        None => PasswordState::Absent,
                        Some((_, changed_at, must_change)) => PasswordState::Set {
                            changed_at: *changed_at,
                            must_change: *must_change,
                        },
                    },
                    locked_until,
                    last_login_at,
                    created_at,
                    updated_at,
                    revision: Revision::new(n),
                },
                password: password.map(|(hash, _, _)| hash),
                former_passwords: if secrets {
                    former_passwords
                } else {
                    Vec::new()
                },
                secret,
                roles: Some(roles),
            }
        },
    )
}

fn instances(
    id: InstanceId,
    organization_id: OrganizationId,
    secrets: bool,
) -> impl Strategy<Value = InstanceRecord> {
    let owner = (
        1i64..99,
        1i64..99,
        elements(ElementId::new(7), organization_id),
    );
    let facts = (
        names(),
        vec(texts(), 0..3),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    let key = (
        select(&["username", "api.key", "password", "site"][..]),
        texts(),
    );
    let value = "[a-z\\n\"\\\\\u{7}ß😀]{0,20}";
    let configuration = vec((option::of(1i64..999), key, value), 0..4);
    (
        owner,
        facts,
        configuration,
        secret(secrets),
        (instants(), instants()),
        1i64..9,
    )
        .prop_map(
            move |(
                (account, user, element),
                (name, tags, initial, valid, disabled),
                configuration,
                token,
                (created_at, updated_at),
                n,
            )| InstanceRecord {
                id,
                account_id: AccountId::new(account),
                user_id: UserId::new(user),
                name,
                element,
                tags: tags.iter().map(|tag| samples::text(tag)).collect(),
                configuration: configuration
                    .into_iter()
                    .map(|(id, (kind, more), value)| {
                        entry(id, &format!("{kind}{more}"), &value, secrets)
                    })
                    .collect(),
                external_authentication: if initial {
                    ExternalAuthentication::Initial
                } else {
                    ExternalAuthentication::None
                },
                valid,
                disabled,
                token,
                created_at,
                updated_at,
                revision: Revision::new(n),
            },
        )
}

fn entry(id: Option<i64>, key: &str, value: &str, secrets: bool) -> ConfigurationRecord {
    let key = samples::text(key);
    let is_shown = secrets || !tenantry_domain::names_a_credential(&key);
    ConfigurationRecord {
        id: id.map(ConfigurationId::new),
        key,
        value: is_shown.then(|| {
            ConfigurationText::parse(value).unwrap_or_else(|error| panic!("{value:?}: {error}"))
        }),
    }
}

/// Between the years 1 and 9999, to the microsecond.
fn instants() -> impl Strategy<Value = OffsetDateTime> {
    (-62_135_596_800_000_000_i64..253_402_300_800_000_000)
        .prop_map(|microseconds| OffsetDateTime::UNIX_EPOCH + Duration::microseconds(microseconds))
}

fn granted() -> impl Strategy<Value = Vec<RoleKey>> {
    subsequence(RoleKey::OF_AN_ORGANIZATION.to_vec(), 0..4)
}

fn hashes() -> impl Strategy<Value = PasswordHash> {
    texts().prop_map(|text| PasswordHash::new(format!("plain${text}")))
}

fn secret(secrets: bool) -> impl Strategy<Value = Option<SecretText>> {
    option::of("[A-Za-z0-9+/_=-]{1,44}")
        .prop_map(move |text| text.filter(|_| secrets).map(SecretText::new))
}
