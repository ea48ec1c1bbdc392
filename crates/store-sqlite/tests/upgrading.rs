//! A store that an earlier release made is upgraded in place, with everything that is in it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use rusqlite::Connection;
use tenantry_domain::{
    AuditId, ChainHead, ChainLink, ChainSignature, ElementField, ExternalAuthentication,
    InstanceField, InstanceId, InstancePatch, KeyId, OrganizationId, PasswordPolicy, PasswordState,
    Scope, Sealed, SealedSecret, SecretDigest, UserField, UserId,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::{Caller, Repositories},
};
use tenantry_store_sqlite::{Schema, SqliteConfig, SqliteStore};
use tenantry_testkit::samples::{change, text};
use time::OffsetDateTime;
use uuid::Uuid;

const SHIRE: OrganizationId = OrganizationId::new(2);
const FRODO: UserId = UserId::new(2);
const USER_SECRET: SecretDigest = SecretDigest::new([1; 32]);
const ORGANIZATION_SECRET: SecretDigest = SecretDigest::new([2; 32]);
const INSTANCE_TOKEN: SecretDigest = SecretDigest::new([3; 32]);

/// A file as the first release left it behind: the first migration and some rows.
fn of_the_first_release(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(include_str!("../migrations/0001_initial.sql"))
        .unwrap();
    connection
        .execute_batch(
            "PRAGMA application_id = 0x54656e61;
             PRAGMA user_version = 1;
             INSERT INTO organizations VALUES (2, 'Shire', 'customer', 1, 2, NULL, 5, 5, 1);
             INSERT INTO accounts VALUES (2, 2, 'Shire', 'shire', NULL, NULL, NULL, NULL, 1, 1, 5, 5, 1);
             INSERT INTO users (id, organization_id, account_id, email, email_folded, first_name, first_name_folded,
               last_name, last_name_folded, full_name, full_name_folded, active, password_hash, password_changed_at,
               password_must_change, created_at, updated_at, revision)
             VALUES (2, 2, 2, 'frodo@shire.example', 'frodo@shire.example', 'Frodo', 'frodo', 'Baggins', 'baggins',
               'Frodo Baggins', 'frodo baggins', 1, '$old$', 6, 0, 5, 5, 1);
             INSERT INTO roles VALUES
               (1, 2, 'org', 'Org', '', '[]'), (2, 2, 'org-admin', 'Org Admin', '', '[]');
             INSERT INTO user_roles VALUES (2, 2, 2);
             INSERT INTO user_secrets VALUES
               (x'0101010101010101010101010101010101010101010101010101010101010101', 2, 2, x'aa',
               '00000000-0000-0000-0000-000000000007', 5);
             INSERT INTO organization_secrets VALUES
               (x'0202020202020202020202020202020202020202020202020202020202020202', 2, x'bb',
               '00000000-0000-0000-0000-000000000007', 5);
             INSERT INTO elements VALUES (4, 2, 'HubSpotCRM');
             INSERT INTO instances VALUES (9, 2, 2, 2, 'Sales', 'sales', 4, 1, 0, 7, 7, 1);
             INSERT INTO instance_tags VALUES (2, 9, 0, 'Red', 'red');
             INSERT INTO instance_secrets VALUES
               (x'0303030303030303030303030303030303030303030303030303030303030303', 2, 9, x'cc',
               '00000000-0000-0000-0000-000000000007', 7);
             INSERT INTO audit_records VALUES
               (1, 2, 2, 5, 'operator', NULL, '000000000000000000000001', 'created', 'user', 2, '{}', '{}');",
        )
        .unwrap();
}

async fn upgraded(directory: &Path) -> Repositories {
    let path = directory.join("tenantry.db");
    of_the_first_release(&path);
    let store = SqliteStore::open(SqliteConfig::at(path)).await.unwrap();
    let (applied, known) = (1, 5);
    assert_eq!(store.schema().await.unwrap(), Schema { applied, known });
    assert_eq!(store.migrate().await.unwrap(), 4);
    store.ping().await.unwrap();
    store.repositories()
}

fn micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap()
}

