//! Password policies: set, changed, and returned to the default.

use tenantry_domain::{
    AuditAction, AuditRecord, Entity, Organization, OrganizationId, PasswordPolicy, Revision,
    Snapshot, ports::PolicyInForce,
};

use super::given::{Refusal, at, refusal};
use crate::{
    Fresh,
    samples::{caller, change, change_at, login_token, system_organization_draft, token_caller},
};

pub async fn the_default_is_in_force_until_a_policy_is_set(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    assert_eq!(in_force(&fresh, shire.id).await, default_since(0, 1));
    let organizations = &fresh.repositories.organizations;
    let draft = system_organization_draft();
    let system = organizations.create(&draft, &change_at(5)).await.unwrap();
    let found = in_force(&fresh, system.organization.id).await;
    assert_eq!(found, default_since(5, 1));
}

pub async fn a_policy_that_is_set_is_in_force(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let gondor = fresh.organization("Gondor").await.organization;
    let expected = PolicyInForce {
        policy: strict(),
        is_set: true,
        created_at: at(5),
        updated_at: at(5),
        revision: Revision::new(2),
    };
    let set = set(&fresh, shire.id, Some(&strict()), 5).await;
    assert_eq!(set, expected);
    assert_eq!(in_force(&fresh, shire.id).await, expected);
    assert_eq!(in_force(&fresh, gondor.id).await, default_since(0, 1));
}

pub async fn the_extremes_of_a_policy_are_kept(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    for (seconds, number, symbols) in [(1, 0, ""), (2, u32::MAX, "'\"\\%_ äß😀"), (3, 1, " ")] {
        let policy = PasswordPolicy {
            min_length: number,
            min_uppercase: number,
            min_lowercase: number,
            min_numbers: number,
            min_symbols: number,
            symbol_character_set: symbols.to_owned(),
            previous_password_count: number,
            expiration_days: number,
        };
        set(&fresh, shire.id, Some(&policy), seconds).await;
        assert_eq!(in_force(&fresh, shire.id).await.policy, policy);
    }
}

pub async fn a_policy_that_is_changed_keeps_when_it_was_first_set(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    set(&fresh, shire.id, Some(&strict()), 5).await;
    let laxer = PasswordPolicy {
        min_length: 4,
        ..strict()
    };
    let expected = PolicyInForce {
        policy: laxer.clone(),
        is_set: true,
        created_at: at(5),
        updated_at: at(9),
        revision: Revision::new(3),
    };
    assert_eq!(set(&fresh, shire.id, Some(&laxer), 9).await, expected);
    assert_eq!(in_force(&fresh, shire.id).await, expected);
}

pub async fn an_organization_can_return_to_the_default_and_set_a_policy_again(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    set(&fresh, shire.id, Some(&strict()), 5).await;
    set(&fresh, shire.id, Some(&strict()), 6).await;
    assert_eq!(set(&fresh, shire.id, None, 7).await, default_since(7, 4));
    assert_eq!(in_force(&fresh, shire.id).await, default_since(7, 4));
    let expected = PolicyInForce {
        policy: strict(),
        is_set: true,
        created_at: at(8),
        updated_at: at(8),
        revision: Revision::new(5),
    };
    assert_eq!(set(&fresh, shire.id, Some(&strict()), 8).await, expected);
    assert_eq!(in_force(&fresh, shire.id).await, expected);
}

pub async fn returning_to_the_default_works_without_a_policy_too(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let before = fresh.log(shire.id).await;
    assert_eq!(set(&fresh, shire.id, None, 7).await, default_since(7, 2));
    assert_eq!(in_force(&fresh, shire.id).await, default_since(7, 2));
    assert_eq!(fresh.log(shire.id).await, before);
}

pub async fn a_policy_counts_as_a_write_of_the_organization(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    for (seconds, policy) in (1..).zip([Some(strict()), Some(strict()), None, None]) {
        set(&fresh, shire.id, policy.as_ref(), seconds).await;
        let expected = Organization {
            revision: Revision::new(i64::from(seconds) + 1),
            updated_at: at(seconds),
            ..shire.clone()
        };
        let organizations = &fresh.repositories.organizations;
        let found = organizations.find(shire.id).await.unwrap();
        assert_eq!(found, Some(expected));
    }
}

pub async fn setting_a_policy_of_another_revision_is_stale(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let policies = &fresh.repositories.policies;
    let policy = strict();
    for policy in [Some(&policy), None] {
        for wrong in [0, 2, i64::MAX] {
            let expected = Some(Revision::new(wrong));
            let outcome = policies
                .set(shire.id, policy, expected, &change_at(1))
                .await;
            let stale = Refusal::Stale(Entity::Organization);
            assert_eq!(refusal(outcome), stale, "{wrong}");
        }
    }
    assert_eq!(in_force(&fresh, shire.id).await, default_since(0, 1));
    let right = Some(Revision::FIRST);
    let outcome = policies
        .set(shire.id, Some(&policy), right, &change_at(1))
        .await;
    assert!(outcome.unwrap().unwrap().is_set);
    let outcome = policies.set(shire.id, None, right, &change_at(2)).await;
    assert_eq!(refusal(outcome), Refusal::Stale(Entity::Organization));
    assert!(in_force(&fresh, shire.id).await.is_set);
}

