//! What errors of PostgreSQL say, and what they never show.

use std::{net::TcpListener, time::Duration};

use std::error::Error as _;

use sqlx::Executor as _;
use tenantry_domain::{Entity, UserDraft, UserPatch, ports::RepositoryError};
use tenantry_store_postgres::{PostgresConfig, PostgresStore};
use tenantry_testkit::{run, samples};

use super::{Schema, raw, scope, shire, shown, user};

#[test]
fn errors_name_the_place_and_never_the_password() {
    run(async {
        // Accepts connections and says nothing; and, once dropped, nobody listens there.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let config = PostgresConfig {
            operation_timeout: Duration::from_millis(300),
            ..PostgresConfig::new(format!(
                "postgres://tenantry:pa55word@127.0.0.1:{port}/directory"
            ))
        };
        let hanging = PostgresStore::connect(config.clone()).await.unwrap_err();
        drop(silent);
        let refused = PostgresStore::connect(config.clone()).await.unwrap_err();
        for error in [&hanging, &refused] {
            assert_eq!(
                error.to_string(),
                format!("cannot connect to PostgreSQL at 127.0.0.1:{port}, database directory")
            );
            assert!(!shown(error).contains("pa55word"));
        }
        assert_eq!(hanging.source().unwrap().to_string(), "it does not answer");
        assert!(!format!("{config:?}").contains("pa55word"));
    });
}

#[test]
fn errors_do_not_quote_values() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        other
            .execute("ALTER TABLE users ADD CONSTRAINT unknown_key UNIQUE (first_name)")
            .await
            .unwrap();
        let draft = UserDraft {
            first_name: shire.admin.first_name.clone(),
            ..samples::user_draft(shire.account.id, "x@y.z")
        };
        let error = repositories
            .users
            .create(shire.organization.id, &draft, &samples::change())
            .await
            .unwrap_err();
        assert!(
            matches!(error, RepositoryError::Backend { .. }),
            "{error:?}"
        );
        let shown = shown(&error);
        assert!(shown.contains("unknown_key"), "{shown}");
        assert!(!shown.contains("Ada"), "{shown}");
    });
}

/// PostgreSQL would write the e-mail into its own log.
#[test]
fn an_email_in_use_is_noticed_without_an_error_of_the_server() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let sam = user(&repositories, &shire, "sam@shire.example").await;
        // What a violated constraint of this name means, the store does not know.
        let mut other = raw(&schema).await;
        other
            .execute("ALTER TABLE users RENAME CONSTRAINT users_email_key TO unknown_key")
            .await
            .unwrap();
        let (users, change) = (&repositories.users, samples::change());
        let draft = samples::user_draft(shire.account.id, "SAM@shire.example");
        let created = users.create(shire.organization.id, &draft, &change).await;
        let patch = UserPatch {
            email: Some(samples::email("Sam@Shire.example")),
            ..UserPatch::default()
        };
        let admin = shire.admin.id;
        let updated = users
            .update(&scope(&shire), admin, &patch, None, &change)
            .await;
        let mut organization = samples::organization_draft("Bree");
        organization.admin.email = sam.email.clone();
        let organizations = &repositories.organizations;
        let founded = organizations.create(&organization, &change).await;
        for error in [
            created.unwrap_err(),
            updated.unwrap_err(),
            founded.unwrap_err(),
        ] {
            let entity = Entity::User;
            assert!(
                matches!(error, RepositoryError::Conflict { entity: of, field: "email" } if of == entity),
                "{error:?}"
            );
        }
    });
}

#[test]
fn a_row_that_cannot_be_is_reported_with_its_id() {
    run(async {
        let schema = Schema::create().await;
        let store = schema.store(schema.config()).await;
        let repositories = store.repositories();
        let shire = shire(&repositories).await;
        let mut other = raw(&schema).await;
        other
            .execute("UPDATE users SET first_name = ''; UPDATE roles SET privileges = '{fly}'")
            .await
            .unwrap();
        let corrupt = |error: RepositoryError| match error {
            RepositoryError::Corrupt { entity, id, source } => (entity, id, source.to_string()),
            other => panic!("expected Corrupt, got {other:?}"),
        };
        let user = repositories
            .users
            .find(&scope(&shire), shire.admin.id)
            .await
            .unwrap_err();
        assert_eq!(
            corrupt(user),
            (
                Entity::User,
                shire.admin.id.get(),
                "must not be empty".to_owned()
            )
        );
        let (entity, _, reason) = corrupt(
            repositories
                .roles
                .list(shire.organization.id)
                .await
                .unwrap_err(),
        );
        assert_eq!(
            (entity, reason.as_str()),
            (Entity::Role, "there is no privilege with this key")
        );
    });
}