#[tokio::test]
async fn what_was_there_is_there_and_complete() {
    let directory = tempfile::tempdir().unwrap();
    let store = upgraded(directory.path()).await;
    let scope = Scope::organization(SHIRE);

    let caller = Caller::Secrets {
        user: USER_SECRET,
        organization: ORGANIZATION_SECRET,
        instance: Some(INSTANCE_TOKEN),
    };
    let authenticated = store
        .credentials
        .authenticate(&caller, change().at)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(authenticated.identity.user_id, FRODO);
    assert_eq!(authenticated.identity.password_expiration_days, 0);
    assert_eq!(
        authenticated.password,
        PasswordState::Set {
            changed_at: micros(6),
            must_change: false
        }
    );
    assert_eq!(authenticated.instance.unwrap().id, InstanceId::new(9));

    let instance = store
        .instances
        .find(&scope, InstanceId::new(9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(instance.element.key, text("HubSpotCRM"));
    assert_eq!(instance.element.name, text("HubSpotCRM"));
    assert_eq!(instance.element.hub, text("general"));
    assert_eq!(instance.tags, [text("Red")]);
    assert_eq!(instance.configuration, []);
    assert_eq!(
        instance.external_authentication,
        ExternalAuthentication::None
    );
    assert_eq!(instance.token.digest, INSTANCE_TOKEN);
    assert_eq!(instance.user.email.as_str(), "frodo@shire.example");

    let page = PageRequest::first(9);
    for condition in [
        "key LIKE 'hubspot%'",
        "name LIKE '%CRM'",
        "hub LIKE 'GENERAL'",
    ] {
        let filter = Filter::<ElementField>::parse(condition).unwrap();
        let found = store
            .elements
            .list(&scope, &filter, &Sort::by_id(), &page)
            .await
            .unwrap();
        assert_eq!(
            found.items,
            std::slice::from_ref(&instance.element),
            "{condition}"
        );
    }
    for condition in [
        "email LIKE '%o@sh%'",
        "lastName LIKE '%ggi%'",
        "fullName LIKE 'frodo b%'",
    ] {
        let filter = Filter::<UserField>::parse(condition).unwrap();
        let found = store
            .users
            .list(&scope, &filter, &Sort::by_id(), &page)
            .await
            .unwrap();
        let found: Vec<_> = found.items.iter().map(|user| user.id).collect();
        assert_eq!(found, [FRODO], "{condition}");
    }
    let filter = Filter::<InstanceField>::parse("elementKey LIKE 'HUBSPOT%'").unwrap();
    let found = store
        .instances
        .list(&scope, &filter, &Sort::by_id(), &page)
        .await
        .unwrap();
    assert_eq!(found.items, [instance]);

    let policy = store.policies.find(SHIRE).await.unwrap().unwrap();
    assert_eq!(policy.policy, PasswordPolicy::default());
    assert_eq!(
        (policy.is_set, policy.created_at, policy.updated_at),
        (false, micros(5), micros(5))
    );
}

#[tokio::test]
async fn what_was_there_can_be_changed() {
    let directory = tempfile::tempdir().unwrap();
    let store = upgraded(directory.path()).await;
    let scope = Scope::organization(SHIRE);

    let secret = SealedSecret {
        digest: SecretDigest::new([4; 32]),
        sealed: Sealed {
            key_id: KeyId(Uuid::from_u128(8)),
            bytes: vec![0xdd],
        },
    };
    let until = Some(change().at + time::Duration::HOUR);
    let replaced = store
        .credentials
        .replace_user_secret(&scope, FRODO, &secret, until, &change())
        .await
        .unwrap();
    assert!(replaced);
    for user in [USER_SECRET, secret.digest] {
        let caller = Caller::Instance {
            user,
            instance: INSTANCE_TOKEN,
        };
        let authenticated = store.credentials.authenticate(&caller, change().at).await;
        assert_eq!(authenticated.unwrap().unwrap().identity.user_id, FRODO);
    }
    // The secrets of before and after, the organization's and the instance's.
    assert_eq!(store.keyring.count_sealed(100).await.unwrap(), 4);

    let patch = InstancePatch {
        disabled: Some(true),
        ..InstancePatch::default()
    };
    let id = InstanceId::new(9);
    let instance = store
        .instances
        .update(&scope, id, &patch, None, &change())
        .await
        .unwrap()
        .unwrap();
    assert!(instance.disabled);

    // Old records wait for their links as new ones do.
    assert_eq!(
        store.audit_chain.unlinked_organizations(9).await.unwrap(),
        [SHIRE]
    );
    let waiting = store.audit_chain.unlinked(SHIRE, 9).await.unwrap();
    let ids: Vec<_> = waiting.iter().map(|record| record.id.get()).collect();
    assert_eq!(ids, [1, 2, 3]);
    let link = ChainLink {
        position: 1,
        hash: [7; 32],
    };
    let head = ChainHead {
        start: ChainLink::ORIGIN,
        end: link,
        signature: ChainSignature {
            key_id: KeyId(Uuid::from_u128(8)),
            code: [8; 32],
        },
    };
    let links = [(AuditId::new(1), link)];
    let linked = store.audit_chain.link(SHIRE, None, &links, &head).await;
    assert!(linked.unwrap());
    let linked = store.audit_chain.linked(SHIRE, 0, 9).await.unwrap();
    assert_eq!(linked, [(waiting[0].clone(), link)]);
}