pub async fn a_policy_records_the_fields_that_differ(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let first = PasswordPolicy {
        min_length: 12,
        expiration_days: 90,
        ..PasswordPolicy::default()
    };
    let second = PasswordPolicy {
        expiration_days: 30,
        ..first.clone()
    };
    let default = PasswordPolicy::default();
    for (seconds, policy) in (1..).zip([
        Some(&default),
        Some(&first),
        Some(&first),
        Some(&second),
        None,
        Some(&default),
    ]) {
        set(&fresh, shire.id, policy, seconds).await;
    }
    let log = fresh.log(shire.id).await;
    let found: Vec<_> = log[3..]
        .iter()
        .map(|record| {
            let expected = AuditRecord {
                id: record.id,
                organization_id: shire.id,
                account_id: None,
                change: record.change,
                action: AuditAction::Updated,
                target: Entity::Organization,
                target_id: shire.id.get(),
                old: record.old.clone(),
                new: record.new.clone(),
            };
            assert_eq!(*record, expected);
            (record.change, record.old.clone(), record.new.clone())
        })
        .collect();
    let length = |snapshot: Snapshot, value| snapshot.field("passwordPolicy.minLength", value);
    let days = |value| Snapshot::new().field("passwordPolicy.expirationDays", value);
    assert_eq!(
        found,
        [
            (change_at(2), length(days(0), 8), length(days(90), 12)),
            (change_at(4), days(90), days(30)),
            (change_at(5), length(days(30), 12), length(days(0), 8)),
        ]
    );
}

pub async fn an_unknown_organization_has_no_policy(fresh: Fresh) {
    fresh.organization("Shire").await;
    let policies = &fresh.repositories.policies;
    for id in [i64::MIN, 0, 1, 4711, i64::MAX] {
        let id = OrganizationId::new(id);
        assert_eq!(policies.find(id).await.unwrap(), None);
        for policy in [Some(&strict()), None] {
            let revision = Some(Revision::FIRST);
            let outcome = policies.set(id, policy, revision, &change()).await;
            assert_eq!(outcome.unwrap(), None);
        }
        assert_eq!(policies.find(id).await.unwrap(), None);
    }
}

pub async fn for_how_long_passwords_are_good_counts_from_the_next_call_on(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let gondor = fresh.organization("Gondor").await;
    fresh
        .log_user_in(&shire.admin, &login_token("tl_1", 100), 0)
        .await;
    let id = shire.organization.id;
    for (seconds, days) in (1..).zip([Some(90), Some(1), None, Some(7)]) {
        let policy = days.map(|expiration_days| PasswordPolicy {
            expiration_days,
            ..strict()
        });
        set(&fresh, id, policy.as_ref(), seconds).await;
        for caller in [caller("admin@shire.example", "Shire"), token_caller("tl_1")] {
            let found = fresh.authenticate(&caller, seconds).await.unwrap();
            let expected = days.unwrap_or(0);
            assert_eq!(found.identity.password_expiration_days, expected);
        }
        let theirs = caller("admin@gondor.example", "Gondor");
        let found = fresh.authenticate(&theirs, seconds).await.unwrap();
        assert_eq!(found.identity.organization_id, gondor.organization.id);
        assert_eq!(found.identity.password_expiration_days, 0);
    }
}

/// Differs from the default in every field.
fn strict() -> PasswordPolicy {
    PasswordPolicy {
        min_length: 16,
        min_uppercase: 2,
        min_lowercase: 3,
        min_numbers: 4,
        min_symbols: 5,
        symbol_character_set: "!?".to_owned(),
        previous_password_count: 6,
        expiration_days: 90,
    }
}

fn default_since(seconds: u32, revision: i64) -> PolicyInForce {
    PolicyInForce {
        policy: PasswordPolicy::default(),
        is_set: false,
        created_at: at(seconds),
        updated_at: at(seconds),
        revision: Revision::new(revision),
    }
}

async fn in_force(fresh: &Fresh, id: OrganizationId) -> PolicyInForce {
    let policies = &fresh.repositories.policies;
    policies.find(id).await.unwrap().unwrap()
}

async fn set(
    fresh: &Fresh,
    id: OrganizationId,
    policy: Option<&PasswordPolicy>,
    seconds: u32,
) -> PolicyInForce {
    let policies = &fresh.repositories.policies;
    let set = policies.set(id, policy, None, &change_at(seconds)).await;
    set.unwrap().unwrap()
}
