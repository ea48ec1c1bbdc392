//! Tokens of instances that callers present beside what tells who they are.

use tenantry_domain::{
    CalledInstance, InstancePatch, SecretDigest, User, UserPatch,
    ports::{Caller, CreatedOrganization},
};

use super::given::around;
use crate::{
    Fresh,
    samples::{change_at, login_token, secret},
};

pub async fn the_token_of_an_instance_is_told_to_whoever_may_call(fresh: Fresh) {
    let (shire, frodo) = shire_with_frodo(&fresh).await;
    let instance = fresh.instance(&frodo, "jira", "Tickets").await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    fresh
        .log_user_in(&shire.admin, &login_token("tl_admin", 100), 1)
        .await;
    let called = CalledInstance {
        id: instance.id,
        account_id: frodo.account_id,
        user_id: frodo.id,
        disabled: false,
    };
    let digest = instance.token.digest;
    // Whether a user may use somebody else's is not for the store to say.
    for (user, address, token) in [
        (&frodo, "frodo@shire.example", "tl_1"),
        (&shire.admin, "admin@shire.example", "tl_admin"),
    ] {
        for caller in presenting(address, token, digest) {
            let found = fresh.authenticate(&caller, 2).await.unwrap();
            assert_eq!(found.identity.user_id, user.id, "{caller:?}");
            assert_eq!(found.instance, Some(called), "{caller:?}");
        }
    }
}

pub async fn an_unknown_or_foreign_instance_authenticates_nobody(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let theirs = fresh.instance(&gondor.admin, "jira", "Tickets").await;
    let gone = fresh.instance(&frodo, "jira", "Gone").await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let instances = &fresh.repositories.instances;
    let erased = instances
        .delete(&around(&frodo), gone.id, None, &change_at(2))
        .await;
    assert!(erased.unwrap());
    for digest in [
        theirs.token.digest,
        gone.token.digest,
        secret("ti_nothing").digest,
        secret("tu_frodo@shire.example").digest,
        secret("to_Shire").digest,
        secret("tl_1").digest,
    ] {
        for caller in presenting("frodo@shire.example", "tl_1", digest) {
            assert!(!fresh.knows(&caller, 3).await, "{caller:?}");
        }
    }
}

pub async fn a_disabled_instance_is_told_to_be_so(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    let instance = fresh.instance(&frodo, "jira", "Tickets").await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let instances = &fresh.repositories.instances;
    for (seconds, disabled) in (2..).zip([true, false]) {
        let patch = InstancePatch {
            disabled: Some(disabled),
            ..InstancePatch::default()
        };
        let change = change_at(seconds);
        let updated = instances
            .update(&around(&frodo), instance.id, &patch, None, &change)
            .await;
        assert!(updated.unwrap().is_some());
        for caller in presenting("frodo@shire.example", "tl_1", instance.token.digest) {
            let found = fresh.authenticate(&caller, seconds).await.unwrap();
            assert_eq!(found.instance.unwrap().disabled, disabled, "{caller:?}");
        }
    }
}

/// An instance opens no door that its caller's own credentials leave closed.
pub async fn an_instance_does_not_make_up_for_what_else_is_wrong(fresh: Fresh) {
    let (shire, frodo) = shire_with_frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let instance = fresh.instance(&frodo, "jira", "Tickets").await;
    let digest = instance.token.digest;
    fresh
        .log_user_in(&gondor.admin, &login_token("tl_gondor", 100), 1)
        .await;
    fresh.log_user_in(&frodo, &login_token("tl_1", 2), 1).await;
    for caller in presenting("admin@gondor.example", "tl_gondor", digest) {
        assert!(!fresh.knows(&caller, 1).await, "{caller:?}");
    }
    for caller in presenting("nobody@shire.example", "tl_1", digest) {
        assert!(!fresh.knows(&caller, 2).await, "{caller:?}");
    }
    // The owner is inactive; the instance is not.
    let patch = UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    fresh.update(&frodo, &patch, 3).await;
    for caller in presenting("frodo@shire.example", "tl_1", digest) {
        assert!(!fresh.knows(&caller, 3).await, "{caller:?}");
    }
    let through = Caller::Instance {
        user: secret("tu_admin@shire.example").digest,
        instance: digest,
    };
    let found = fresh.authenticate(&through, 3).await.unwrap();
    assert_eq!(found.identity.user_id, shire.admin.id);
}

/// Every way in which a user of the Shire presents an instance.
fn presenting(address: &str, token: &str, instance: SecretDigest) -> [Caller; 3] {
    let user = secret(&format!("tu_{address}")).digest;
    [
        Caller::Secrets {
            user,
            organization: secret("to_Shire").digest,
            instance: Some(instance),
        },
        Caller::Instance { user, instance },
        Caller::Token {
            token: secret(token).digest,
            instance: Some(instance),
        },
    ]
}

/// The Shire, and Frodo.
async fn shire_with_frodo(fresh: &Fresh) -> (CreatedOrganization, User) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    (shire, frodo)
}
